// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>

namespace heed::training {

/// Mean of the weights of the run's newest checkpoints up to step `until`, at most `last` of them, as Vaswani
/// et al. 2017 average theirs. That of step 0, which nothing has trained, counts where there is no other
/// alone.
///
/// Makes the run folder `output`: model.safetensors, and copies of the run's own files (config, vocabulary)
/// but no checkpoints, metrics or events. Floating tensors are averaged in float64, others come from the
/// newest checkpoint. Returns how many checkpoints there were to average. Error(kCheckpoint) when there is
/// none or they hold different tensors.
int64_t average_checkpoints(const std::filesystem::path& run, int64_t last,
                            const std::filesystem::path& output,
                            int64_t until = std::numeric_limits<int64_t>::max());

}  // namespace heed::training
