// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/token_stream.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "heed/core/error.h"

namespace heed::text {
namespace {

Dtype token_dtype(int32_t vocabulary) {
  if (vocabulary <= 1 << 8) return Dtype::kU8;
  return vocabulary <= 1 << 16 ? Dtype::kU16 : Dtype::kI32;
}

template <class T>
void narrow(std::span<const int32_t> tokens, std::byte* to) {
  for (size_t i = 0; i < tokens.size(); ++i) {
    const auto token = static_cast<T>(tokens[i]);
    std::memcpy(to + i * sizeof(T), &token, sizeof(T));
  }
}

template <class T>
void widen(std::span<const std::byte> bytes, std::span<int32_t> to) {
  for (size_t i = 0; i < to.size(); ++i) {
    T token;
    std::memcpy(&token, bytes.data() + i * sizeof(T), sizeof(T));
    to[i] = static_cast<int32_t>(token);
  }
}

std::vector<std::byte> packed(std::span<const int32_t> tokens, Dtype dtype) {
  std::vector<std::byte> bytes(tokens.size() * dtype_size(dtype));
  switch (dtype) {
    case Dtype::kU8:
      narrow<uint8_t>(tokens, bytes.data());
      break;
    case Dtype::kU16:
      narrow<uint16_t>(tokens, bytes.data());
      break;
    default:
      narrow<int32_t>(tokens, bytes.data());
      break;
  }
  return bytes;
}

void unpack(std::span<const std::byte> bytes, Dtype dtype, std::span<int32_t> to) {
  switch (dtype) {
    case Dtype::kU8:
      return widen<uint8_t>(bytes, to);
    case Dtype::kU16:
      return widen<uint16_t>(bytes, to);
    default:
      return widen<int32_t>(bytes, to);
  }
}

}  // namespace

void TokenStream::copy(int64_t begin, std::span<int32_t> to) const {
  const auto count = static_cast<int64_t>(to.size());
  if (begin < 0 || begin > size_ - count) throw std::out_of_range("tokens beyond the end of a stream");
  auto shard = std::upper_bound(shards_.begin(), shards_.end(), begin,
                                [](int64_t place, const Shard& s) { return place < s.begin + s.size; });
  for (int64_t done = 0; done < count; ++shard) {
    const int64_t skip = begin + done - shard->begin;
    const int64_t some = std::min(count - done, shard->size - skip);
    const size_t width = dtype_size(shard->dtype);
    unpack(shard->bytes.subspan(static_cast<size_t>(skip) * width), shard->dtype,
           to.subspan(static_cast<size_t>(done), static_cast<size_t>(some)));
    done += some;
  }
}

void TokenStream::add(std::span<const int32_t> tokens, int32_t vocabulary) {
  const Dtype dtype = token_dtype(vocabulary);
  auto bytes = std::make_shared<const std::vector<std::byte>>(packed(tokens, dtype));
  shards_.push_back({size_, static_cast<int64_t>(tokens.size()), dtype, *bytes, bytes});
  size_ += static_cast<int64_t>(tokens.size());
}

void TokenStream::add_file(const std::filesystem::path& path, int32_t vocabulary) {
  constexpr int64_t kBlock = int64_t{1} << 16;
  auto file = std::make_shared<const Safetensors>(Safetensors::read(path));
  const auto fail = [&](const std::string& message) {
    throw Error(ErrorKind::kData, message + "; prepare the text again", path.string());
  };
  if (!file->contains("tokens")) fail("is not prepared text: it has no tensor 'tokens'");
  const TensorView& view = file->at("tokens");
  if (view.shape.size() != 1 || view.dtype != token_dtype(vocabulary))
    fail("'tokens' has another shape or type than a vocabulary of " + std::to_string(vocabulary) + " needs");
  TokenStream shard;
  shard.shards_.push_back({0, view.shape[0], view.dtype, view.bytes, file});
  shard.size_ = view.shape[0];
  std::vector<int32_t> block;
  for (int64_t begin = 0; begin < shard.size_; begin += kBlock) {
    block.resize(static_cast<size_t>(std::min(kBlock, shard.size_ - begin)));
    shard.copy(begin, block);
    const auto [least, most] = std::minmax_element(block.begin(), block.end());
    if (*least < 0 || *most >= vocabulary) fail("holds a token outside its vocabulary");
  }
  shard.shards_.front().begin = size_;
  shards_.push_back(std::move(shard.shards_.front()));
  size_ += shard.size_;
}

void write_token_shard(const std::filesystem::path& path, std::span<const int32_t> tokens,
                       int32_t vocabulary) {
  const Dtype dtype = token_dtype(vocabulary);
  const auto bytes = packed(tokens, dtype);
  write_safetensors(path, {{"tokens", {dtype, {static_cast<int64_t>(tokens.size())}, bytes}}});
}

TokenShards::TokenShards(Sink sink, size_t shard_tokens)
    : sink_(std::move(sink)), shard_tokens_(shard_tokens) {}

void TokenShards::add(std::span<const int32_t> tokens) {
  while (!tokens.empty()) {
    const size_t some = std::min(tokens.size(), shard_tokens_ - tokens_.size());
    tokens_.insert(tokens_.end(), tokens.begin(), tokens.begin() + static_cast<ptrdiff_t>(some));
    tokens = tokens.subspan(some);
    if (tokens_.size() == shard_tokens_) finish();
  }
}

void TokenShards::finish() {
  if (!tokens_.empty()) sink_(tokens_);
  tokens_.clear();
}

}  // namespace heed::text
