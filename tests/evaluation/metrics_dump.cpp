// SPDX-License-Identifier: Apache-2.0
// Scores what it is given in JSON, for comparison with other programs. Reads one object from stdin:
//   {"metric": "stems", "words": ["running", ...]}
//   {"metric": "rouge", "stemmer": false, "segments": [["hypothesis", ["reference", ...]], ...]}
// and prints the stems, or the scores of each segment and their means.
#include <cstdio>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "heed/evaluation/porter_stemmer.h"
#include "heed/evaluation/rouge.h"

namespace heed::evaluation {
namespace {

using nlohmann::json;

json dump_stems(const json& input) {
  json stems = json::array();
  for (const json& word : input.at("words")) stems.push_back(porter_stem(word));
  return stems;
}

json three(const RougeScore& score) {
  return {score.precision, score.recall, score.f1};
}

json scores_json(const RougeScores& scores) {
  return {{"rouge1", three(scores.rouge1)},
          {"rouge2", three(scores.rouge2)},
          {"rougeL", three(scores.rouge_l)},
          {"rougeLsum", three(scores.rouge_lsum)}};
}

json dump_rouge(const json& input) {
  const RougeOptions options{.stemmer = input.at("stemmer")};
  RougeScorer scorer(options);
  json scores = json::array();
  std::vector<std::string> hypotheses;
  std::vector<std::vector<std::string>> first_references(1);
  for (const json& segment : input.at("segments")) {
    const std::string hypothesis = segment.at(0);
    const std::vector<std::string> references = segment.at(1);
    scores.push_back(scores_json(
        scorer.score(hypothesis, std::vector<std::string_view>(references.begin(), references.end()))));
    hypotheses.push_back(hypothesis);
    first_references[0].push_back(references.at(0));
  }
  return {{"segments", scores}, {"means", scores_json(mean_rouge(hypotheses, first_references, options))}};
}

json dump(const json& input) {
  const std::string metric = input.at("metric");
  if (metric == "stems") return dump_stems(input);
  if (metric == "rouge") return dump_rouge(input);
  throw std::invalid_argument("unknown metric " + metric);
}

}  // namespace
}  // namespace heed::evaluation

int main() {
  const auto input = nlohmann::json::parse(std::cin);
  std::printf("%s\n", heed::evaluation::dump(input).dump().c_str());
  return 0;
}
