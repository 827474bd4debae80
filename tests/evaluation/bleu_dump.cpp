// SPDX-License-Identifier: Apache-2.0
// Scores segments as given in JSON, for comparison with other programs. Reads one object from stdin:
//   {"segments": [["hypothesis", ["reference", ...]], ...], "settings": [{"metric": "bleu", ...}, ...]}
// and prints one object per line for each of the settings. With "metric": "tokens" it prints the tokenised
// hypotheses.
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "heed/evaluation/bleu.h"
#include "heed/evaluation/chrf.h"
#include "heed/evaluation/unicode_text.h"

namespace heed::evaluation {
namespace {

using nlohmann::json;

struct Segment {
  std::string hypothesis;
  std::vector<std::string> references;
};

std::vector<Segment> read_segments(const json& input) {
  std::vector<Segment> segments;
  for (const json& segment : input.at("segments")) {
    segments.push_back({segment.at(0), segment.at(1).get<std::vector<std::string>>()});
  }
  return segments;
}

// Prints the statistics of each segment.
template <class Statistics, class Counter>
std::vector<Statistics> count(const std::vector<Segment>& segments, Counter counter) {
  std::vector<Statistics> all;
  for (const Segment& segment : segments) {
    const std::vector<std::string_view> references(segment.references.begin(), segment.references.end());
    all.push_back(counter.count(segment.hypothesis, references));
  }
  return all;
}

BleuOptions bleu_options(const json& setting) {
  BleuOptions options;
  options.tokenizer = bleu_tokenizer(setting.at("tokenize").get<std::string>());
  options.lowercase = setting.at("lowercase");
  options.smoothing = bleu_smoothing(setting.at("smooth_method").get<std::string>());
  if (!setting.at("smooth_value").is_null())
    options.smoothing_value = setting.at("smooth_value").get<double>();
  options.effective_order = setting.at("effective_order");
  return options;
}

json dump_bleu(const std::vector<Segment>& segments, const json& setting) {
  const BleuOptions options = bleu_options(setting);
  BleuStatistics total;
  json sentences = json::array();
  for (const auto& statistics : count<BleuStatistics>(segments, BleuCounter(options))) {
    total += statistics;
    if (setting.at("sentences")) sentences.push_back(bleu_score(statistics, options).score);
  }
  const BleuScore score = bleu_score(total, options);
  return {{"score", score.score},        {"precisions", score.precisions},
          {"bp", score.brevity_penalty}, {"matches", total.matches},
          {"totals", total.totals},      {"signature", bleu_signature(options, setting.at("nrefs"))},
          {"line", format(score)},       {"sentences", sentences}};
}

json dump_chrf(const std::vector<Segment>& segments, const json& setting) {
  const ChrfOptions options{.char_order = setting.at("char_order"),
                            .word_order = setting.at("word_order"),
                            .beta = setting.at("beta"),
                            .lowercase = setting.at("lowercase"),
                            .whitespace = setting.at("whitespace"),
                            .eps_smoothing = setting.at("eps_smoothing")};
  ChrfStatistics total;
  json sentences = json::array();
  for (const auto& statistics : count<ChrfStatistics>(segments, ChrfCounter(options))) {
    total += statistics;
    if (setting.at("sentences")) sentences.push_back(chrf_score(statistics, options));
  }
  const double score = chrf_score(total, options);
  return {{"score", score},
          {"signature", chrf_signature(options, setting.at("nrefs"))},
          {"line", format_chrf(score, options)},
          {"sentences", sentences}};
}

json dump_tokens(const std::vector<Segment>& segments, const json& setting) {
  const BleuTokenizer tokenizer = bleu_tokenizer(setting.at("tokenize").get<std::string>());
  json lines = json::array();
  for (const Segment& segment : segments) {
    const std::u32string text =
        code_points(setting.at("lowercase") ? lowercase(segment.hypothesis) : segment.hypothesis);
    json tokens = json::array();
    const std::u32string tokenized = tokenize(strip_end(text), tokenizer);
    for (const std::u32string_view token : split(tokenized)) tokens.push_back(to_utf8(token));
    lines.push_back(tokens);
  }
  return {{"tokens", lines}};
}

int run() {
  const json input = json::parse(std::cin);
  const std::vector<Segment> segments = read_segments(input);
  for (const json& setting : input.at("settings")) {
    const std::string metric = setting.at("metric");
    const json result = metric == "bleu"   ? dump_bleu(segments, setting)
                        : metric == "chrf" ? dump_chrf(segments, setting)
                                           : dump_tokens(segments, setting);
    std::printf("%s\n", result.dump().c_str());
  }
  return 0;
}

}  // namespace
}  // namespace heed::evaluation

int main() {
  return heed::evaluation::run();
}
