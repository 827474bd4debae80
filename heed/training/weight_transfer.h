// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/nn/module.h>

#include "heed/core/safetensors.h"

namespace heed::training {

/// A stored tensor whose name begins with `from` is the tensor `to` + the rest of the name in the module.
struct WeightRule {
  std::string from, to;
};

/// How the weights of a trained model become those of another module.
struct WeightTransfer {
  /// Every rule that fits a name holds, so that one tensor may fill several.
  std::vector<WeightRule> rules = {{"", ""}};
  /// Whether every tensor of the file must find its place, and every tensor of the module its values.
  bool complete = true;
  /// Sizes of the tables of tokens. A tensor with `old_rows` rows fills the first rows of one that has
  /// `new_rows`.
  int64_t old_rows = 0, new_rows = 0;
  uint64_t seed = 1;  ///< of the rows that are added
};

/// Names of the module's tensors, and of those of the file that found no place.
struct WeightReport {
  std::vector<std::string> loaded, grown, fresh, unused;

  /// "52 tensors loaded; 2 rows added to tokens.weight; new: head.weight, head.bias".
  std::string text() const;
  int64_t added_rows = 0;
};

/// Loads what fits. An added row is drawn with the mean and the deviation that its column has among the old
/// rows (Hewitt 2021), so that added tokens are as likely as others. Tensors without values keep theirs.
/// Throws Error(kCheckpoint), naming tensors, when shapes disagree, when nothing fits, and in a complete
/// transfer when something is missing or left over.
WeightReport transfer_weights(torch::nn::Module& module, const Safetensors& file,
                              const WeightTransfer& transfer = {});

}  // namespace heed::training
