// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/chorale_grid.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <nlohmann/json.hpp>

#include "heed/core/error.h"
#include "heed/core/files.h"

namespace heed::music {
namespace {

constexpr size_t kMaxBytes = size_t{1} << 30;
constexpr double kMaxSteps = 1e6;
using Json = nlohmann::json;

/// Assigns the pitches of a chord, from high to low, to soprano, alto, tenor and bass. With fewer than four
/// pitches, the highest is the soprano, the lowest (of two or more) the bass, and the inner voices fill from
/// the alto.
Chorale::Step voice_chord(std::vector<int> pitches) {
  Chorale::Step step;
  step.fill(Chorale::kRest);
  std::sort(pitches.rbegin(), pitches.rend());
  if (pitches.empty()) return step;
  step[0] = pitches.front();
  if (pitches.size() >= 2) step[3] = pitches.back();
  if (pitches.size() >= 3) step[1] = pitches[1];
  if (pitches.size() >= 4) step[2] = pitches[pitches.size() - 2];
  return step;
}

int parse_pitch(const Json& value, const std::string& place) {
  if (value.is_null()) return Chorale::kRest;
  if (!value.is_number()) throw Error(ErrorKind::kData, "a pitch must be a number", place);
  const double number = value.get<double>();
  if (std::isnan(number) || number == -1) return Chorale::kRest;
  if (number < 0 || number > 127 || number != std::floor(number)) {
    throw Error(ErrorKind::kData,
                "a pitch must be a whole number from 0 to 127, or -1 for a rest; got " + value.dump(), place);
  }
  return static_cast<int>(number);
}

Chorale::Step parse_step(const Json& step, const std::string& place) {
  if (!step.is_array() || step.size() > Chorale::kVoices) {
    throw Error(ErrorKind::kData, "a step must be a list of at most four pitches", place);
  }
  std::vector<int> pitches;
  for (const auto& value : step) pitches.push_back(parse_pitch(value, place));
  if (pitches.size() == Chorale::kVoices) return {pitches[0], pitches[1], pitches[2], pitches[3]};
  std::erase(pitches, Chorale::kRest);
  return voice_chord(pitches);
}

struct VoiceNote {
  int voice;
  int pitch;
};

}  // namespace

std::map<std::string, std::vector<Chorale>> parse_chorale_json(std::span<const std::byte> json,
                                                               const std::string& file) {
  const auto* text = reinterpret_cast<const char*>(json.data());
  Json root;
  try {
    root = Json::parse(text, text + json.size());
  } catch (const Json::parse_error& error) {
    throw Error(ErrorKind::kData, "is not JSON", at_byte(file, error.byte));
  } catch (const Json::exception&) {
    throw Error(ErrorKind::kData, "contains JSON that cannot be read (a number out of range?)", file);
  }
  if (!root.is_object()) throw Error(ErrorKind::kData, "must be an object with train, valid or test", file);
  std::map<std::string, std::vector<Chorale>> splits;
  for (const auto& [split, pieces] : root.items()) {
    if (split != "train" && split != "valid" && split != "test") {
      throw Error(ErrorKind::kData, "unknown split '" + split.substr(0, 40) + "'; use train, valid or test",
                  file);
    }
    auto& chorales = splits[split];
    if (!pieces.is_array())
      throw Error(ErrorKind::kData, "split " + split + " must be a list of pieces", file);
    for (size_t p = 0; p < pieces.size(); ++p) {
      const std::string place = file + ", " + split + " piece " + std::to_string(p);
      if (!pieces[p].is_array()) throw Error(ErrorKind::kData, "a piece must be a list of steps", place);
      Chorale chorale{split + "-" + std::to_string(p), {}};
      chorale.steps.reserve(pieces[p].size());
      for (size_t s = 0; s < pieces[p].size(); ++s) {
        chorale.steps.push_back(parse_step(pieces[p][s], place + " step " + std::to_string(s)));
      }
      chorales.push_back(std::move(chorale));
    }
  }
  return splits;
}

std::map<std::string, std::vector<Chorale>> read_chorale_json(const std::filesystem::path& path) {
  return parse_chorale_json(read_bytes(path, kMaxBytes), path.string());
}

Score chorale_score(const Chorale& chorale, double quarter_seconds) {
  const double step_seconds = quarter_seconds / Chorale::kStepsPerQuarter;
  Score score;
  score.quarter_seconds = quarter_seconds;
  const size_t count = chorale.steps.size();
  for (int voice = 0; voice < Chorale::kVoices; ++voice) {
    const auto pitch_at = [&](size_t s) { return chorale.steps[s][static_cast<size_t>(voice)]; };
    for (size_t begin = 0, end = 0; begin < count; begin = end) {
      for (end = begin + 1; end < count && pitch_at(end) == pitch_at(begin);) ++end;
      if (pitch_at(begin) == Chorale::kRest) continue;
      Note note;
      note.start = static_cast<double>(begin) * step_seconds;
      note.end = static_cast<double>(end) * step_seconds;
      note.pitch = pitch_at(begin);
      note.velocity = 80;
      note.voice = voice;
      score.notes.push_back(note);
    }
  }
  sort_notes(score.notes);
  const double bar = 4 * quarter_seconds;
  for (double t = 0; t < static_cast<double>(count) * step_seconds; t += bar) score.bar_lines.push_back(t);
  return score;
}

Chorale sample_chorale(const Score& score) {
  const double step_seconds = score.quarter_seconds / Chorale::kStepsPerQuarter;
  const double steps = std::round(score.duration() / step_seconds);
  if (!(steps <= kMaxSteps)) throw Error(ErrorKind::kData, "the piece is too long for a grid of 16th notes");
  std::map<int, std::pair<double, int>> voices;  // voice -> sum of pitches, number of notes
  for (const auto& note : score.notes) {
    voices[note.voice].first += note.pitch;
    voices[note.voice].second += 1;
  }
  std::vector<std::pair<double, int>> by_pitch;
  for (const auto& [voice, sums] : voices) by_pitch.emplace_back(-sums.first / sums.second, voice);
  std::sort(by_pitch.begin(), by_pitch.end());
  const bool four_parts = by_pitch.size() == Chorale::kVoices;
  std::map<int, size_t> place;
  for (size_t i = 0; i < by_pitch.size(); ++i) place[by_pitch[i].second] = i;

  std::vector<std::vector<VoiceNote>> sounding(static_cast<size_t>(steps));
  for (const auto& note : score.notes) {
    const auto begin = static_cast<size_t>(std::max(0.0, std::round(note.start / step_seconds)));
    const auto end =
        std::max(begin + 1, static_cast<size_t>(std::max(0.0, std::round(note.end / step_seconds))));
    for (size_t s = begin; s < std::min(end, sounding.size()); ++s)
      sounding[s].push_back({note.voice, note.pitch});
  }
  Chorale chorale;
  for (const auto& notes : sounding) {
    Chorale::Step step;
    step.fill(Chorale::kRest);
    if (four_parts) {
      for (const auto& note : notes) step[place[note.voice]] = note.pitch;
    } else {
      std::set<int> pitches;
      for (const auto& note : notes) pitches.insert(note.pitch);
      step = voice_chord({pitches.begin(), pitches.end()});
    }
    chorale.steps.push_back(step);
  }
  return chorale;
}

}  // namespace heed::music
