// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/midi_reader.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/log.h"
#include "heed/data/music/beat_map.h"
#include "heed/data/music/midi_events.h"
#include "heed/data/music/midi_keyboard.h"
#include "heed/data/music/tempo_map.h"

namespace heed::music {
namespace {

constexpr double kLeastPercussionSeconds = 0.1;

/// Numbers the (track, channel) pairs that have notes.
std::map<std::pair<int, int>, int> number_voices(const std::vector<TickNote>& notes) {
  std::map<std::pair<int, int>, int> voices;
  for (const auto& note : notes) voices.try_emplace({note.track, note.channel}, 0);
  int next = 0;
  for (auto& [lane, voice] : voices) voice = next++;
  return voices;
}

std::vector<std::string> voice_names(const std::vector<TickNote>& notes,
                                     const std::vector<std::string>& track_names) {
  std::vector<std::string> names;
  for (const auto& [lane, voice] : number_voices(notes)) {
    const auto track = static_cast<size_t>(lane.first);
    names.push_back(track < track_names.size() ? track_names[track] : std::string());
  }
  return names;
}

double end_seconds(const TickNote& note, const TempoMap& tempo) {
  const double end = tempo.seconds(static_cast<double>(note.end));
  if (note.end > note.start) return end;
  const double least = end + kLeastPercussionSeconds;
  return note.struck_again == TickNote::kNever
             ? least
             : std::min(least, tempo.seconds(static_cast<double>(note.struck_again)));
}

/// Converts notes to seconds and returns the tick at which the last one ends.
int64_t place_notes(const std::vector<TickNote>& notes, const TempoMap& tempo, Score& score,
                    MidiFlawLog& flaws) {
  const auto voices = number_voices(notes);
  score.notes.reserve(notes.size());
  int64_t end_tick = 0;
  for (const auto& note : notes) {
    const double end = end_seconds(note, tempo);
    if (!(end <= kMaxMidiSeconds)) {
      flaws.add(MidiFlaw::kTime, note.byte,
                [] { return "a note sounds more than 24 hours after the start"; });
      continue;
    }
    end_tick = std::max(end_tick, note.end);
    score.notes.push_back({tempo.seconds(static_cast<double>(note.start)), end, note.pitch, note.velocity,
                           note.program, voices.at({note.track, note.channel}),
                           note.channel == kPercussionChannel});
  }
  sort_notes(score.notes);
  return end_tick;
}

void check_size(size_t bytes, const std::string& name) {
  if (bytes <= kMaxMidiBytes) return;
  throw Error(ErrorKind::kData,
              "has " + std::to_string(bytes) + " bytes; the limit is " + std::to_string(kMaxMidiBytes),
              at_byte(name, kMaxMidiBytes));
}

bool is_note_on(const MidiEvent& event) {
  return event.kind == MidiEventKind::kNoteOn;
}

/// Removes percussion and returns its number of notes.
int64_t drop_percussion(std::vector<MidiEvent>& events) {
  const auto is_percussion = [](const MidiEvent& event) {
    return event.channel == kPercussionChannel && event.kind != MidiEventKind::kTrackEnd;
  };
  const auto notes = std::count_if(events.begin(), events.end(), [&](const MidiEvent& event) {
    return is_percussion(event) && is_note_on(event);
  });
  std::erase_if(events, is_percussion);
  return notes;
}

/// A file whose flaws leave no note at all is not read, rather than empty.
void check_not_lost(const MidiEvents& midi, const MidiFlaws& flaws) {
  if (flaws.total() == 0 || std::any_of(midi.events.begin(), midi.events.end(), is_note_on)) return;
  throw Error(ErrorKind::kData, flaws.message + "; no note can be read", flaws.place);
}

}  // namespace

std::string MidiReport::no_notes() const {
  if (without_length > 0) return "no note that lasts: " + std::to_string(without_length) + " have no length";
  return percussion > 0 ? "no note but percussion" : "no note";
}

Score read_midi(std::span<const std::byte> file, const std::string& name, const MidiReadOptions& options,
                MidiReport* report) {
  check_size(file.size(), name);
  MidiFlawLog flaws(name, options.strict);
  MidiReport found;
  MidiEvents midi = parse_midi_events(file, flaws);
  check_not_lost(midi, flaws.found());
  if (options.skip_percussion) found.percussion = drop_percussion(midi.events);
  const PlayedNotes played = play(midi.events, options.sustain_pedal);
  found.without_length = played.without_length;
  midi.events = {};  // frees memory: a file may have millions of events
  const TempoMap tempo(midi);
  Score score;
  score.quarter_seconds = tempo.first_quarter_seconds();
  const int64_t end_tick = place_notes(played.notes, tempo, score, flaws);
  score.bar_lines = bar_lines(midi, tempo, end_tick, flaws);
  score.voice_names = voice_names(played.notes, midi.track_names);
  if (midi.ticks_per_quarter > 0) {
    score.beats = std::make_shared<const BeatMap>(midi.ticks_per_quarter, std::move(midi.tempos),
                                                  std::move(midi.signatures));
  }
  found.flaws = flaws.found();
  if (report != nullptr) *report = std::move(found);
  return score;
}

Score read_midi_file(const std::filesystem::path& path, const MidiReadOptions& options) {
  MidiReport report;
  Score score = read_midi(read_bytes(path, kMaxMidiBytes), path.string(), options, &report);
  if (report.flaws.total() > 0) warn(report.flaws.line());
  if (score.notes.empty()) throw Error(ErrorKind::kData, "has " + report.no_notes(), path.string());
  return score;
}

}  // namespace heed::music
