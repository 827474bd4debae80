// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/archive_reader.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include "heed/core/error.h"
#include "heed/data/byte_stream.h"
#include "heed/data/image/shown_name.h"

namespace heed::image {
namespace {

constexpr size_t kBufferBytes = size_t{64} << 10;
constexpr uint64_t kZipBombBytes = uint64_t{64} << 20, kZipBombRatio = 250;
constexpr const char* kNoArchive = "is not a tar or zip archive";
constexpr uint64_t kTarBlock = 512;
constexpr uint64_t kFirstReserve = uint64_t{1} << 20;

/// While it lives, libarchive takes and gives names in UTF-8, whatever the locale of the program.
class NamesInUtf8 {
 public:
  NamesInUtf8() : before_(::uselocale(utf8())) {}
  ~NamesInUtf8() { ::uselocale(before_); }
  NamesInUtf8(const NamesInUtf8&) = delete;
  NamesInUtf8& operator=(const NamesInUtf8&) = delete;

 private:
  static locale_t utf8() {
    static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{});
    return locale;  // none: uselocale leaves the locale as it is
  }
  locale_t before_;
};

bool begins_as(std::istream& input, std::string_view magic) {
  std::string begin(magic.size(), '\0');
  input.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  input.clear();
  input.seekg(0);
  return begin == magic;
}

constexpr std::string_view kZipFile = "PK\3\4", kEmptyZip = "PK\5\6";

uint64_t size_of_input(std::istream& input) {
  input.seekg(0, std::ios::end);
  const auto size = static_cast<uint64_t>(input.tellg());
  input.seekg(0);
  return size;
}

}  // namespace

