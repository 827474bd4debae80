// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "heed/core/safetensors.h"

namespace heed::graph {

/// An array in NumPy's .npy format. `bytes` point into the file.
struct NpyArray {
  std::string type;            ///< NumPy's description: "<f4", "|S3", "<U8", "|O"
  std::optional<Dtype> dtype;  ///< of numbers that heed reads; nothing for texts, objects and others
  std::vector<int64_t> shape;
  std::span<const std::byte> bytes;

  bool is_text() const { return type.size() > 1 && (type[1] == 'U' || type[1] == 'S'); }
  /// Python objects, which heed never unpickles.
  bool is_object() const { return type.find('O') != std::string::npos; }
  /// The elements of an array of texts, in UTF-8. Throws Error(kData) with `place` for others.
  std::vector<std::string> texts(const std::string& place) const;
};

/// Reads the header of an array of version 1 to 3: little-endian, in C order (or of one dimension). Numbers and texts
/// must have the bytes that their shape says. Throws Error(kData) with `place`, the file and the array.
NpyArray parse_npy(std::span<const std::byte> file, const std::string& place);

}  // namespace heed::graph
