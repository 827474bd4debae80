// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/graph/target_scale.h"

#include <algorithm>
#include <cmath>

#include <ATen/ops/from_blob.h>
#include <ATen/ops/isnan.h>
#include <ATen/ops/linalg_lstsq.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include "heed/core/error.h"
#include "heed/core/names.h"

namespace heed::tasks {
namespace {
using graph::GraphSet;

/// The numbers to predict of rows, [rows, targets] float64.
at::Tensor numbers_of(const GraphSet& set, const std::vector<int64_t>& rows) {
  const auto width = std::ssize(set.targets.names);
  at::Tensor numbers = at::empty({std::ssize(rows), width}, at::kDouble);
  double* out = numbers.mutable_data_ptr<double>();
  for (const int64_t row : rows) out = std::copy_n(set.targets.numbers.data() + row * width, width, out);
  return numbers;
}

const graph::Categories& column_of(const GraphSet& set, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& column : set.node_categories) {
    if (column.name == name) return column;
    names.push_back(column.name);
  }
  throw Error(ErrorKind::kConfig, unknown_name_message("column of categories", name, names),
              "data.composition");
}

/// How often graphs have each value of a column, [rows, values] float64.
at::Tensor counts_of(const GraphSet& set, const std::vector<int64_t>& graphs,
                     const graph::Categories& column) {
  const auto values = std::ssize(column.values);
  at::Tensor counts = at::zeros({std::ssize(graphs), values}, at::kDouble);
  double* row = counts.mutable_data_ptr<double>();
  for (const int64_t graph : graphs) {
    const auto g = static_cast<size_t>(graph);
    for (auto node = static_cast<size_t>(set.node_ptr[g]); node < static_cast<size_t>(set.node_ptr[g + 1]);
         ++node)
      if (const int32_t code = column.codes[node]; code >= 0) ++row[code];
    row += values;
  }
  return counts;
}

std::vector<double> list_of(const at::Tensor& numbers) {
  const at::Tensor flat = numbers.to(at::kDouble).contiguous();
  const double* first = flat.const_data_ptr<double>();
  return {first, first + flat.numel()};
}

at::Tensor row_of(const std::vector<double>& values) {
  return at::from_blob(const_cast<double*>(values.data()), {1, std::ssize(values)}, at::kDouble).clone();
}

/// Least squares where the target is known: one column of contributions for each target.
std::vector<std::vector<double>> fit_contributions(const at::Tensor& counts, const at::Tensor& numbers) {
  std::vector<std::vector<double>> found;
  for (int64_t t = 0; t < numbers.size(1); ++t) {
    const at::Tensor known = at::isnan(numbers.select(1, t)).logical_not().nonzero().squeeze(1);
    const at::Tensor y = numbers.select(1, t).index_select(0, known).unsqueeze(1);
    // gelsd: counts may depend on each other, as where every graph has one kind of node.
    found.push_back(list_of(std::get<0>(at::linalg_lstsq(counts.index_select(0, known), y, {}, "gelsd"))));
  }
  return found;
}

}  // namespace

at::Tensor TargetScale::offsets(const GraphSet& set, const std::vector<int64_t>& rows) const {
  at::Tensor offsets = row_of(mean);
  if (composition.empty()) return offsets;
  std::vector<at::Tensor> columns;
  for (const auto& values : contributions) columns.push_back(row_of(values).squeeze(0));
  return offsets + counts_of(set, rows, column_of(set, composition)).matmul(at::stack(columns, 1));
}

at::Tensor TargetScale::standardise(const GraphSet& set, const std::vector<int64_t>& rows) const {
  return ((numbers_of(set, rows) - offsets(set, rows)) / row_of(deviation)).to(at::kFloat);
}

at::Tensor TargetScale::restore(const at::Tensor& standardised, const GraphSet& set,
                                const std::vector<int64_t>& rows) const {
  return standardised.to(at::kCPU, at::kDouble) * row_of(deviation) + offsets(set, rows);
}

TargetScale fit_target_scale(const GraphSet& set, const std::vector<int64_t>& rows,
                             const std::string& composition) {
  TargetScale scale;
  at::Tensor numbers = numbers_of(set, rows);
  if (!composition.empty()) {
    if (set.targets.level != graph::Level::kGraph)
      throw Error(ErrorKind::kConfig, "is for targets of graphs; these are of nodes", "data.composition");
    const at::Tensor counts = counts_of(set, rows, column_of(set, composition));
    scale.composition = composition;
    scale.contributions = fit_contributions(counts, numbers);
    scale.mean.assign(scale.contributions.size(), 0);
    scale.deviation.assign(scale.contributions.size(), 1);
    numbers = numbers - scale.offsets(set, rows);
  }
  const at::Tensor mean = numbers.nanmean(0);
  scale.mean = list_of(mean);
  scale.deviation = list_of((numbers - mean).square().nanmean(0).sqrt());
  for (double& deviation : scale.deviation)
    if (!(deviation > 0)) deviation = 1;  // a constant
  return scale;
}

toml::table format_scale(const TargetScale& scale) {
  const auto list = [](const std::vector<double>& values) {
    toml::array array;
    for (const double value : values) array.push_back(value);
    return array;
  };
  toml::array contributions;
  for (const auto& values : scale.contributions) contributions.push_back(list(values));
  return toml::table{{"composition", scale.composition},
                     {"contributions", contributions},
                     {"mean", list(scale.mean)},
                     {"deviation", list(scale.deviation)}};
}

TargetScale parse_scale(const toml::table& table, const std::string& place) {
  const auto list = [&](const toml::node* node) {
    std::vector<double> values;
    const auto* array = node == nullptr ? nullptr : node->as_array();
    if (array == nullptr) throw Error(ErrorKind::kCheckpoint, "the scale of the targets is damaged", place);
    for (const auto& value : *array) values.push_back(value.value_or(std::nan("")));
    return values;
  };
  TargetScale scale;
  scale.composition = table["composition"].value_or(std::string());
  if (const auto* rows = table["contributions"].as_array())
    for (const auto& row : *rows) scale.contributions.push_back(list(&row));
  scale.mean = list(table.get("mean"));
  scale.deviation = list(table.get("deviation"));
  if (scale.mean.size() != scale.deviation.size() ||
      (!scale.composition.empty() && scale.contributions.size() != scale.mean.size()))
    throw Error(ErrorKind::kCheckpoint, "the scale of the targets is damaged", place);
  return scale;
}

}  // namespace heed::tasks
