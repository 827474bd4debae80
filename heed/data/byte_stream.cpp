// SPDX-License-Identifier: Apache-2.0
#include "heed/data/byte_stream.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <new>
#include <utility>

#include <zlib.h>

#include "heed/core/error.h"

namespace heed {
namespace fs = std::filesystem;
namespace {

constexpr size_t kBufferBytes = size_t{64} << 10;
constexpr uint64_t kBombBytes = uint64_t{64} << 20, kBombRatio = 250;
constexpr int kGzipWindow = 16 + MAX_WBITS;

}  // namespace

struct ByteStream::State {
  explicit State(std::unique_ptr<std::istream> stream) : input(std::move(stream)) {
    refill();
    packed = zlib.avail_in >= 2 && buffer[0] == 0x1F && buffer[1] == 0x8B;
    if (packed && inflateInit2(&zlib, kGzipWindow) != Z_OK) throw std::bad_alloc();
    inside_member = packed;
  }
  ~State() {
    if (packed) inflateEnd(&zlib);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  /// Returns false at the end of the input.
  bool refill() {
    input->read(reinterpret_cast<char*>(buffer.data()), static_cast<std::streamsize>(buffer.size()));
    if (input->bad()) throw Error(ErrorKind::kData, "reading failed before the end of the file");
    zlib.next_in = buffer.data();
    zlib.avail_in = static_cast<uInt>(input->gcount());
    taken += zlib.avail_in;
    return zlib.avail_in > 0;
  }

  /// Copies at least one byte; returns 0 only at the end.
  size_t copy_some(std::span<char> into) {
    if (zlib.avail_in == 0 && !refill()) return 0;
    const size_t count = std::min<size_t>(into.size(), zlib.avail_in);
    std::memcpy(into.data(), zlib.next_in, count);
    zlib.next_in += count;
    zlib.avail_in -= static_cast<uInt>(count);
    return count;
  }

  /// Runs inflate once, which may yield no bytes; returns false at the end.
  bool unpack_some(std::span<char>& into) {
    const bool more = zlib.avail_in > 0 || refill();
    if (!inside_member) {
      if (!more) return false;
      inflateReset(&zlib);
      inside_member = true;
    }
    zlib.next_out = reinterpret_cast<Bytef*>(into.data());
    zlib.avail_out = static_cast<uInt>(into.size());
    const int code = inflate(&zlib, Z_NO_FLUSH);
    given += into.size() - zlib.avail_out;
    into = into.last(zlib.avail_out);
    check(code, more);
    inside_member = code != Z_STREAM_END;
    return true;
  }

  void check(int code, bool more) const {
    if (code == Z_MEM_ERROR) throw std::bad_alloc();
    if (code == Z_BUF_ERROR && !more) throw Error(ErrorKind::kData, "the gzip data is truncated");
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
      const std::string why = zlib.msg != nullptr ? std::string(" (") + zlib.msg + ")" : "";
      throw Error(ErrorKind::kData, "the gzip data is corrupt" + why);
    }
    if (given > kBombBytes && given / kBombRatio > taken - zlib.avail_in) {
      throw Error(ErrorKind::kData, "the gzip data unpacks to more than " + std::to_string(kBombRatio) +
                                        " times its size; if this is intended, unpack it first");
    }
  }

  std::unique_ptr<std::istream> input;
  std::array<unsigned char, kBufferBytes> buffer;
  z_stream zlib{};
  bool packed = false, inside_member = false;
  uint64_t taken = 0, given = 0;  ///< bytes read, bytes unpacked
  std::unique_ptr<Error> fault;   ///< thrown after all bytes before it have been returned
};

ByteStream::ByteStream(std::unique_ptr<std::istream> input)
    : state_(std::make_unique<State>(std::move(input))) {}
ByteStream::~ByteStream() = default;
ByteStream::ByteStream(ByteStream&&) noexcept = default;
ByteStream& ByteStream::operator=(ByteStream&&) noexcept = default;

size_t ByteStream::read(std::span<char> into) {
  if (state_->fault) throw Error(*state_->fault);
  std::span<char> rest = into;
  try {
    if (state_->packed) {
      while (!rest.empty() && state_->unpack_some(rest)) {
      }
    } else {
      for (size_t count = 1; !rest.empty() && count > 0; rest = rest.subspan(count))
        count = state_->copy_some(rest);
    }
  } catch (const Error& error) {
    state_->fault = std::make_unique<Error>(error);
    if (rest.size() == into.size()) throw;
  }
  return into.size() - rest.size();
}

ByteStream open_bytes(const fs::path& path) {
  std::error_code code;
  if (fs::is_directory(path, code))
    throw Error(ErrorKind::kData, "is a folder; a file is needed", path.string());
  // Opening a pipe would block until another process writes to it.
  if (fs::exists(path, code) && !fs::is_regular_file(path, code))
    throw Error(ErrorKind::kData, "is not a regular file", path.string());
  auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*file)
    throw Error(ErrorKind::kData, std::string("cannot open: ") + std::strerror(errno), path.string());
  return ByteStream(std::move(file));
}

std::string read_unpacked(const fs::path& path, uint64_t max_bytes) {
  ByteStream bytes = open_bytes(path);
  std::string content;
  std::array<char, kBufferBytes> buffer;
  try {
    while (const size_t count = bytes.read(buffer)) {
      content.append(buffer.data(), count);
      if (content.size() > max_bytes) {
        throw Error(ErrorKind::kData, "has more than " + std::to_string(max_bytes) + " bytes");
      }
    }
  } catch (const Error& error) {
    throw Error(error.kind(), error.what(), path.string());
  }
  return content;
}

}  // namespace heed
