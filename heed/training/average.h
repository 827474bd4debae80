// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <vector>

namespace heed::training {

/// Averages the weights of each run's newest checkpoints up to step `until`, at most `last` per run:
/// checkpoints of one run, as in Vaswani et al. 2017, or of several runs that started from the same weights
/// (Wortsman et al. 2022, arXiv:2203.05482). The checkpoint of step 0, which is untrained, counts only if a
/// run has no other.
///
/// Creates the run folder `output` with model.safetensors and copies of the first run's other files (config,
/// vocabulary), but no checkpoints, metrics or events. Floating-point tensors are averaged in float64; others
/// come from the first run's newest checkpoint. Returns the number of averaged checkpoints. Throws
/// Error(kCheckpoint) if a run has none, tensors differ in name or shape, or vocabularies differ.
int64_t average_checkpoints(const std::vector<std::filesystem::path>& runs, int64_t last,
                            const std::filesystem::path& output,
                            int64_t until = std::numeric_limits<int64_t>::max());

/// Copies what a model has besides its weights into a folder: config, vocabulary, card.
void copy_companions(const std::filesystem::path& run, const std::filesystem::path& output);

}  // namespace heed::training
