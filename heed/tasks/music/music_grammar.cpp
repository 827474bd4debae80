// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/music/music_grammar.h"

#include <algorithm>
#include <bitset>
#include <limits>
#include <string_view>

#include "heed/core/error.h"
#include "heed/data/music/chorale_encoding.h"
#include "heed/data/music/performance.h"

namespace heed::tasks {
namespace performance = music::performance;
namespace {

constexpr float kForbidden = -std::numeric_limits<float>::infinity();

void forbid(std::span<float> logits, int32_t first, int32_t count) {
  for (int32_t i = 0; i < count; ++i) logits[static_cast<size_t>(first + i)] = kForbidden;
}

class ChoraleGrammar : public decoding::Constraint {
 public:
  explicit ChoraleGrammar(const MusicLength& length) : length_(length) {}

  void accept(int64_t token) override {
    if (token >= music::ChoraleEncoding::kRest) ++tokens_;
  }

  void restrict_logits(std::span<float> logits) override {
    using Chorale = music::ChoraleEncoding;
    const bool whole_step = tokens_ % music::Chorale::kVoices == 0;
    const double seconds =
        static_cast<double>(tokens_ / music::Chorale::kVoices) * music::Chorale::kStepSeconds;
    const bool over = tokens_ > 0 && seconds >= length_.most_seconds - music::Chorale::kStepSeconds / 2;
    forbid(logits, Chorale::kPad, 1);
    forbid(logits, Chorale::kBegin, 1);
    if (!whole_step || seconds < length_.least_seconds || tokens_ == 0) forbid(logits, Chorale::kEnd, 1);
    if (whole_step && over) forbid(logits, Chorale::kRest, Chorale::kVocabulary - Chorale::kRest);
  }

 private:
  MusicLength length_;
  int64_t tokens_ = 0;
};

class PerformanceGrammar : public decoding::Constraint {
 public:
  explicit PerformanceGrammar(const MusicLength& length) : length_(length) {}

  void accept(int64_t token) override {
    const auto event = static_cast<int32_t>(token);
    if (event >= performance::kNoteOn && event < performance::kNoteOn + performance::kPitches) {
      sounding_.set(static_cast<size_t>(event - performance::kNoteOn));
      struck_ = true;
    } else if (event >= performance::kNoteOff && event < performance::kNoteOff + performance::kPitches) {
      sounding_.reset(static_cast<size_t>(event - performance::kNoteOff));
    } else if (event >= performance::kShift && event < performance::kShift + performance::kShifts) {
      seconds_ += (event - performance::kShift + 1) * performance::kStepSeconds;
    }
  }

  void restrict_logits(std::span<float> logits) override {
    const bool over = seconds_ >= length_.most_seconds;
    for (size_t pitch = 0; pitch < performance::kPitches; ++pitch) {
      const bool sounds = sounding_.test(pitch);
      if (sounds || over) logits[performance::kNoteOn + pitch] = kForbidden;
      if (!sounds) logits[performance::kNoteOff + pitch] = kForbidden;
    }
    forbid(logits, performance::kBegin, 1);
    const bool may_end = sounding_.none() && (over || (struck_ && seconds_ >= length_.least_seconds));
    if (!may_end) forbid(logits, performance::kEnd, 1);
    if (over) {
      forbid(logits, performance::kShift, performance::kShifts);
      forbid(logits, performance::kVelocity, performance::kVelocities);
    }
  }

 private:
  MusicLength length_;
  std::bitset<performance::kPitches> sounding_;
  double seconds_ = 0;
  bool struck_ = false;
};

}  // namespace

decoding::ConstraintFactory music_grammar(std::shared_ptr<const music::Encoding> encoding,
                                          const MusicLength& given) {
  MusicLength length = given;
  length.least_seconds = std::min(length.least_seconds, length.most_seconds);
  const std::string_view name = encoding->name();
  if (name == "chorale") {
    return [length](int64_t /*sample*/) { return std::make_unique<ChoraleGrammar>(length); };
  }
  if (name == "performance") {
    return [length](int64_t /*sample*/) { return std::make_unique<PerformanceGrammar>(length); };
  }
  throw Error(ErrorKind::kConfig, "no grammar is known for the encoding '" + std::string(name) + "'");
}

}  // namespace heed::tasks
