// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/midi_flaws.h"

#include <algorithm>

namespace heed::music {

std::string_view describe(MidiFlaw kind) {
  switch (kind) {
    case MidiFlaw::kDataByte:
      return "data bytes above 127";
    case MidiFlaw::kRunningStatus:
      return "data bytes without a status byte";
    case MidiFlaw::kStatus:
      return "status bytes that files cannot have";
    case MidiFlaw::kNumber:
      return "numbers of more than four bytes";
    case MidiFlaw::kCut:
      return "events cut short";
    case MidiFlaw::kTempo:
      return "unusable tempos";
    case MidiFlaw::kTimeSignature:
      return "unusable time signatures";
    case MidiFlaw::kTrackLength:
      return "tracks of another length than they say";
    case MidiFlaw::kTrackCount:
      return "more or fewer tracks than the header says";
    case MidiFlaw::kChunk:
      return "bytes between chunks";
    case MidiFlaw::kHeader:
      return "a flawed header";
    case MidiFlaw::kTime:
      return "more than 24 hours or 100,000 bars";
  }
  return "";
}

std::string MidiFlaws::line() const {
  const int64_t more = total() - 1;
  if (more < 0) return "";
  const std::string others =
      more == 0 ? "" : " (and " + std::to_string(more) + (more == 1 ? " more flaw)" : " more flaws)");
  return place + ": " + message + others;
}

void MidiFlawLog::add_caught(MidiFlaw kind, const Error& error) {
  if (strict_) throw;
  ++found_.counts[static_cast<size_t>(kind)];
  if (found_.total() > 1) return;
  found_.message = error.message();
  // what() is "place: message".
  const std::string what = error.what();
  found_.place = what.substr(0, what.size() - std::min(what.size(), found_.message.size() + 2));
}

}  // namespace heed::music
