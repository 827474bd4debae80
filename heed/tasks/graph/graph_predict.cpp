// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <numeric>
#include <span>

#include <ATen/ops/softmax.h>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/progress.h"
#include "heed/data/csv.h"
#include "heed/tasks/graph/graph_actions.h"
#include "heed/tasks/graph/graph_predictor.h"
#include "heed/tasks/options.h"

namespace heed::tasks {
namespace {

struct PredictGraphOptions {
  Paths data;
  std::filesystem::path output;
  bool probabilities = false, embeddings = false;
  int64_t batch_size = 64;
};

Fields fields(PredictGraphOptions& options) {
  return {required({"data", &options.data, "graphs; targets are not needed"}),
          default_text({"output", &options.output, "CSV file to write"}, "stdout"),
          {"probabilities", &options.probabilities, "add a column with the probability of each class"},
          {"embeddings", &options.embeddings, "add what the last layer gets, in columns e0, e1, ..."},
          batch_size_field(options.batch_size, "graphs in one pass")};
}

/// The columns that say which node or graph a row is.
class RowNames {
 public:
  RowNames(const GraphPredictor& model, const graph::GraphSet& set)
      : set_(set), nodes_(!model.of_graphs()), many_(set.graphs() > 1) {}

  std::vector<std::string> header() const {
    if (!nodes_) return {"graph"};
    return many_ ? std::vector<std::string>{"graph", "node"} : std::vector<std::string>{"node"};
  }
  /// Rows must be asked for in order.
  std::vector<std::string> cells(int64_t row) {
    if (!nodes_) return {graph_name(row)};
    while (row >= set_.node_ptr[static_cast<size_t>(graph_) + 1]) ++graph_;
    const std::string node = set_.node_ids.empty()
                                 ? std::to_string(row - set_.node_ptr[static_cast<size_t>(graph_)])
                                 : set_.node_ids[static_cast<size_t>(row)];
    return many_ ? std::vector<std::string>{graph_name(graph_), node} : std::vector<std::string>{node};
  }

 private:
  std::string graph_name(int64_t graph) const {
    return set_.graph_names.empty() ? std::to_string(graph) : set_.graph_names[static_cast<size_t>(graph)];
  }

  const graph::GraphSet& set_;
  bool nodes_, many_;
  int64_t graph_ = 0;
};

/// The answers of a row as cells.
class Answers {
 public:
  Answers(const GraphPredictor& model, const graph::GraphSet& set, const std::vector<int64_t>& rows,
          const at::Tensor& outputs, bool probabilities)
      : model_(model), probabilities_(probabilities) {
    numbers_ = model.has_classes() ? at::softmax(outputs.to(at::kDouble), 1)
                                   : model.scale.restore(outputs, set, rows);
    numbers_ = numbers_.contiguous();
  }

  std::vector<std::string> header() const {
    if (!model_.has_classes()) return model_.schema.target_names;
    std::vector<std::string> cells{"label", "probability"};
    const auto& names = model_.schema.classes.values;
    if (probabilities_) cells.insert(cells.end(), names.begin(), names.end());
    return cells;
  }
  std::vector<std::string> cells(int64_t row) const {
    const double* first = numbers_.const_data_ptr<double>() + row * numbers_.size(1);
    const std::span values(first, static_cast<size_t>(numbers_.size(1)));
    std::vector<std::string> cells;
    if (!model_.has_classes()) {
      for (const double value : values) cells.push_back(significant(value));
      return cells;
    }
    const auto best = static_cast<size_t>(std::max_element(values.begin(), values.end()) - values.begin());
    cells = {model_.schema.classes.values[best], fixed_number(values[best], 6)};
    if (probabilities_)
      for (const double value : values) cells.push_back(fixed_number(value, 6));
    return cells;
  }

 private:
  /// Enough digits for float32 on top of a large sum.
  static std::string significant(double value) {
    char text[64];
    std::snprintf(text, sizeof text, "%.9g", value);
    return text;
  }

  const GraphPredictor& model_;
  bool probabilities_;
  at::Tensor numbers_;
};

void append(std::vector<std::string>& to, std::vector<std::string> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::vector<std::string> embedding_cells(const at::Tensor& embeddings, int64_t row) {
  std::vector<std::string> cells;
  const float* first = embeddings.const_data_ptr<float>() + row * embeddings.size(1);
  for (int64_t i = 0; i < embeddings.size(1); ++i) cells.push_back(short_number(first[i]));
  return cells;
}

Answer predict(const GraphPredictor& model, PredictGraphOptions& options, const Call& call) {
  if (!options.output.empty()) check_writable(options.output);
  const auto set = model.read(options.data);
  std::vector<int64_t> rows(static_cast<size_t>(set->rows(model.schema.target_level)));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  if (rows.empty()) throw Error(ErrorKind::kData, "holds no graphs", options.data.front().string());
  const char* noun = model.of_graphs() ? "graphs" : "nodes";
  Progress progress("predict", std::ssize(rows));
  const at::Tensor outputs =
      model.outputs(set, rows, options.batch_size, [&](int64_t done) { progress.update(done, noun); });
  progress.finish(noun);
  at::Tensor embeddings;
  if (options.embeddings) embeddings = model.embeddings(set, rows, options.batch_size).contiguous();

  RowNames names(model, *set);
  const Answers answers(model, *set, rows, outputs, options.probabilities);
  std::vector<std::string> header = names.header();
  append(header, answers.header());
  for (int64_t i = 0; options.embeddings && i < embeddings.size(1); ++i)
    header.push_back("e" + std::to_string(i));
  std::string table;
  const auto write = [&](const std::vector<std::string>& cells) {
    const std::string line = format_csv_row(cells);
    if (options.output.empty()) return call.output(line);
    table += line + "\n";
  };
  write(header);
  for (const int64_t row : rows) {
    std::vector<std::string> cells = names.cells(row);
    append(cells, answers.cells(row));
    if (options.embeddings) append(cells, embedding_cells(embeddings, row));
    write(cells);
  }
  if (!options.output.empty()) write_atomically(options.output, table);
  Json json{{noun, std::ssize(rows)}, {"model", model.trained.folder.string()}};
  if (!options.output.empty()) json["output"] = options.output.string();
  return {json, {}, options.output.empty()};
}

}  // namespace

Action predict_graph_action() {
  return model_action("predict", "The class, or the numbers, of each node or graph, as CSV", predict);
}

}  // namespace heed::tasks
