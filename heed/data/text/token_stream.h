// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "heed/core/safetensors.h"

namespace heed::text {

/// A long sequence of tokens in shards, in memory or in mapped files. Memory: one to four bytes a token in
/// memory, nothing for files beyond the pages in use. Copies share the shards.
class TokenStream {
 public:
  int64_t size() const { return size_; }
  /// Copies tokens [begin, begin + to.size()). Throws std::out_of_range beyond the end.
  void copy(int64_t begin, std::span<int32_t> to) const;

  /// Adds a shard in memory. `vocabulary` decides how many bytes a token takes.
  void add(std::span<const int32_t> tokens, int32_t vocabulary);
  /// Adds a shard that write_token_shard() wrote. Throws Error(kData) if it is not one, or holds a token that
  /// is not below `vocabulary`.
  void add_file(const std::filesystem::path& path, int32_t vocabulary);

 private:
  struct Shard {
    int64_t begin = 0, size = 0;
    Dtype dtype = Dtype::kU8;
    std::span<const std::byte> bytes;
    std::shared_ptr<const void> owner;  ///< of the bytes
  };
  std::vector<Shard> shards_;
  int64_t size_ = 0;
};

/// Writes a shard: a safetensors file with `tokens` [n], U8, U16 or I32 by the size of the vocabulary.
void write_token_shard(const std::filesystem::path& path, std::span<const int32_t> tokens,
                       int32_t vocabulary);

/// Collects tokens and passes them on in shards of a fixed number.
class TokenShards {
 public:
  static constexpr size_t kShardTokens = size_t{1} << 25;
  using Sink = std::function<void(std::span<const int32_t> shard)>;
  explicit TokenShards(Sink sink, size_t shard_tokens = kShardTokens);
  void add(std::span<const int32_t> tokens);
  void finish();

 private:
  Sink sink_;
  size_t shard_tokens_;
  std::vector<int32_t> tokens_;
};

}  // namespace heed::text
