// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/tasks/action.h"

namespace heed::tasks {

/// Outputs of a model before and after its input was changed in a way that the outputs should follow, such as a rotation: one beside the
/// other.
struct EquivarianceResult {
  std::string name;          ///< of the change
  at::Tensor before, after;  ///< [numbers] float64 on the CPU

  double largest() const;  ///< difference
  double spread() const;   ///< the standard deviation of the outputs
};

/// What is said of the results: a line and an object for each, and with `picture` a point for each output, which a model that follows the
/// changes has on the diagonal. Throws Error(kSystem) if the picture cannot be written.
void report_equivariance(const std::vector<EquivarianceResult>& results, const std::string& title,
                         const std::filesystem::path& picture, Answer& answer);

}  // namespace heed::tasks
