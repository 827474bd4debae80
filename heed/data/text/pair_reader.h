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

/// Gives sentence pairs one by one.
class PairReader {
 public:
  virtual ~PairReader() = default;
  /// False after the last pair; `pair` means nothing then.
  virtual bool next(SentencePair& pair) = 0;
};

/// Two files of which line i of one translates line i of the other; empty lines are lines. Throws
/// Error(kData) naming both files and both counts when one has more lines, besides the errors of LineReader.
class AlignedReader : public PairReader {
 public:
  AlignedReader(LineReader source, LineReader target);
  bool next(SentencePair& pair) override;

 private:
  LineReader source_, target_;
};

struct TsvColumns {
  size_t source = 0, target = 1;  ///< from 0
};

/// Lines of columns parted by tabs, without quotes or a header; other columns are passed over, and so are
/// empty lines. Throws Error(kData) with file and line where a column is missing, besides the errors of
/// LineReader.
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
