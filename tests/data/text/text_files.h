// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/data/test_folder.h"
#include <zlib.h>

#include "heed/data/text/line_reader.h"
#include "heed/data/text/pair_reader.h"

namespace heed::text::testing {

/// One gzip member.
inline std::string gzip(std::string_view content) {
  z_stream zlib{};
  if (deflateInit2(&zlib, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("deflateInit2");
  std::string packed(deflateBound(&zlib, content.size()), '\0');
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  zlib.avail_in = static_cast<uInt>(content.size());
  zlib.next_out = reinterpret_cast<Bytef*>(packed.data());
  zlib.avail_out = static_cast<uInt>(packed.size());
  deflate(&zlib, Z_FINISH);
  packed.resize(zlib.total_out);
  deflateEnd(&zlib);
  return packed;
}

/// A temporary folder with files that a test writes.
class Files : public heed::testing::TemporaryFolder {
 public:
  std::filesystem::path write(const std::string& name, std::string_view content) const {
    auto file = path() / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }
};

inline LineReader lines_of(std::string_view content, const LineOptions& options = {},
                           const std::string& name = "t.txt") {
  return {std::make_unique<std::istringstream>(std::string(content)), name, options};
}

inline std::vector<std::string> read_lines(LineReader reader) {
  std::vector<std::string> lines;
  for (std::string line; reader.next(line);) lines.push_back(line);
  return lines;
}

inline std::vector<SentencePair> read_pairs(PairReader& reader) {
  std::vector<SentencePair> pairs;
  for (SentencePair pair; reader.next(pair);) pairs.push_back(pair);
  return pairs;
}

}  // namespace heed::text::testing

namespace heed::text {

inline void PrintTo(const SentencePair& pair, std::ostream* out) {
  *out << "{" << pair.source << " | " << pair.target << "}";
}

}  // namespace heed::text
