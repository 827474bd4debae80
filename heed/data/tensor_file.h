// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "heed/core/safetensors.h"

namespace heed {

/// Data in safetensors: what the container finds wrong is Error(kData) here, since the file holds no weights.
///
/// Calls `use` with the file, which is mapped, or unpacked if it is packed, up to so many bytes.
void read_tensor_file(const std::filesystem::path& path, uint64_t most_unpacked_bytes,
                      const std::function<void(const Safetensors&)>& use);
/// The same with the bytes of a file; `name` is its name in messages.
void parse_tensor_file(std::vector<std::byte> file, const std::string& name,
                       const std::function<void(const Safetensors&)>& use);

}  // namespace heed
