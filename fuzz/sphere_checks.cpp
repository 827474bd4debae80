// SPDX-License-Identifier: Apache-2.0
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/checks.h"
#include "fuzz/promises.h"

#include "heed/data/sphere/signal_table.h"
#include "heed/data/sphere/signal_tensors.h"
#include "heed/data/sphere/signal_writer.h"

namespace heed::fuzz {
namespace {

/// Limits under which an input takes no second to check.
sphere::SignalReadOptions small_signals() {
  return {.limits = {.points = 2000, .samples = 1000, .channels = 100, .classes = 1000, .bytes = 1 << 20}};
}

/// A set keeps its promises, and what is written of it is read back.
template <class Read>
void check_signals(const Read& read) {
  sphere::SignalSet set;
  if (!accepts(ErrorKind::kData, [&] { set = read(small_signals()); })) return;
  require(set.flaw().empty(), "a set keeps its promises");
  const auto written = sphere::format_signals(set);
  const sphere::SignalSet again = sphere::parse_signal_tensors(written, kName, small_signals());
  require(again.flaw().empty() && again.line() == set.line(), "a set is read back");
  require(sphere::format_signals(again) == written, "a set is read back bit for bit");
}

}  // namespace

void check_signal_table(std::span<const std::byte> file) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  check_signals([&](const auto& options) { return sphere::parse_signal_table(text, kName, options); });
}

void check_signal_tensors(std::span<const std::byte> file) {
  const std::vector<std::byte> bytes(file.begin(), file.end());
  check_signals([&](const auto& options) { return sphere::parse_signal_tensors(bytes, kName, options); });
}

}  // namespace heed::fuzz
