// SPDX-License-Identifier: Apache-2.0
#include "fuzz/checks.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/promises.h"

#include "heed/core/gguf.h"
#include "heed/core/safetensors.h"
#include "heed/data/music/chorale_encoding.h"
#include "heed/data/music/chorale_grid.h"
#include "heed/data/music/midi_reader.h"
#include "heed/data/music/midi_writer.h"
#include "heed/data/music/performance.h"

namespace heed::fuzz {
namespace {

void check_score(const music::Score& score) {
  for (size_t i = 0; i < score.notes.size(); ++i) {
    const auto& note = score.notes[i];
    require(note.start >= 0 && note.start < note.end && note.end <= music::kMaxMidiSeconds,
            "times are in range");
    require(note.pitch >= 0 && note.pitch < 128, "pitches are from 0 to 127");
    require(note.velocity >= 1 && note.velocity < 128, "velocities are from 1 to 127");
    require(i == 0 || score.notes[i - 1].start <= note.start, "notes are sorted");
  }
  require(std::is_sorted(score.bar_lines.begin(), score.bar_lines.end()), "bar lines are sorted");
}

void check_writing(music::Score score) {
  // At the very end of the day a rounded note may end after it.
  if (score.duration() > music::kMaxMidiSeconds - 1) return;
  score.bar_lines.clear();
  const music::MidiReadOptions all{.sustain_pedal = false, .skip_percussion = false};
  const auto written = music::write_midi(score, {.quarter_seconds = 0.5});
  const music::Score once = music::read_midi(written, kName, all);
  require(once.notes.size() <= score.notes.size(), "writing adds no notes");
  require(music::write_midi(once) == written, "writing what was written changes nothing");
}

void check_events(const music::Score& score) {
  const auto events = music::encode_performance(score.notes);
  const auto notes = music::decode_performance(events);
  require(notes.size() <= score.notes.size(), "encoding adds no notes");
  require(music::encode_performance(notes) == events, "encoding what was decoded changes nothing");
}

}  // namespace

namespace {

/// Strict reading refuses flaws, and reads the rest as lenient reading does.
void check_strict(std::span<const std::byte> file, music::MidiReadOptions options,
                  const music::Score& lenient, const music::MidiReport& report) {
  options.strict = true;
  music::Score strict;
  const bool accepted = accepts(ErrorKind::kData, [&] { strict = music::read_midi(file, kName, options); });
  require(accepted == (report.flaws.total() == 0), "strict reading refuses flawed files and no others");
  if (!accepted) return;
  require(strict.notes == lenient.notes && strict.bar_lines == lenient.bar_lines,
          "a file without flaws is read the same strictly and leniently");
}

}  // namespace

void check_midi_reader(std::span<const std::byte> file) {
  for (const bool as_it_is : {false, true}) {
    music::Score score;
    music::MidiReport report;
    const music::MidiReadOptions options{.sustain_pedal = !as_it_is, .skip_percussion = !as_it_is};
    if (!accepts(ErrorKind::kData, [&] { score = music::read_midi(file, kName, options, &report); })) return;
    require(report.flaws.total() == 0 || report.flaws.line().starts_with(kName), "flaws name the file");
    check_strict(file, options, score, report);
    check_score(score);
    check_writing(score);
    check_events(score);
  }
}

void check_gguf(std::span<const std::byte> file) {
  Gguf model;
  const std::vector<std::byte> bytes(file.begin(), file.end());
  if (!accepts(ErrorKind::kCheckpoint, [&] { model = Gguf::parse(bytes, kName); })) return;
  for (const auto& [name, tensor] : model.tensors()) {
    size_t elements = 1;
    for (const int64_t extent : tensor.shape) elements *= static_cast<size_t>(extent);
    const size_t least = tensor.type == GgufType::kF32 ? 4 : tensor.type == GgufType::kQ8_0 ? 1 : 2;
    require(elements * least <= tensor.bytes.size(), "a tensor has the bytes of its shape");
    std::vector<float> numbers(elements);
    model.copy(name, numbers);
  }
  size_t length = 0;
  for (const auto& [key, value] : model.metadata()) {
    if (!model.has<std::vector<std::string>>(key)) continue;
    for (const auto& text : model.at<std::vector<std::string>>(key)) length += text.size();
  }
  require(length <= bytes.size(), "texts lie in the file");
}

void check_safetensors(std::span<const std::byte> file) {
  Safetensors tensors;
  const std::vector<std::byte> bytes(file.begin(), file.end());
  if (!accepts(ErrorKind::kCheckpoint, [&] { tensors = Safetensors::parse(bytes, kName); })) return;
  size_t sum = 0;
  for (const auto& [name, tensor] : tensors.tensors()) {
    uint64_t size = dtype_size(tensor.dtype);
    for (const int64_t extent : tensor.shape) size *= static_cast<uint64_t>(extent);
    require(size == tensor.bytes.size(), "a tensor has the bytes of its shape");
    for (const std::byte byte : tensor.bytes) sum += static_cast<size_t>(byte);
    accepts(ErrorKind::kCheckpoint, [&, &name = name] { sum += tensors.integers(name).size(); });
  }
  const auto written = format_safetensors(tensors.tensors(), tensors.metadata());
  const auto again = Safetensors::parse(written, kName);
  require(again.metadata() == tensors.metadata(), "metadata survives writing");
  require(again.tensors().size() == tensors.tensors().size(), "tensors survive writing");
  require(format_safetensors(again.tensors(), again.metadata()) == written, "writing is stable");
}

void check_chorale_json(std::span<const std::byte> file) {
  std::map<std::string, std::vector<music::Chorale>> splits;
  if (!accepts(ErrorKind::kData, [&] { splits = music::parse_chorale_json(file, kName); })) return;
  for (const auto& [split, chorales] : splits) {
    for (const auto& chorale : chorales) {
      const auto tokens = music::ChoraleEncoding::encode_grid(chorale);
      require(music::ChoraleEncoding::decode_grid(tokens).steps == chorale.steps,
              "the grid survives encoding");
      const auto sampled = music::sample_chorale(music::chorale_score(chorale));
      require(sampled.steps.size() <= chorale.steps.size(), "sampling adds no steps");
    }
  }
}

}  // namespace heed::fuzz
