// SPDX-License-Identifier: Apache-2.0
#include "heed/training/best_weights.h"

#include <chrono>
#include <utility>

#include "heed/core/files.h"
#include "heed/training/run_folder.h"

namespace heed::training {
namespace {

constexpr double kLeastPause =
    9;  ///< between two writes, in durations of one: they take at most a tenth of the time

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Copies the weights, into the memory of an earlier copy where there is one.
void copy_weights(const torch::nn::Module& module, TensorMap& to) {
  for (const auto& [name, weight] : distinct_weights(module)) {
    at::Tensor& copy = to[name];
    if (copy.defined())
      copy.copy_(weight.detach());
    else
      copy = weight.detach().clone();
  }
}

}  // namespace

BestWeights::BestWeights(const torch::nn::Module& module, std::filesystem::path file)
    : module_(module), file_(std::move(file)) {}

void BestWeights::keep() {
  if (now() - written_at_ >= kLeastPause * seconds_) return write(distinct_weights(module_));
  copy_weights(module_, waiting_);
  waits_ = true;
}

void BestWeights::flush() {
  if (waits_) write(waiting_);
}

void BestWeights::write(const TensorMap& weights) {
  const double began = now();
  write_atomically(file_, [&](FileWriter& writer) { write_weights(writer, weights); });
  written_at_ = now();
  seconds_ = written_at_ - began;
  waits_ = false;
}

}  // namespace heed::training
