// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

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

/// A safetensors file in memory: 8 bytes of header length, JSON header, tensor bytes.
///
/// Reading trusts nothing: the header is capped at 100 MB, and names, dtypes, shapes, offsets (no overlap, no
/// gap beyond the file, no overflow) are checked before any use. Errors are Error(kCheckpoint) naming file
/// and tensor.
class Safetensors {
 public:
  /// Takes the bytes of a file; `name` is used in messages.
  static Safetensors parse(std::vector<std::byte> file, const std::string& name);
  static Safetensors read(const std::filesystem::path& path);

  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  bool contains(const std::string& tensor) const { return tensors_.count(tensor) != 0; }
  /// Throws Error(kCheckpoint) when there is no such tensor.
  const TensorView& at(const std::string& tensor) const;
  /// The tensor as int32 or int64 values; Error(kCheckpoint) for another dtype.
  std::vector<int64_t> integers(const std::string& tensor) const;

 private:
  std::string name_;
  std::vector<std::byte> file_;
  std::map<std::string, TensorView> tensors_;
  std::map<std::string, std::string> metadata_;
};

/// The bytes of a file holding these tensors, in name order, header padded to 8 bytes. The same input gives
/// the same bytes.
std::vector<std::byte> format_safetensors(const std::map<std::string, TensorView>& tensors,
                                          const std::map<std::string, std::string>& metadata = {});

}  // namespace heed
