// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace heed::bench {

/// What to measure: one layer of causal relative attention, batch 1, float32.
struct MemoryOptions {
  int64_t length = 2048;
  int64_t width = 512;  ///< of the layer: heads * head_dim
  int64_t heads = 8;
  double limit_bytes = 0;  ///< measure nothing that needs more; 0: half of the memory that is free now
};

/// One row of the table. Bytes are -1 where there is nothing to compute or where it was not measured (see
/// `note`).
struct MemoryLine {
  std::string what;
  int64_t length = 0, width = 0;
  double computed_bytes = -1;  ///< of the intermediate relative embeddings, by formula
  double measured_bytes =
      -1;  ///< peak resident memory less what inputs and gradients take, in a process of its own
  std::string note;
};

/// The memory line of Huang et al. 2018 (arXiv:1809.04281, section 3.4): relative embeddings gathered as
/// [length, length, width] (Shaw et al. 2018) against the [length, width] that skewing needs (8.5 GB
/// against 4.2 MB at 2048 and 512), then a whole attention forward and backward with each backend. Every
/// measurement runs in a forked child on one thread; what does not fit the limit is measured at half the
/// length (and again half) and scaled, or left out, as `note` says.
std::vector<MemoryLine> relative_attention_memory(const MemoryOptions& options);

/// Free memory of this machine in bytes, as the kernel estimates it; 0 when it does not say.
double available_memory();

}  // namespace heed::bench
