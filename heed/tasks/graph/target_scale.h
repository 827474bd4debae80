// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <toml++/toml.h>

#include <ATen/core/Tensor.h>

#include "heed/data/graph/graph_set.h"

namespace heed::tasks {

/// How numbers to predict become what a model learns: (y - sum over the nodes of a graph of a number for each category - mean) / deviation.
///
/// A total energy is nearly all a sum over atoms: what is left is what bonds and geometry say. Without a composition column the
/// sum is 0.
struct TargetScale {
  std::string composition;                           ///< column of categories of nodes; empty: none
  std::vector<std::vector<double>> contributions{};  ///< [targets][values of that column]
  std::vector<double> mean, deviation;               ///< [targets]

  bool on() const { return !mean.empty(); }

  /// Standardised numbers of rows, [rows, targets] float32; NaN stays.
  at::Tensor standardise(const graph::GraphSet& set, const std::vector<int64_t>& rows) const;
  /// Predictions in the units of the data, [rows, targets] float64, of standardised ones of the same rows.
  at::Tensor restore(const at::Tensor& standardised, const graph::GraphSet& set,
                     const std::vector<int64_t>& rows) const;
  /// What standardised 0 stands for, [rows or 1, targets] float64.
  at::Tensor offsets(const graph::GraphSet& set, const std::vector<int64_t>& rows) const;
};

/// Fits the contributions by least squares, then mean and deviation, to the given rows. Throws Error(kConfig) for a column that is
/// not there, and where the rows are nodes.
TargetScale fit_target_scale(const graph::GraphSet& set, const std::vector<int64_t>& rows,
                             const std::string& composition);

/// For the config of a model.
toml::table format_scale(const TargetScale& scale);
/// Throws Error(kCheckpoint).
TargetScale parse_scale(const toml::table& table, const std::string& place);

}  // namespace heed::tasks
