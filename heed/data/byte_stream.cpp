// SPDX-License-Identifier: Apache-2.0
#include "heed/data/byte_stream.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "heed/core/error.h"

namespace heed {
namespace fs = std::filesystem;
namespace {

constexpr size_t kBufferBytes = size_t{64} << 10;
constexpr uint64_t kBombBytes = uint64_t{64} << 20, kBombRatio = 250;

}  // namespace

struct ByteStream::State {
  explicit State(std::unique_ptr<std::istream> stream) : input(std::move(stream)) {
    const auto begin = input.ahead();
    packing = packing_of({begin.data(), begin.size()});
    unpacker = make_unpacker(packing, input);
  }

  size_t unpack(std::span<char> into) {
    const size_t count = unpacker->unpack(into);
    given += count;
    if (given > kBombBytes && given / kBombRatio > input.used()) {
      throw Error(ErrorKind::kData, "the " + packing_name(packing) + " data unpacks to more than " +
                                        std::to_string(kBombRatio) +
                                        " times its size; if this is intended, unpack it first");
    }
    return count;
  }

  PackedInput input;
  Packing packing = Packing::kNone;
  std::unique_ptr<Unpacker> unpacker;
  uint64_t given = 0;            ///< bytes unpacked
  std::unique_ptr<Error> fault;  ///< thrown after all bytes before it have been returned
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
    for (size_t count = 1; !rest.empty() && count > 0; rest = rest.subspan(count))
      count = state_->unpack(rest);
  } catch (const Error& error) {
    state_->fault = std::make_unique<Error>(error);
    if (rest.size() == into.size()) throw;
  }
  return into.size() - rest.size();
}

Packing ByteStream::packing() const {
  return state_->packing;
}

std::unique_ptr<std::istream> open_file(const fs::path& path) {
  std::error_code code;
  if (fs::is_directory(path, code))
    throw Error(ErrorKind::kData, "is a folder; a file is needed", path.string());
  // Opening a pipe would block until another process writes to it.
  if (fs::exists(path, code) && !fs::is_regular_file(path, code))
    throw Error(ErrorKind::kData, "is not a regular file", path.string());
  auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*file)
    throw Error(ErrorKind::kData, std::string("cannot open: ") + std::strerror(errno), path.string());
  return file;
}

ByteStream open_bytes(const fs::path& path) {
  return ByteStream(open_file(path));
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
