// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/stdin_lines.h"

#include <iostream>

#include <poll.h>
#include <unistd.h>

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/core/progress.h"
#include "heed/data/text/utf8.h"

namespace heed::cli {
namespace {

constexpr size_t kMostBytes = size_t{1} << 20;

/// Whether reading would not wait.
bool at_hand() {
  if (std::cin.rdbuf()->in_avail() > 0) return true;
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return ::poll(&input, 1, 0) > 0;
}

/// What is wrong with the line; empty: nothing.
std::string fault_of(const std::string& line) {
  const size_t good = text::well_formed_prefix(line);
  if (good < line.size()) return text::not_utf8(line[good], good + 1);
  const size_t zero = line.find('\0');
  return zero == std::string::npos ? ""
                                   : "zero byte in column " + std::to_string(zero + 1) + "; text is needed";
}

}  // namespace

InvalidText parse_invalid_text(const std::string& name) {
  if (name == "fail") return InvalidText::kFail;
  if (name == "replace") return InvalidText::kReplace;
  if (name == "skip") return InvalidText::kSkip;
  throw Error(ErrorKind::kUsage, unknown_name_message("choice", name, {"fail", "replace", "skip"}),
              "--invalid");
}

StdinLines::StdinLines(InvalidText invalid) : invalid_(invalid) {
  std::ios::sync_with_stdio(false);  // std::cin tells what it holds only when the buffer is its own
}

void StdinLines::mend(std::string& line) {
  const std::string fault = fault_of(line);
  if (fault.empty()) return;
  const std::string place = "stdin, line " + std::to_string(number_);
  if (invalid_ == InvalidText::kFail) throw Error(ErrorKind::kData, fault, place);
  line = invalid_ == InvalidText::kSkip ? "" : text::replace_malformed(line);
  if (++invalid_count_ > 1) return;
  warn(place + ": " + fault +
       (invalid_ == InvalidText::kSkip ? "; the line counts as empty" : "; such bytes are read as U+FFFD") +
       ", further lines are counted");
}

bool StdinLines::read(std::string& line) {
  line.clear();
  if (ended_) return false;
  std::streambuf& input = *std::cin.rdbuf();
  int byte = input.sbumpc();
  if (byte == std::char_traits<char>::eof()) return !(ended_ = true);
  for (; byte != '\n' && byte != std::char_traits<char>::eof(); byte = input.sbumpc()) {
    if (line.size() <= kMostBytes) line += static_cast<char>(byte);
  }
  ended_ = byte == std::char_traits<char>::eof();
  ++number_;
  if (line.size() > kMostBytes) shorten(line);
  if (number_ == 1 && line.starts_with(text::kByteOrderMark)) line.erase(0, text::kByteOrderMark.size());
  if (line.ends_with('\r')) line.pop_back();
  return true;
}

/// Drops what is too much, whole characters.
void StdinLines::shorten(std::string& line) const {
  line.resize(kMostBytes);
  const size_t good = text::well_formed_prefix(line);
  if (line.size() - good < 4)
    line.resize(good);  // a character cut in two; what is wrong before it is said later
  warn("line " + std::to_string(number_) + ": longer than " + std::to_string(kMostBytes) +
       " bytes, what comes after these is dropped");
}

std::vector<std::string> StdinLines::next(size_t most) {
  std::vector<std::string> lines;
  if (failed_) std::rethrow_exception(failed_);
  for (std::string line; lines.size() < most && (lines.empty() || at_hand()) && read(line);) {
    try {
      mend(line);
    } catch (const Error&) {
      if (lines.empty()) throw;
      failed_ = std::current_exception();  // what came before it is given out first
      break;
    }
    lines.push_back(line);
  }
  return lines;
}

}  // namespace heed::cli
