// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include <torch/nn/module.h>

#include "heed/training/tensor_file.h"

namespace heed::training {

/// The file with the weights of the best validation. They are written at once as long as writing takes little of the time.
/// Where validations follow each other faster than the disk, the newest wait in memory: until a later keep() finds the time, or
/// flush().
class BestWeights {
 public:
  BestWeights(const torch::nn::Module& module, std::filesystem::path file);

  /// Makes the present weights the best. Throws Error(kSystem) if the disk fails.
  void keep();
  /// Writes what waits.
  void flush();

 private:
  void write(const TensorMap& weights);

  const torch::nn::Module& module_;
  std::filesystem::path file_;
  TensorMap waiting_;
  bool waits_ = false;
  double written_at_ = 0, seconds_ = 0;  ///< end and duration of the last write
};

}  // namespace heed::training
