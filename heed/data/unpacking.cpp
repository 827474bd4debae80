// SPDX-License-Identifier: Apache-2.0
#include "heed/data/unpacking.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>

#include "heed/core/error.h"

namespace heed {
namespace {

constexpr int kGzipWindow = 16 + MAX_WBITS;

[[noreturn]] void fail_unpacking(Packing packing, const std::string& what) {
  throw Error(ErrorKind::kData, "the " + packing_name(packing) + " data is " + what);
}

class Copier : public Unpacker {
 public:
  explicit Copier(PackedInput& input) : input_(input) {}

  size_t unpack(std::span<char> into) override {
    const auto ahead = input_.ahead();
    const size_t count = std::min(into.size(), ahead.size());
    if (count > 0) std::memcpy(into.data(), ahead.data(), count);
    input_.use(count);
    return count;
  }

 private:
  PackedInput& input_;
};

/// Members that follow each other form one stream. zlib checks their sums, which libarchive does not.
class Gunzipper : public Unpacker {
 public:
  explicit Gunzipper(PackedInput& input) : input_(input) {
    if (inflateInit2(&zlib_, kGzipWindow) != Z_OK) throw std::bad_alloc();
  }
  ~Gunzipper() override { inflateEnd(&zlib_); }

  size_t unpack(std::span<char> into) override {
    size_t count = 0;
    while (count == 0 && step(into, count)) {
    }
    return count;
  }

 private:
  /// Runs inflate once, which may yield no bytes; returns false at the end.
  bool step(std::span<char> into, size_t& count) {
    const auto ahead = input_.ahead();
    if (!inside_member_) {
      if (ahead.empty()) return false;
      inflateReset(&zlib_);
      inside_member_ = true;
    }
    zlib_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(ahead.data()));
    zlib_.avail_in = static_cast<uInt>(ahead.size());
    zlib_.next_out = reinterpret_cast<Bytef*>(into.data());
    zlib_.avail_out = static_cast<uInt>(into.size());
    const int code = inflate(&zlib_, Z_NO_FLUSH);
    input_.use(ahead.size() - zlib_.avail_in);
    count = into.size() - zlib_.avail_out;
    if (count == 0) check(code, ahead.empty());  // bytes before an error first; the next call meets it again
    inside_member_ = code != Z_STREAM_END;
    return true;
  }

  void check(int code, bool at_end) const {
    if (code == Z_MEM_ERROR) throw std::bad_alloc();
    if (code == Z_BUF_ERROR && at_end) fail_unpacking(Packing::kGzip, "truncated");
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
      const std::string why = zlib_.msg != nullptr ? std::string(" (") + zlib_.msg + ")" : "";
      fail_unpacking(Packing::kGzip, "corrupt" + why);
    }
  }

  PackedInput& input_;
  z_stream zlib_{};
  bool inside_member_ = true;
};

/// Unpacks by one filter of libarchive. Only a filter that is compiled in is used: for others libarchive
/// would start a program.
class FilterUnpacker : public Unpacker {
 public:
  FilterUnpacker(Packing packing, PackedInput& input)
      : packing_(packing), input_(input), archive_(archive_read_new(), archive_read_free) {
    if (archive_ == nullptr) throw std::bad_alloc();
  }

  size_t unpack(std::span<char> into) override {
    if (!opened_) open();
    if (ended_) return 0;
    const la_ssize_t count = archive_read_data(archive_.get(), into.data(), into.size());
    if (count < 0) fail();
    ended_ = count == 0;
    return static_cast<size_t>(count);
  }

 private:
  void open() {
    opened_ = true;
    archive_read_support_format_raw(archive_.get());
    if (add_filter() != ARCHIVE_OK) {
      throw Error(ErrorKind::kData, "is packed by " + packing_name(packing_) +
                                        ", which the libarchive of this machine cannot unpack");
    }
    archive_entry* entry = nullptr;
    int code = archive_read_open(archive_.get(), this, nullptr, give_input, nullptr);
    if (code == ARCHIVE_OK) code = archive_read_next_header(archive_.get(), &entry);
    // libarchive does not tell data that is cut before its first block from data that packs nothing.
    const bool unpacks = archive_filter_count(archive_.get()) > 1;  // else the bytes are given as they are
    if (code != ARCHIVE_OK || !unpacks) fail_unpacking(packing_, "truncated, corrupt or empty");
  }

