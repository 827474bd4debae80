// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/progress.h"
#include "heed/tasks/graph/graph_actions.h"
#include "heed/tasks/graph/graph_predictor.h"
#include "heed/tasks/graph/graph_scores.h"
#include "heed/tasks/options.h"

namespace heed::tasks {
namespace {

struct EvaluateGraphOptions {
  Paths data;
  std::string split;
  int64_t batch_size = 64;
};

Fields fields(EvaluateGraphOptions& options) {
  return {required({"data", &options.data, "graphs with their classes or numbers, as in training"}),
          default_text({"split", &options.split, "part to score: train, valid, test, or all",
                        one_of({"", "train", "valid", "test", "all"})},
                       "test, or all where the data says no splits"),
          batch_size_field(options.batch_size, "graphs in one pass")};
}

/// The rows to score, ascending: what --split says, else test, else everything.
std::vector<int64_t> rows_to_score(const GraphCorpus& corpus, const std::string& split,
                                   const std::string& place) {
  const auto splits = rows_by_split(corpus);
  std::vector<int64_t> rows;
  const auto take = [&](const std::string& name) {
    const auto found = splits.find(name);
    if (found != splits.end()) rows.insert(rows.end(), found->second.begin(), found->second.end());
  };
  const bool none = splits.size() == splits.count("");
  if (split == "all" || (split.empty() && none)) {
    for (const char* name : {"", "train", "valid", "test"}) take(name);
    std::sort(rows.begin(), rows.end());
  } else {
    take(split.empty() ? "test" : split);
  }
  if (rows.empty())
    throw Error(ErrorKind::kData,
                split.empty() && !none
                    ? "has splits, but nothing in test: choose another part to score"
                    : "has nothing with a target to score" + (split.empty() ? "" : " in " + split),
                place);
  return rows;
}

Json class_json(const ClassResult& result) {
  return {{"accuracy", result.scores.accuracy},
          {"micro_f1", result.scores.micro_f1},
          {"macro_f1", result.scores.macro_f1},
          {"nll", result.nll},
          {"majority", result.scores.majority}};
}

Json class_rows(const ClassResult& result, const std::vector<std::string>& classes) {
  Json rows = Json::array();
  for (size_t c = 0; c < classes.size(); ++c) {
    const auto& score = result.scores.classes[c];
    rows.push_back({{"class", classes[c]},
                    {"rows", score.actual},
                    {"precision", score.precision},
                    {"recall", score.recall},
                    {"f1", score.f1}});
  }
  return rows;
}

/// A number for one target, an object by name for several.
Json number_json(const NumberResult& result, const std::vector<std::string>& names) {
  const auto each = [&](double evaluation::NumberScore::*member) {
    if (names.size() == 1) return Json(result.scores.front().*member);
    Json object;
    for (size_t t = 0; t < names.size(); ++t) object[names[t]] = result.scores[t].*member;
    return object;
  };
  Json json{{"mae", each(&evaluation::NumberScore::mae)},
            {"rmse", each(&evaluation::NumberScore::rmse)},
            {"r2", each(&evaluation::NumberScore::r2)}};
  if (!result.ratios.empty()) {
    Json ratios;
    for (size_t t = 0; t < names.size(); ++t) ratios[names[t]] = result.ratios[t];
    json["ratios"] = ratios;
    json["ratio_average"] = result.error;
  }
  return json;
}

/// A line for each target.
std::vector<std::string> number_lines(const NumberResult& result, const std::vector<std::string>& names) {
  std::vector<std::string> lines;
  for (size_t t = 0; t < names.size(); ++t) {
    const auto& score = result.scores[t];
    std::string line = names[t] + "  mae " + short_number(score.mae) + "  rmse " + short_number(score.rmse) +
                       "  r2 " + fixed_number(score.r2, 4);
    if (!result.ratios.empty()) line += "  " + fixed_number(result.ratios[t], 2) + " of chemical accuracy";
    lines.push_back(line);
  }
  if (!result.ratios.empty())
    lines.push_back("average  " + fixed_number(result.error, 3) + " of chemical accuracy");
  return lines;
}

Answer evaluate(const GraphPredictor& model, EvaluateGraphOptions& options, const Call& /*call*/) {
  GraphCorpus corpus;
  corpus.set = model.read(options.data);
  const std::string place = options.data.front().string();
  if (corpus.set->targets.level != model.schema.target_level || corpus.has_classes() != model.has_classes())
    throw Error(ErrorKind::kData, "has no targets of the kind that the model predicts", place);
  const auto rows = rows_to_score(corpus, options.split, place);
  Progress progress("evaluate", std::ssize(rows));
  const char* noun = model.of_graphs() ? "graphs" : "nodes";
  const at::Tensor found =
      model.outputs(corpus.set, rows, options.batch_size, [&](int64_t done) { progress.update(done, noun); });
  progress.finish(noun);
  const Json counted{{noun, std::ssize(rows)}, {"model", model.trained.folder.string()}};
  Json json;
  std::vector<std::string> lines;
  if (model.has_classes()) {
    const auto result = score_classes(found, corpus, rows);
    json = class_json(result);
    json.update(counted);
    lines = entry_lines(json);
    json["classes"] = class_rows(result, model.schema.classes.values);
  } else {
    const auto result = score_numbers(found, corpus, rows, model.scale);
    json = number_json(result, model.schema.target_names);
    json.update(counted);
    lines = number_lines(result, model.schema.target_names);
    for (auto& line : entry_lines(counted)) lines.push_back(std::move(line));
  }
  return {json, lines};
}

}  // namespace

Action evaluate_graph_action() {
  return model_action("evaluate", "Accuracy and F1 of classes, or errors of numbers, of nodes or graphs",
                      evaluate);
}

}  // namespace heed::tasks
