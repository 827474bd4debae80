// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "heed/data/sphere/signal_options.h"
#include "heed/data/sphere/signal_set.h"

namespace heed::sphere {

/// Reads a file of signals by its ending, and notes in one line what it holds: .safetensors (see signal_tensors.h);
/// .csv, .tsv, .tab or .txt, a table (signal_table.h). Files may be packed by gzip, bzip2, xz or zstd, with or
/// without a second ending. Throws Error(kData) with the file for another ending and for what the reader refuses.
SignalSet read_signals(const std::filesystem::path& path, const SignalReadOptions& options = {});

}  // namespace heed::sphere
