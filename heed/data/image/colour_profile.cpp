// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/colour_profile.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string_view>

#include <zlib.h>

#include "heed/data/big_endian.h"

namespace heed::image {
namespace {

constexpr std::string_view kProfileName("ICC profile\0\0", 13);  // its end, and the method of packing: zlib
constexpr size_t kLongestName = 79, kProfileHeader = 128;

/// Unpacks up to `limit` bytes; empty if the data are damaged or more.
std::vector<std::byte> unpack(std::span<const std::byte> packed, size_t limit) {
  z_stream stream{};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  if (inflateInit(&stream) != Z_OK) throw std::bad_alloc();
  std::vector<std::byte> out;
  int state = Z_OK;
  while (state == Z_OK && out.size() < limit) {
    const size_t before = out.size(), more = std::min(limit - before, std::max<size_t>(before, 4096));
    try {
      out.resize(before + more);
    } catch (...) {
      inflateEnd(&stream);
      throw;
    }
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream.avail_out = static_cast<uInt>(more);
    state = inflate(&stream, Z_NO_FLUSH);
    out.resize(before + more - stream.avail_out);
  }
  inflateEnd(&stream);
  return state == Z_STREAM_END ? out : std::vector<std::byte>();
}

}  // namespace

bool is_colour_profile(std::span<const std::byte> profile, int64_t colours) {
  if (profile.size() < kProfileHeader || profile.size() > kMaxProfileBytes) return false;
  const auto text = [&](size_t at) {
    return std::string_view(reinterpret_cast<const char*>(profile.data()) + at, 4);
  };
  return big_endian(profile.first(4)) == profile.size() && text(36) == "acsp" &&
         text(16) == (colours == 1 ? "GRAY" : "RGB ");
}

std::vector<std::byte> pack_profile(std::span<const std::byte> profile) {
  uLongf size = compressBound(static_cast<uLong>(profile.size()));
  std::vector<std::byte> chunk(kProfileName.size() + size);
  std::memcpy(chunk.data(), kProfileName.data(), kProfileName.size());
  if (compress(reinterpret_cast<Bytef*>(chunk.data() + kProfileName.size()), &size,
               reinterpret_cast<const Bytef*>(profile.data()), static_cast<uLong>(profile.size())) != Z_OK)
    throw std::bad_alloc();
  chunk.resize(kProfileName.size() + size);
  return chunk;
}

std::vector<std::byte> unpack_profile(std::span<const std::byte> chunk) {
  const auto head = chunk.first(std::min(chunk.size(), kLongestName + 1));
  const auto end = std::find(head.begin(), head.end(), std::byte{0});
  const auto name = static_cast<size_t>(end - head.begin());
  if (end == head.end() || chunk.size() < name + 2 || chunk[name + 1] != std::byte{0}) return {};
  return unpack(chunk.subspan(name + 2), kMaxProfileBytes);
}

}  // namespace heed::image