struct ArchiveReader::State {
  State(std::unique_ptr<std::istream> input, std::string input_name)
      : name(std::move(input_name)), reader(archive_read_new(), archive_read_free) {
    if (reader == nullptr) throw std::bad_alloc();
    ended = begins_as(*input, kEmptyZip);  // which libarchive takes for no zip
    is_zip = ended || begins_as(*input, kZipFile);
    archive_read_set_callback_data(reader.get(), this);
    if (is_zip) {
      input_size = size_of_input(*input);
      file = std::move(input);
      archive_read_support_format_zip_seekable(reader.get());
      archive_read_set_read_callback(reader.get(), read_file);
      archive_read_set_seek_callback(reader.get(), seek_file);
    } else {
      bytes.emplace(std::move(input));
      archive_read_support_format_tar(reader.get());
      archive_read_set_read_callback(reader.get(), read_bytes);
    }
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  static la_ssize_t read_bytes(archive* reader, void* self, const void** into) {
    auto& state = *static_cast<State*>(self);
    try {
      const size_t count = state.bytes->read(state.buffer);
      state.given += count;
      *into = state.buffer.data();
      return static_cast<la_ssize_t>(count);
    } catch (const Error& error) {
      state.source_fault = error.what();
      archive_set_error(reader, EIO, "%s", error.what());
      return ARCHIVE_FATAL;
    }
  }

  static la_ssize_t read_file(archive* /*reader*/, void* self, const void** into) {
    auto& state = *static_cast<State*>(self);
    state.file->clear();
    state.file->read(state.buffer.data(), static_cast<std::streamsize>(state.buffer.size()));
    *into = state.buffer.data();
    return state.file->bad() ? ARCHIVE_FATAL : static_cast<la_ssize_t>(state.file->gcount());
  }

  static la_int64_t seek_file(archive* /*reader*/, void* self, la_int64_t offset, int whence) {
    auto& state = *static_cast<State*>(self);
    const auto from = whence == SEEK_SET ? std::ios::beg : whence == SEEK_CUR ? std::ios::cur : std::ios::end;
    state.file->clear();
    if (!state.file->seekg(offset, from)) return ARCHIVE_FATAL;
    return static_cast<la_int64_t>(state.file->tellg());
  }

  /// Opens the archive and moves to the next file of any kind. Returns false at the end.
  bool next_entry() {
    if (fault) throw Error(*fault);
    if (ended) return false;
    int code = ARCHIVE_OK;
    if (!std::exchange(opened, true)) code = archive_read_open1(reader.get());
    if (code == ARCHIVE_OK) code = archive_read_next_header(reader.get(), &entry);
    if (code == ARCHIVE_EOF) return finish();
    if (code == ARCHIVE_OK || code == ARCHIVE_WARN) return true;
    const std::string why = reason();
    fail_whole(why, why == kNoArchive ? 0 : header_position());
  }

  /// Checks that the end was meant and that the rest of packed data is right. Returns false.
  bool finish() {
    ended = true;
    if (is_zip) return false;
    if (given < header_position() + kTarBlock) {
      fail_whole(
          "ends early: the mark that ends a tar is missing, and the files after it with it; copy or download "
          "the archive again",
          given);
    }
    try {
      while (bytes->read(buffer) > 0) {
      }
    } catch (const Error& error) {
      fail_whole(error.what(), given);
    }
    return false;
  }

  /// What libarchive found wrong, in the words of a user where it is a known case.
  std::string reason() const {
    if (!source_fault.empty()) return source_fault;
    const char* const text = archive_error_string(reader.get());
    const std::string said = text != nullptr ? text : "unknown error";
    if (!said.starts_with("Unrecognized archive format")) return "is damaged or cut: " + said;
    return is_zip
               ? "begins as a zip archive, but the list of files at its end is missing or damaged; copy or "
                 "download it again"
               : "is not a tar or zip archive";
  }

  /// Where the last header begins, in the unpacked tar; after an error that libarchive cannot pass, how far it
  /// read.
  uint64_t header_position() const {
    const la_int64_t position = archive_read_header_position(reader.get());
    return position >= 0 ? static_cast<uint64_t>(position) : given;
  }

  /// An error that ends the whole archive, at a byte of the unpacked tar.
  [[noreturn]] void fail_whole(const std::string& message, uint64_t byte = 0) {
    fault.emplace(ErrorKind::kData, message, is_zip ? name : at_byte(name, byte));
    throw Error(*fault);
  }
  /// An error of the current file.
  [[noreturn]] void fail_file(const std::string& message) const {
    throw Error(ErrorKind::kData, message, name + ": " + shown_name(current.name));
  }

  bool is_file() const {
    return archive_entry_filetype(entry) == AE_IFREG && archive_entry_hardlink(entry) == nullptr;
  }

  ArchiveEntry take_entry() {
    if (archive_entry_is_encrypted(entry) != 0)
      fail_whole("is encrypted; unpack it with its password, and give the folder");
    const char* const path = archive_entry_pathname(entry);
    return {path != nullptr ? path : "",
            static_cast<uint64_t>(std::max<int64_t>(0, archive_entry_size(entry)))};
  }

  std::vector<std::byte> take_content(uint64_t max_bytes) {
    std::vector<std::byte> content;
    content.reserve(static_cast<size_t>(std::min(current.size, std::min(max_bytes, kFirstReserve))));
    for (;;) {
      const void* block = nullptr;
      size_t size = 0;
      la_int64_t offset = 0;
      const int code = archive_read_data_block(reader.get(), &block, &size, &offset);
      if (code == ARCHIVE_EOF) break;
      if (code == ARCHIVE_FATAL) fail_whole(reason(), given);
      if (code != ARCHIVE_OK) fail_file(reason());
      if (offset != std::ssize(content)) fail_file("is a sparse file, which heed does not read");
      if (size > max_bytes - content.size()) refuse_size(content.size() + size, max_bytes);
      const auto* const first = static_cast<const std::byte*>(block);
      content.insert(content.end(), first, first + size);
    }
    if (content.size() != current.size) fail_file("is a sparse file, which heed does not read");
    check_ratio(content.size());
    return content;
  }

  [[noreturn]] void refuse_size(uint64_t size, uint64_t max_bytes) const {
    fail_file("has " + std::to_string(size) + " bytes; the limit is " + std::to_string(max_bytes));
  }

  /// ByteStream does the same for packed tars.
  void check_ratio(uint64_t size) {
    unpacked += size;
    if (!is_zip || unpacked <= kZipBombBytes || unpacked / kZipBombRatio <= input_size) return;
    fail_whole("unpacks to more than " + std::to_string(kZipBombRatio) +
               " times its size; if this is intended, unpack it first");
  }

  std::string name;
  bool is_zip = false, opened = false, ended = false;
  std::optional<ByteStream> bytes;     ///< a tar, unpacked
  std::unique_ptr<std::istream> file;  ///< a zip
  uint64_t input_size = 0;             ///< bytes of the zip
  uint64_t given = 0;                  ///< bytes of the tar that libarchive got
  uint64_t unpacked = 0;               ///< bytes of contents so far
  std::array<char, kBufferBytes> buffer;
  std::unique_ptr<archive, int (*)(archive*)> reader;
  archive_entry* entry = nullptr;  ///< the reader's
  ArchiveEntry current;
  std::string source_fault;
  std::optional<Error> fault;
};

ArchiveReader::ArchiveReader(const std::filesystem::path& path)
    : ArchiveReader(open_file(path), path.string()) {}
ArchiveReader::ArchiveReader(std::unique_ptr<std::istream> input, std::string name)
    : state_(std::make_unique<State>(std::move(input), std::move(name))) {}
ArchiveReader::~ArchiveReader() = default;
ArchiveReader::ArchiveReader(ArchiveReader&&) noexcept = default;

bool ArchiveReader::next(ArchiveEntry& entry) {
  const NamesInUtf8 names;
  while (state_->next_entry()) {
    if (!state_->is_file()) continue;
    entry = state_->current = state_->take_entry();
    return true;
  }
  return false;
}

std::vector<std::byte> ArchiveReader::content(uint64_t max_bytes) {
  if (state_->fault) throw Error(*state_->fault);
  if (state_->current.size > max_bytes) state_->refuse_size(state_->current.size, max_bytes);
  return state_->take_content(max_bytes);
}

bool is_archive(const std::filesystem::path& path) {
  ArchiveReader archive(path);
  ArchiveEntry entry;
  try {
    archive.next(entry);
    return true;
  } catch (const Error& error) {
    return error.message() != kNoArchive;
  }
}

}  // namespace heed::image
