// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace heed::bench {

/// The measured layer: causal relative attention, batch 1, float32.
struct MemoryOptions {
  int64_t length = 2048;
  int64_t width = 512;  ///< width of the layer: heads * head_dim
  int64_t heads = 8;
  double limit_bytes = 0;  ///< skip measurements that need more; 0: half of the memory that is currently free
};

/// A row of the table. Bytes are -1 if there is nothing to compute or it was not measured (see `note`).
struct MemoryLine {
  std::string what;
  int64_t length = 0, width = 0;
  double computed_bytes = -1;  ///< size of the intermediate relative embeddings, by formula
  double measured_bytes = -1;  ///< peak resident memory minus inputs and gradients, in a separate process
  std::string note;
};

/// The memory comparison of Huang et al. 2018 (arXiv:1809.04281, section 3.4): relative embeddings gathered
/// as [length, length, width] (Shaw et al. 2018) against the [length, width] that skewing needs (8.5 GB
/// against 4.2 MB at 2048 and 512), then attention forward and backward with each backend. Every measurement
/// runs in a forked child on one thread. What exceeds the limit is measured at half the length (repeatedly)
/// and scaled, or skipped, as `note` says.
std::vector<MemoryLine> relative_attention_memory(const MemoryOptions& options);

/// Returns the machine's free memory in bytes, as estimated by the kernel; 0 if unknown.
double available_memory();

}  // namespace heed::bench
