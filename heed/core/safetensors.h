// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "heed/core/mapped_file.h"

namespace heed {

/// Element types of the safetensors format that heed reads and writes.
enum class Dtype { kBool, kU8, kI8, kU16, kI16, kI32, kI64, kF16, kBF16, kF32, kF64 };
size_t dtype_size(Dtype dtype);
const char* dtype_name(Dtype dtype);  ///< the name in files, such as "F32"

/// A tensor whose bytes are stored elsewhere: little-endian, row-major, contiguous.
struct TensorView {
  Dtype dtype = Dtype::kF32;
  std::vector<int64_t> shape;
  std::span<const std::byte> bytes;
};

/// A safetensors file: 8 bytes with the header's length, a JSON header, and the tensors' bytes. Any size:
/// files are mapped, and tensors read when they are used.
///
/// Files are not trusted: the header is limited to 100 MB, and names, dtypes, shapes and offsets (no overlap,
/// nothing beyond the file, no overflow) are checked before use. Errors are Error(kCheckpoint) with file and
/// tensor. Copies share one mapping, which lives as long as the last of them; views point into it.
class Safetensors {
 public:
  /// Parses the bytes of a file; `name` is its name in messages.
  static Safetensors parse(std::vector<std::byte> file, const std::string& name);
  static Safetensors read(const std::filesystem::path& path);

  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  bool contains(const std::string& tensor) const { return tensors_.count(tensor) != 0; }
  /// Throws Error(kCheckpoint) if there is no such tensor, or the file was truncated after it was opened.
  const TensorView& at(const std::string& tensor) const;
  /// Returns a tensor's values, int32 or int64. Throws Error(kCheckpoint) for other dtypes.
  std::vector<int64_t> integers(const std::string& tensor) const;

  /// Copies a tensor's bytes and releases the file's memory on the way. The sizes must be equal.
  void copy(const std::string& tensor, std::span<std::byte> to) const;

  const std::string& name() const { return name_; }
  /// Returns the whole file, including the header.
  std::span<const std::byte> bytes() const { return bytes_; }
  /// Throws Error(kCheckpoint) if the file was truncated after it was opened. Call it before accessing bytes,
  /// since accessing lost bytes would end the process.
  void check_whole() const;
  /// Releases the memory of bytes that are no longer needed; no effect for a file in memory.
  void release(std::span<const std::byte> bytes) const;

 private:
  void parse_bytes();

  std::string name_;
  std::shared_ptr<const std::vector<std::byte>> memory_;  ///< set by parse()
  std::shared_ptr<const MappedFile> map_;                 ///< set by read()
  std::span<const std::byte> bytes_;                      ///< view of memory_ or map_
  std::map<std::string, TensorView> tensors_;
  std::map<std::string, std::string> metadata_;
};

/// Returns the part of a file before the tensors, which are in name order; padded to 8 bytes. Uses only
/// dtypes and shapes: the bytes need not exist yet.
std::string format_safetensors_header(const std::map<std::string, TensorView>& tensors,
                                      const std::map<std::string, std::string>& metadata = {});

/// Returns the bytes of a file with these tensors. The same input gives the same bytes.
std::vector<std::byte> format_safetensors(const std::map<std::string, TensorView>& tensors,
                                          const std::map<std::string, std::string>& metadata = {});
/// Writes the same file in chunks, without a copy. Atomic.
void write_safetensors(const std::filesystem::path& path, const std::map<std::string, TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace heed
