// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/tempo_map.h"

#include <algorithm>
#include <limits>
#include <string>

namespace heed::music {
namespace {

constexpr size_t kMostBars = 100'000;
constexpr double kMicrosecond = 1e-6;

}  // namespace

TempoMap::TempoMap(const MidiEvents& midi) {
  const double quarter = TempoChange{}.quarter_microseconds * kMicrosecond;
  first_quarter_seconds_ = quarter;
  if (!midi.tempos.empty()) {
    auto first = midi.tempos.begin();
    while (first + 1 != midi.tempos.end() && (first + 1)->tick == 0) ++first;
    first_quarter_seconds_ = first->quarter_microseconds * kMicrosecond;
  }
  if (midi.ticks_per_quarter == 0) {
    segments_.push_back({0, 0, 1 / midi.ticks_per_second});
    return;
  }
  segments_.push_back({0, 0, quarter / midi.ticks_per_quarter});
  for (const auto& change : midi.tempos) {
    const auto tick = static_cast<double>(change.tick);
    const double at = seconds(tick);
    const double tick_seconds = change.quarter_microseconds * kMicrosecond / midi.ticks_per_quarter;
    if (segments_.back().tick == tick) {
      segments_.back().tick_seconds = tick_seconds;
    } else {
      segments_.push_back({tick, at, tick_seconds});
    }
  }
}

double TempoMap::seconds(double tick) const {
  const auto after = std::upper_bound(segments_.begin() + 1, segments_.end(), tick,
                                      [](double t, const Segment& segment) { return t < segment.tick; });
  const Segment& segment = *(after - 1);
  return segment.seconds + (tick - segment.tick) * segment.tick_seconds;
}

std::vector<double> bar_lines(const MidiEvents& midi, const TempoMap& tempo, int64_t end_tick,
                              MidiFlawLog& flaws) {
  std::vector<double> lines;
  if (midi.signatures.empty() || midi.ticks_per_quarter == 0) return lines;
  TimeSignature signature;
  auto next = midi.signatures.begin();
  while (signature.tick < end_tick) {
    for (; next != midi.signatures.end() && next->tick <= signature.tick; ++next) signature = *next;
    const int64_t until = next == midi.signatures.end() ? end_tick : std::min(next->tick, end_tick);
    const double bar = 4.0 * midi.ticks_per_quarter * signature.numerator / signature.denominator;
    for (int64_t i = 0;; ++i) {
      const double tick = static_cast<double>(signature.tick) + static_cast<double>(i) * bar;
      if (tick >= static_cast<double>(until)) break;
      if (lines.size() == kMostBars) {
        flaws.add(MidiFlaw::kTime, signature.byte,
                  [] { return "more than " + std::to_string(kMostBars) + " bars"; });
        return lines;
      }
      lines.push_back(tempo.seconds(tick));
    }
    signature.tick = until;
  }
  return lines;
}

}  // namespace heed::music
