// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/pair_reader.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "heed/core/error.h"

namespace heed::text {
namespace {

/// Counts all lines of the file: those already read and the rest, which it reads.
int64_t count_lines(LineReader& lines) {
  for (std::string line; lines.next(line);) {
  }
  return lines.line_number();
}

std::string lines_of(LineReader& lines) {
  const int64_t count = count_lines(lines);
  return lines.name() + " has " + std::to_string(count) + (count == 1 ? " line" : " lines");
}

}  // namespace

AlignedReader::AlignedReader(LineReader source, LineReader target)
    : source_(std::move(source)), target_(std::move(target)) {}

bool AlignedReader::next(SentencePair& pair) {
  const bool source = source_.next(pair.source), target = target_.next(pair.target);
  if (source == target) return source;
  throw Error(ErrorKind::kData, lines_of(source_) + ", " + lines_of(target_) +
                                    "; line i of one must be the translation of line i of the other");
}

TsvReader::TsvReader(LineReader lines, const TsvColumns& columns)
    : lines_(std::move(lines)), columns_(columns) {}

bool TsvReader::next(SentencePair& pair) {
  do {
    if (!lines_.next(line_)) return false;
  } while (line_.empty());
  const size_t needed = std::max(columns_.source, columns_.target) + 1;
  std::string_view rest = line_;
  size_t column = 0;
  for (bool more = true; more && column < needed; ++column) {
    const std::string_view cell = rest.substr(0, rest.find('\t'));
    if (column == columns_.source) pair.source = cell;
    if (column == columns_.target) pair.target = cell;
    more = cell.size() < rest.size();
    rest.remove_prefix(cell.size() + (more ? 1 : 0));
  }
  if (column == needed) return true;
  lines_.fail("has " + std::to_string(column) + (column == 1 ? " column" : " columns") + ", " +
              std::to_string(needed) + " are needed, separated by tabs");
}

}  // namespace heed::text