  int add_filter() {
    archive* const reader = archive_.get();
    switch (packing_) {
      case Packing::kBzip2:
        return archive_bzlib_version() == nullptr ? ARCHIVE_WARN : archive_read_support_filter_bzip2(reader);
      case Packing::kXz:
        return archive_liblzma_version() == nullptr ? ARCHIVE_WARN : archive_read_support_filter_xz(reader);
      case Packing::kZstd:
        return archive_libzstd_version() == nullptr ? ARCHIVE_WARN : archive_read_support_filter_zstd(reader);
      default:
        return ARCHIVE_WARN;
    }
  }

  /// libarchive uses the whole buffer before it asks for the next one.
  static la_ssize_t give_input(archive* reader, void* self, const void** buffer) {
    auto& unpacker = *static_cast<FilterUnpacker*>(self);
    try {
      unpacker.input_.use(std::exchange(unpacker.lent_, 0));
      const auto ahead = unpacker.input_.ahead();
      *buffer = ahead.data();
      unpacker.lent_ = ahead.size();
      return static_cast<la_ssize_t>(ahead.size());
    } catch (const Error& error) {
      archive_set_error(reader, EIO, "%s", error.what());
      return ARCHIVE_FATAL;
    }
  }

  [[noreturn]] void fail() const {
    const char* const why = archive_error_string(archive_.get());
    fail_unpacking(packing_, "truncated or corrupt" + (why != nullptr ? " (" + std::string(why) + ")" : ""));
  }

  Packing packing_;
  PackedInput& input_;
  std::unique_ptr<archive, int (*)(archive*)> archive_;
  size_t lent_ = 0;  ///< bytes of the input that libarchive holds
  bool opened_ = false, ended_ = false;
};

}  // namespace

std::string packing_name(Packing packing) {
  switch (packing) {
    case Packing::kNone:
      return "unpacked";
    case Packing::kGzip:
      return "gzip";
    case Packing::kBzip2:
      return "bzip2";
    case Packing::kXz:
      return "xz";
    case Packing::kZstd:
      return "zstd";
  }
  return "";
}

Packing packing_of(std::string_view begin) {
  using namespace std::string_view_literals;
  if (begin.starts_with("\x1F\x8B"sv)) return Packing::kGzip;
  if (begin.starts_with("\xFD\x37zXZ\0"sv)) return Packing::kXz;
  if (begin.starts_with("\x28\xB5\x2F\xFD"sv)) return Packing::kZstd;
  // After "BZh" and a digit comes the mark of a block, or of the end of empty data.
  const bool bzip2 = begin.starts_with("BZh") && begin.size() >= 10 && begin[3] >= '1' && begin[3] <= '9' &&
                     (begin.substr(4).starts_with("1AY&SY") || begin.substr(4).starts_with("\x17rE8P\x90"sv));
  return bzip2 ? Packing::kBzip2 : Packing::kNone;
}

PackedInput::PackedInput(std::unique_ptr<std::istream> input) : input_(std::move(input)) {}

std::span<const char> PackedInput::ahead() {
  if (!ahead_.empty()) return ahead_;
  input_->read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  if (input_->bad()) throw Error(ErrorKind::kData, "reading failed before the end of the file");
  ahead_ = std::span(buffer_).first(static_cast<size_t>(input_->gcount()));
  return ahead_;
}

void PackedInput::use(size_t count) {
  ahead_ = ahead_.subspan(count);
  used_ += count;
}

std::unique_ptr<Unpacker> make_unpacker(Packing packing, PackedInput& input) {
  switch (packing) {
    case Packing::kNone:
      return std::make_unique<Copier>(input);
    case Packing::kGzip:
      return std::make_unique<Gunzipper>(input);
    default:
      return std::make_unique<FilterUnpacker>(packing, input);
  }
}

}  // namespace heed
