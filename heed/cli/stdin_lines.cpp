// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/stdin_lines.h"

#include <iostream>

#include <poll.h>
#include <unistd.h>

#include "heed/core/log.h"
#include "heed/data/text/utf8.h"

namespace heed::cli {
namespace {

constexpr size_t kMostBytes = size_t{1} << 20;

/// True when reading would not wait.
bool at_hand() {
  if (std::cin.rdbuf()->in_avail() > 0) return true;
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return ::poll(&input, 1, 0) > 0;
}

}  // namespace

StdinLines::StdinLines() {
  std::ios::sync_with_stdio(false);  // std::cin knows what has arrived only when the buffer is its own
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

/// Drops the bytes beyond the limit, whole characters.
void StdinLines::shorten(std::string& line) const {
  line.resize(kMostBytes);
  const size_t good = text::well_formed_prefix(line);
  if (line.size() - good < 4) line.resize(good);  // a character cut in two; earlier faults are reported later
  warn("line " + std::to_string(number_) + ": longer than " + std::to_string(kMostBytes) +
       " bytes; the rest is dropped");
}

std::vector<std::string> StdinLines::next(size_t most) {
  std::vector<std::string> lines;
  for (std::string line; lines.size() < most && (lines.empty() || at_hand()) && read(line);)
    lines.push_back(line);
  return lines;
}

}  // namespace heed::cli
