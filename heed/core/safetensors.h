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
enum class Dtype { kBool, kU8, kI8, kI16, kI32, kI64, kF16, kBF16, kF32, kF64 };
size_t dtype_size(Dtype dtype);
const char* dtype_name(Dtype dtype);  ///< "F32", as in the file

/// A tensor whose bytes live elsewhere: little-endian, row-major, contiguous.
struct TensorView {
  Dtype dtype = Dtype::kF32;
  std::vector<int64_t> shape;
  std::span<const std::byte> bytes;
};

/// A safetensors file: 8 bytes of header length, JSON header, tensor bytes. Of any size: a file is mapped, so
/// that its tensors are read when they are used.
///
/// Reading trusts nothing: the header is capped at 100 MB, and names, dtypes, shapes, offsets (no overlap, no
/// gap beyond the file, no overflow) are checked before any use. Errors are Error(kCheckpoint) naming file
/// and tensor. Copies share one map, which lives as long as the last of them; views point into it.
class Safetensors {
 public:
  /// Takes the bytes of a file; `name` is used in messages.
  static Safetensors parse(std::vector<std::byte> file, const std::string& name);
  static Safetensors read(const std::filesystem::path& path);

  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  bool contains(const std::string& tensor) const { return tensors_.count(tensor) != 0; }
  /// Throws Error(kCheckpoint) when there is no such tensor, or the file was truncated since it was opened.
  const TensorView& at(const std::string& tensor) const;
  /// The tensor as int32 or int64 values; Error(kCheckpoint) for another dtype.
  std::vector<int64_t> integers(const std::string& tensor) const;

  /// Copies a tensor's bytes, giving back the memory of the file on the way. The sizes must be equal.
  void copy(const std::string& tensor, std::span<std::byte> to) const;

  const std::string& name() const { return name_; }
  /// The whole file, header and all.
  std::span<const std::byte> bytes() const { return bytes_; }
  /// Throws Error(kCheckpoint) when the file was truncated since it was opened: to be asked before its bytes
  /// are touched, which would end the process.
  void check_whole() const;
  /// Gives back the memory of bytes that are done with; does nothing for a file that is in memory.
  void release(std::span<const std::byte> bytes) const;

 private:
  void parse_bytes();

  std::string name_;
  std::shared_ptr<const std::vector<std::byte>> memory_;  ///< of parse()
  std::shared_ptr<const MappedFile> map_;                 ///< of read()
  std::span<const std::byte> bytes_;                      ///< in the one or the other
  std::map<std::string, TensorView> tensors_;
  std::map<std::string, std::string> metadata_;
};

/// What stands before the tensors in a file of them, in name order, padded to 8 bytes. Dtypes and shapes
/// alone count: the bytes may be yet to come.
std::string format_safetensors_header(const std::map<std::string, TensorView>& tensors,
                                      const std::map<std::string, std::string>& metadata = {});

/// The bytes of a file holding these tensors. The same input gives the same bytes.
std::vector<std::byte> format_safetensors(const std::map<std::string, TensorView>& tensors,
                                          const std::map<std::string, std::string>& metadata = {});
/// The same, written piece by piece and without a copy. Atomic.
void write_safetensors(const std::filesystem::path& path, const std::map<std::string, TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace heed
