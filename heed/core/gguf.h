// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "heed/core/mapped_file.h"

namespace heed {

/// Element types of GGUF files that heed reads. kQ8_0: blocks of 32 numbers, each a float16 scale and 32 int8.
enum class GgufType { kF32, kF16, kBF16, kQ8_0 };
const char* gguf_type_name(GgufType type);  ///< "F32", "F16", "BF16", "Q8_0"

/// A tensor of a file, row-major. `shape` has the outermost dimension first, as libtorch has it; the file stores it
/// the other way round.
struct GgufTensor {
  GgufType type = GgufType::kF32;
  std::vector<int64_t> shape;
  std::span<const std::byte> bytes;
};

/// A GGUF file, version 2 or 3, little-endian: llama.cpp's models, https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
/// Metadata, tensor descriptions, and the tensors' bytes. Any size: files are mapped, and tensors read when they are
/// used.
///
/// Files are not trusted: counts, lengths, names, shapes and offsets are checked against the file's size before use.
/// Errors are Error(kCheckpoint) with file and byte or tensor; a tensor of a type that heed does not read is one, which
/// names the type. Copies share one mapping, which lives as long as the last of them; views point into it.
class Gguf {
 public:
  /// A metadata value. Arrays of numbers are checked and left out.
  using Value = std::variant<bool, int64_t, double, std::string, std::vector<std::string>>;

  /// Parses the bytes of a file; `name` is its name in messages.
  static Gguf parse(std::vector<std::byte> file, const std::string& name);
  static Gguf read(const std::filesystem::path& path);

  const std::map<std::string, GgufTensor>& tensors() const { return tensors_; }
  const std::map<std::string, Value>& metadata() const { return metadata_; }
  const std::string& name() const { return name_; }

  /// A metadata value of type T. Throws Error(kCheckpoint) if it is missing or of another type.
  template <class T>
  const T& at(const std::string& key) const;
  /// True if `key` is there as a T.
  template <class T>
  bool has(const std::string& key) const;

  /// Converts all numbers of a tensor to float32, and releases the file's memory on the way. The sizes must be equal.
  void copy(const std::string& tensor, std::span<float> to) const;

 private:
  void parse_bytes();
  [[noreturn]] void lacks(const std::string& key) const;

  std::string name_;
  std::shared_ptr<const std::vector<std::byte>> memory_;  ///< set by parse()
  std::shared_ptr<const MappedFile> map_;                 ///< set by read()
  std::span<const std::byte> bytes_;                      ///< view of memory_ or map_
  std::map<std::string, GgufTensor> tensors_;
  std::map<std::string, Value> metadata_;
};

template <class T>
bool Gguf::has(const std::string& key) const {
  const auto found = metadata_.find(key);
  return found != metadata_.end() && std::holds_alternative<T>(found->second);
}

template <class T>
const T& Gguf::at(const std::string& key) const {
  if (!has<T>(key)) lacks(key);
  return std::get<T>(metadata_.at(key));
}

}  // namespace heed
