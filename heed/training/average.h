// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <vector>

namespace heed::training {

/// Mean of the weights of the newest checkpoints up to step `until`, at most `last` of each run: of one run,
/// as Vaswani et al. 2017 average theirs, or of several that began with the same weights and went on each by
/// itself (Wortsman et al. 2022, arXiv:2203.05482). That of step 0, which nothing has trained, counts where a
/// run has no other alone.
///
/// Makes the run folder `output`: model.safetensors, and copies of the first run's own files (config,
/// vocabulary) but no checkpoints, metrics or events. Floating tensors are averaged in float64, others come
/// from the first run's newest checkpoint. Returns how many checkpoints there were to average.
/// Error(kCheckpoint) when a run has none, they hold different tensors, or the runs other vocabularies.
int64_t average_checkpoints(const std::vector<std::filesystem::path>& runs, int64_t last,
                            const std::filesystem::path& output,
                            int64_t until = std::numeric_limits<int64_t>::max());

}  // namespace heed::training
