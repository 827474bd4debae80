// SPDX-License-Identifier: Apache-2.0
// Scores what it is given in JSON, for comparison with other programs. Reads one object from stdin:
//   {"metric": "stems", "words": ["running", ...]}
//   {"metric": "rouge", "stemmer": false, "segments": [["hypothesis", ["reference", ...]], ...]}
//   {"metric": "answers", "segments": [["predicted", ["right answer", ...]], ...]}
//   {"metric": "classification", "problems": [{"classes": 3, "actual": [0, ...], "predicted": [2, ...]}, ...]}
// and prints the stems, or the scores of each segment and their means, or the scores of each problem.
#include <cstdio>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "heed/evaluation/answers.h"
#include "heed/evaluation/classification.h"
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

json dump_answers(const json& input) {
  json scores = json::array();
  std::vector<std::string> all_predicted;
  std::vector<std::vector<std::string>> all_answers;
  for (const json& segment : input.at("segments")) {
    const std::string& predicted = all_predicted.emplace_back(segment.at(0).get<std::string>());
    const std::vector<std::string>& answers =
        all_answers.emplace_back(segment.at(1).get<std::vector<std::string>>());
    const AnswerScore score = answer_score(predicted, answers);
    scores.push_back(
        {{"normalized", normalize_answer(predicted)}, {"exact_match", score.exact_match}, {"f1", score.f1}});
  }
  const AnswerScore mean = mean_answer_score(all_predicted, all_answers);
  return {{"segments", scores}, {"means", {mean.exact_match, mean.f1}}};
}

json dump_problem(const json& problem) {
  const std::vector<int64_t> actual = problem.at("actual"), predicted = problem.at("predicted");
  ConfusionMatrix matrix(problem.at("classes"));
  for (size_t i = 0; i < actual.size(); ++i) matrix.add(actual[i], predicted.at(i));
  const ClassificationScores scores = classification_scores(matrix);
  json rows = json::array(), per_class = json::array();
  for (int64_t c = 0; c < matrix.classes(); ++c) {
    json& row = rows.emplace_back(json::array());
    for (int64_t other = 0; other < matrix.classes(); ++other) row.push_back(matrix.count(c, other));
    const ClassScore& score = scores.classes[static_cast<size_t>(c)];
    per_class.push_back({score.precision, score.recall, score.f1, score.actual});
  }
  return {{"accuracy", scores.accuracy},
          {"macro_f1", scores.macro_f1},
          {"micro_f1", scores.micro_f1},
          {"matrix", rows},
          {"per_class", per_class}};
}

json dump_classification(const json& input) {
  json results = json::array();
  for (const json& problem : input.at("problems")) results.push_back(dump_problem(problem));
  return results;
}

json dump(const json& input) {
  const std::string metric = input.at("metric");
  if (metric == "stems") return dump_stems(input);
  if (metric == "rouge") return dump_rouge(input);
  if (metric == "answers") return dump_answers(input);
  if (metric == "classification") return dump_classification(input);
  throw std::invalid_argument("unknown metric " + metric);
}

}  // namespace
}  // namespace heed::evaluation

int main() {
  const auto input = nlohmann::json::parse(std::cin);
  std::printf("%s\n", heed::evaluation::dump(input).dump().c_str());
  return 0;
}
