// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "heed/data/sphere/signal_set.h"

namespace heed::sphere {

/// Writes the safetensors file that signal_tensors.h reads, complete or not at all. What is read back equals a set
/// that a reader made. Throws Error(kData) for a set with a flaw (see SignalSet::flaw()), Error(kSystem) if it cannot
/// be written.
void write_signals(const std::filesystem::path& path, const SignalSet& set);
/// The bytes of that file.
std::vector<std::byte> format_signals(const SignalSet& set);

}  // namespace heed::sphere
