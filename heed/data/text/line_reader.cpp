// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/line_reader.h"

#include <string_view>
#include <utility>

#include "heed/core/error.h"
#include "heed/data/text/utf8.h"

namespace heed::text {
namespace {

constexpr size_t kBufferBytes = size_t{64} << 10;

}  // namespace

LineReader::LineReader(ByteStream bytes, std::string name, const LineOptions& options)
    : bytes_(std::move(bytes)), name_(std::move(name)), options_(options), buffer_(kBufferBytes) {}

LineReader::LineReader(const std::filesystem::path& path, const LineOptions& options)
    : LineReader(open_bytes(path), path.string(), options) {}

LineReader::LineReader(std::unique_ptr<std::istream> input, std::string name, const LineOptions& options)
    : LineReader(ByteStream(std::move(input)), std::move(name), options) {}

bool LineReader::next(std::string& line) {
  line.clear();
  ++number_;
  if (begin_ == end_ && !fill()) {
    --number_;
    return false;
  }
  do {
    const std::string_view rest(buffer_.data() + begin_, end_ - begin_);
    const size_t end = rest.find('\n');
    append(line, end == std::string_view::npos ? rest.size() : end);
    if (end == std::string_view::npos) continue;
    ++begin_;
    break;
  } while (fill());
  check(line);
  if (line.ends_with('\r')) line.pop_back();
  return true;
}

bool LineReader::fill() {
  begin_ = 0;
  try {
    end_ = bytes_.read(buffer_);
  } catch (const Error& error) {
    end_ = 0;
    fail(error.what());
  }
  if (std::exchange(at_start_, false) && std::string_view(buffer_.data(), end_).starts_with(kByteOrderMark))
    begin_ = kByteOrderMark.size();
  return begin_ < end_;
}

void LineReader::append(std::string& line, size_t count) {
  if (count > options_.max_line_bytes - line.size()) {
    fail("is longer than " + std::to_string(options_.max_line_bytes) + " bytes; is this a text file?");
  }
  line.append(buffer_.data() + begin_, count);
  begin_ += count;
}

void LineReader::check(const std::string& line) const {
  if (const size_t valid = well_formed_prefix(line); valid < line.size()) {
    const bool utf16 = number_ == 1 && (line.starts_with("\xFF\xFE") || line.starts_with("\xFE\xFF"));
    fail(not_utf8(line[valid], valid + 1) + (utf16 ? "; the file looks like UTF-16" : ""));
  }
  if (const size_t zero = line.find('\0'); zero != std::string::npos)
    fail("a zero byte in column " + std::to_string(zero + 1) + "; is this a text file?");
}

void LineReader::fail(const std::string& message) const {
  throw Error(ErrorKind::kData, message, name_ + ", line " + std::to_string(number_));
}

}  // namespace heed::text
