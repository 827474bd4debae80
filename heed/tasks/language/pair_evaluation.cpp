// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/language/pair_evaluation.h"

#include <cmath>
#include <utility>

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/core/progress.h"
#include "heed/nn/inference_scope.h"
#include "heed/tasks/language/language_generation.h"
#include "heed/tasks/language/pair_data.h"
#include "heed/tasks/length_buckets.h"
#include "heed/tasks/options.h"
#include "heed/tasks/presets.h"
#include "heed/tasks/summary_scores.h"
#include "heed/tasks/token_loss.h"

namespace heed::tasks {
namespace {
using Pairs = std::vector<text::LabelledText>;

Pairs read_pairs_to_score(const LanguageModel& model, const PairEvaluationOptions& options) {
  auto data = language_data_options(model);
  data.corpus.valid_file.clear();
  auto reading = pair_reading(data);
  reading.label_field = options.group_field;
  Pairs pairs;
  for (auto& [split, some] : text::read_labelled_texts(options.data, reading).splits) {
    if (!options.split.empty() && split != options.split) continue;
    pairs.insert(pairs.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
  }
  if (pairs.empty())
    throw Error(ErrorKind::kData,
                "has no pair of texts to score" +
                    (options.split.empty() ? "" : " in the part '" + options.split + "'"),
                options.data.front().string());
  return pairs;
}

/// Means over some of the pairs.
Json scores_of(const Pairs& pairs, const std::vector<std::string>& written) {
  std::vector<std::vector<std::string>> answers;
  std::vector<std::string> targets;
  for (const auto& pair : pairs) {
    answers.push_back({pair.pair});
    targets.push_back(pair.pair);
  }
  Json scores = summary_scores(written, std::vector<std::vector<std::string>>{targets});
  const auto answer = evaluation::mean_answer_score(written, answers);
  scores["exact_match"] = answer.exact_match;
  scores["token_f1"] = answer.f1;
  return scores;
}

/// The pairs of each group, with what was written for them.
struct Group {
  Pairs pairs;
  std::vector<std::string> written;
};

std::map<std::string, Group> by_group(const Pairs& pairs, const std::vector<std::string>& written) {
  std::map<std::string, Group> groups;
  for (size_t i = 0; i < pairs.size(); ++i) {
    auto& group = groups[pairs[i].label];
    group.pairs.push_back(pairs[i]);
    if (!written.empty()) group.written.push_back(written[i]);
  }
  return groups;
}

Json group_json(const LanguageModel& model, const std::map<std::string, Group>& groups, int64_t batch_size) {
  auto rows = Json::array();
  for (const auto& [name, group] : groups) {
    Json row{{"group", name},
             {"pairs", std::ssize(group.pairs)},
             {"nll", pair_nll(model, group.pairs, batch_size).mean()}};
    if (!group.written.empty()) row.update(scores_of(group.pairs, group.written));
    rows.push_back(row);
  }
  return rows;
}

}  // namespace

LanguageDataOptions language_data_options(const LanguageModel& model) {
  LanguageDataOptions options;
  read_fields(config_section(model.trained.config, "data"), "[data]", fields(options));
  return options;
}

evaluation::NllTotal pair_nll(const LanguageModel& model, const Pairs& pairs, int64_t batch_size) {
  std::vector<TaskText> texts;
  for (const auto& pair : pairs)
    texts.push_back({model.vocabulary->encode(pair.text), model.vocabulary->encode(pair.pair)});
  const PairMarks marks{model.vocabulary->end_of_text(), model.separator.value()};
  const nn::InferenceScope inference(model.model());
  const at::Device device = nn::device_of(model.model());
  evaluation::NllTotal total;
  for (const auto& rows : batches_by_length(pair_lengths(texts, model.context()), batch_size)) {
    const auto batch = make_pair_batch(texts, rows, marks, model.context(), false).to(device);
    const at::Tensor features = model.model().features(batch.input);
    const at::Tensor loss = summed_token_loss(features, model.model().output_layer(), batch.targets, 0);
    total += {loss.item<double>(), batch.targets.ne(TokenBatch::kIgnore).sum().item<int64_t>()};
  }
  return total;
}

std::vector<std::string> write_targets(const LanguageModel& model, const Pairs& pairs,
                                       const PairEvaluationOptions& options) {
  TextRequest request;
  for (const auto& pair : pairs) request.prompts.push_back(pair.text);
  request.max_tokens = options.max_tokens;
  request.batch_size = options.batch_size;
  request.sampling.temperature = 0;
  Progress progress("write", 0);
  request.progress = [&](int64_t drawn) { progress.update(drawn, "tokens"); };
  auto generation = generate_text(model, request);
  progress.finish("tokens");
  std::vector<std::string> written;
  for (auto& text : generation.texts) written.push_back(std::move(text.generated.text));
  return written;
}

Answer evaluate_pairs(const LanguageModel& model, const PairEvaluationOptions& options) {
  const Pairs pairs = read_pairs_to_score(model, options);
  const auto nll = pair_nll(model, pairs, options.batch_size);
  Json json{
      {"nll", nll.mean()},   {"unit", model.vocabulary->unit()}, {"perplexity", std::exp(nll.mean())},
      {"units", nll.tokens}, {"pairs", std::ssize(pairs)},       {"model", model.trained.folder.string()}};
  std::vector<std::string> written;
  if (options.generate) {
    written = write_targets(model, pairs, options);
    json.update(scores_of(pairs, written));
  }
  auto lines = entry_lines(json);
  if (options.group_field.empty()) return {json, lines};
  json["groups"] = group_json(model, by_group(pairs, written), options.batch_size);
  for (const auto& group : json["groups"]) {
    std::string line = group["group"].get<std::string>();
    line.resize(std::max<size_t>(24, line.size() + 2), ' ');
    line += "nll " + fixed_number(group["nll"].get<double>(), 4);
    if (options.generate) line += "  exact match " + fixed_number(group["exact_match"].get<double>(), 4);
    lines.push_back(line);
  }
  return {json, lines};
}

}  // namespace heed::tasks
