// SPDX-License-Identifier: Apache-2.0
#include "heed/data/sphere/signal_files.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/shown_text.h"
#include "heed/data/byte_stream.h"
#include "heed/data/sphere/signal_table.h"
#include "heed/data/sphere/signal_tensors.h"
#include "heed/data/text/documents.h"

namespace heed::sphere {
namespace {

constexpr std::array<std::string_view, 4> kSignalTableEndings{".csv", ".tsv", ".tab", ".txt"};

SignalSet read_by_ending(const std::filesystem::path& path, const SignalReadOptions& options) {
  const std::string ending = text::text_ending(path);
  if (ending == ".safetensors") return read_signal_tensors(path, options);
  if (std::find(kSignalTableEndings.begin(), kSignalTableEndings.end(), ending) != kSignalTableEndings.end())
    return parse_signal_table(read_unpacked(path, options.limits.bytes), path.string(), options);
  throw Error(ErrorKind::kData,
              "the ending '" + printable(ending) +
                  "' is not one of a file of signals: .safetensors, .csv, .tsv, .tab or .txt",
              path.string());
}

}  // namespace

SignalSet read_signals(const std::filesystem::path& path, const SignalReadOptions& options) {
  SignalSet set = read_by_ending(path, options);
  const bool guessed =
      set.geometry == "points" && std::equal(set.weights.begin() + 1, set.weights.end(), set.weights.begin());
  inform(path.string() + ": " + set.line() + (guessed ? "; all points count the same" : ""));
  return set;
}

}  // namespace heed::sphere
