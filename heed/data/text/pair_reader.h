// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "heed/data/text/line_reader.h"

namespace heed::text {

/// A sentence and its translation.
struct SentencePair {
  std::string source, target;
  bool operator==(const SentencePair&) const = default;
};

/// Reads sentence pairs one by one.
class PairReader {
 public:
  virtual ~PairReader() = default;
  /// Reads the next pair. Returns false, with `pair` unspecified, after the last one.
  virtual bool next(SentencePair& pair) = 0;
};

/// Reads two files in which line i of one is the translation of line i of the other; empty lines count.
/// Throws Error(kData) with both names and numbers of lines if the numbers differ, besides the errors of
/// LineReader.
class AlignedReader : public PairReader {
 public:
  AlignedReader(LineReader source, LineReader target);
  bool next(SentencePair& pair) override;

 private:
  LineReader source_, target_;
};

struct TsvColumns {
  size_t source = 0, target = 1;  ///< indices from 0
};

/// Reads tab-separated columns without quotes or a header. Skips other columns and empty lines. Throws
/// Error(kData) with file and line if a column is missing, besides the errors of LineReader.
class TsvReader : public PairReader {
 public:
  explicit TsvReader(LineReader lines, const TsvColumns& columns = {});
  bool next(SentencePair& pair) override;

 private:
  LineReader lines_;
  TsvColumns columns_;
  std::string line_;
};

}  // namespace heed::text
