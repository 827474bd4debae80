// SPDX-License-Identifier: Apache-2.0
// Prints the notes of MIDI files as JSON, one object per line, for comparison with other readers.
//   midi_dump [--no-pedal] [--percussion] [--strict] FILE...
//   midi_dump --write FILE    writes a generated piece, always the same
#include <cstdio>
#include <string>

#include "tests/data/music/test_data.h"
#include <nlohmann/json.hpp>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/data/music/midi_reader.h"
#include "heed/data/music/midi_writer.h"

namespace heed::music {
namespace {

void dump(const std::string& path, const MidiReadOptions& options) {
  nlohmann::json line{{"file", path}};
  try {
    MidiReport report;
    const Score score = read_midi(read_bytes(path), path, options, &report);
    line["flaws"] = report.flaws.total();
    line["notes"] = nlohmann::json::array();
    for (const auto& note : score.notes) {
      line["notes"].push_back({note.start, note.end, note.pitch, note.velocity, note.program, note.voice});
    }
  } catch (const Error& error) {
    line["error"] = error.what();
  }
  std::printf("%s\n", line.dump().c_str());
}

int run(int count, char** arguments) {
  MidiReadOptions options;
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    if (argument == "--no-pedal") {
      options.sustain_pedal = false;
    } else if (argument == "--percussion") {
      options.skip_percussion = false;
    } else if (argument == "--strict") {
      options.strict = true;
    } else if (argument == "--write" && i + 1 < count) {
      Score score;
      score.notes = testing::random_notes(11, 400, 5);
      write_midi_file(arguments[++i], score);
    } else {
      dump(argument, options);
    }
  }
  return 0;
}

}  // namespace
}  // namespace heed::music

int main(int count, char** arguments) {
  return heed::music::run(count, arguments);
}
