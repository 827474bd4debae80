// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/music/music_grammar.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

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

/// ln of the sum of e^logit. Logits may be -infinity.
double log_sum(std::span<const float> logits) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  if (largest == kForbidden) return kForbidden;
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - largest);
  return largest + std::log(sum);
}

/// Raises the logits that are allowed so that all together are as likely as they were with the others: `before` is their
/// log_sum then.
void keep_share(std::span<float> logits, double before) {
  const double after = log_sum(logits);
  if (after == kForbidden) return;
  for (float& logit : logits) logit = static_cast<float>(logit + (before - after));
}

class ChoraleGrammar : public decoding::Constraint {
 public:
  explicit ChoraleGrammar(const MusicRules& rules) : length_(rules.length), notes_(rules.notes) {}

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
    const auto below = static_cast<int32_t>(notes_.lowest_pitch);
    const auto above = Chorale::kFirstPitch + static_cast<int32_t>(notes_.highest_pitch) + 1;
    forbid(logits, Chorale::kFirstPitch, below);
    forbid(logits, above, Chorale::kVocabulary - above);
  }

 private:
  MusicLength length_;
  NoteLimits notes_;
  int64_t tokens_ = 0;
};

class PerformanceGrammar : public decoding::Constraint {
 public:
  PerformanceGrammar(const MusicRules& rules, std::shared_ptr<const MusicOpening> prompt)
      : rules_(rules), longest_steps_(steps_of(rules.notes.longest_seconds)), prompt_(std::move(prompt)) {
    released_at_.fill(kNever);
  }

  void accept(int64_t token) override {
    const auto event = static_cast<int32_t>(token);
    if (event >= performance::kNoteOn && event < performance::kNoteOn + performance::kPitches) {
      strike(static_cast<size_t>(event - performance::kNoteOn));
    } else if (event >= performance::kNoteOff && event < performance::kNoteOff + performance::kPitches) {
      release(static_cast<size_t>(event - performance::kNoteOff));
    } else if (event >= performance::kShift && event < performance::kShift + performance::kShifts) {
      step_ += event - performance::kShift + 1;
    }
    if (accepted_++ == prompt_->body.size()) hold_prompt_notes();
  }

  void restrict_logits(std::span<float> logits) override {
    const int64_t next_release = *std::min_element(released_at_.begin(), released_at_.end());
    if (next_release <= step_) return allow_releases(logits);
    const double seconds = static_cast<double>(step_) * performance::kStepSeconds;
    const bool over = seconds >= rules_.length.most_seconds;
    restrict_notes(logits, over);
    restrict_shifts(logits, over ? 0 : next_release - step_);
    forbid(logits, performance::kBegin, 1);
    const bool may_end = sounding_.none() && (over || (struck_ && seconds >= rules_.length.least_seconds));
    if (!may_end) forbid(logits, performance::kEnd, 1);
    if (over) forbid(logits, performance::kVelocity, performance::kVelocities);
  }

 private:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
  static int64_t steps_of(double seconds) {
    constexpr double kMost = 1e15;
    return std::llround(std::min(seconds / performance::kStepSeconds, kMost));
  }

  void strike(size_t pitch) {
    sounding_.set(pitch);
    struck_ = true;
    const bool drawn = accepted_ > prompt_->body.size();
    if (drawn && longest_steps_ > 0) released_at_[pitch] = step_ + longest_steps_;
  }
  void release(size_t pitch) {
    sounding_.reset(pitch);
    held_.reset(pitch);
    released_at_[pitch] = kNever;
  }

  /// The notes that the prompt leaves sounding end where their source ends them.
  void hold_prompt_notes() {
    for (const HeldNote& note : prompt_->held) {
      const auto pitch = static_cast<size_t>(note.pitch);
      held_.set(pitch);
      released_at_[pitch] = steps_of(note.end);
    }
  }

  /// Some notes have sounded long enough: nothing happens before they are released.
  void allow_releases(std::span<float> logits) const {
    std::vector<float> releases(performance::kPitches, kForbidden);
    for (size_t pitch = 0; pitch < performance::kPitches; ++pitch) {
      if (released_at_[pitch] <= step_) releases[pitch] = logits[performance::kNoteOff + pitch];
    }
    std::fill(logits.begin(), logits.end(), kForbidden);
    std::copy(releases.begin(), releases.end(), logits.begin() + performance::kNoteOff);
  }

  /// Longer shifts than `most` steps become one of `most`.
  static void restrict_shifts(std::span<float> logits, int64_t most) {
    if (most >= performance::kShifts) return;
    const auto steps = static_cast<int32_t>(most);
    const auto longer = logits.subspan(static_cast<size_t>(performance::kShift + std::max(steps - 1, 0)),
                                       static_cast<size_t>(performance::kShifts - std::max(steps - 1, 0)));
    const double share = log_sum(longer);
    forbid(longer, 0, static_cast<int32_t>(longer.size()));
    if (steps > 0) longer[0] = static_cast<float>(share);
  }

  /// A release of a key that does not sound is a release all the same: the model knows that something ends, not what. Its
  /// share goes to the keys that sound, else notes would hardly ever end; strikes likewise.
  void restrict_notes(std::span<float> logits, bool over) const {
    const auto strikes = logits.subspan(performance::kNoteOn, performance::kPitches);
    const auto releases = logits.subspan(performance::kNoteOff, performance::kPitches);
    const double strike_share = log_sum(strikes), release_share = log_sum(releases);
    forbid_notes(logits, over);
    keep_share(strikes, strike_share);
    keep_share(releases, release_share);
  }

  void forbid_notes(std::span<float> logits, bool over) const {
    const NoteLimits& notes = rules_.notes;
    const bool full = notes.most_notes > 0 && static_cast<int64_t>(sounding_.count()) >= notes.most_notes;
    for (size_t pitch = 0; pitch < performance::kPitches; ++pitch) {
      const auto key = static_cast<int64_t>(pitch);
      const bool sounds = sounding_.test(pitch);
      const bool in_range = key >= notes.lowest_pitch && key <= notes.highest_pitch;
      if (sounds || over || full || !in_range) logits[performance::kNoteOn + pitch] = kForbidden;
      if (!sounds || (held_.test(pitch) && !over)) logits[performance::kNoteOff + pitch] = kForbidden;
    }
  }

  MusicRules rules_;
  int64_t longest_steps_;  // 0: no limit
  std::shared_ptr<const MusicOpening> prompt_;
  size_t accepted_ = 0;  // tokens, the begin mark included
  std::bitset<performance::kPitches> sounding_, held_;
  std::array<int64_t, performance::kPitches>
      released_at_{};  // step at which a sounding note must be released
  int64_t step_ = 0;
  bool struck_ = false;
};

}  // namespace

decoding::ConstraintFactory music_grammar(std::shared_ptr<const music::Encoding> encoding,
                                          const MusicRules& given, const MusicOpening& opening) {
  MusicRules rules = given;
  rules.length.least_seconds = std::min(rules.length.least_seconds, rules.length.most_seconds);
  const std::string_view name = encoding->name();
  if (name == "chorale") {
    return [rules](int64_t /*sample*/) { return std::make_unique<ChoraleGrammar>(rules); };
  }
  if (name == "performance") {
    return [rules, prompt = std::make_shared<const MusicOpening>(opening)](int64_t /*sample*/) {
      return std::make_unique<PerformanceGrammar>(rules, prompt);
    };
  }
  throw Error(ErrorKind::kConfig, "no grammar is known for the encoding '" + std::string(name) + "'");
}

}  // namespace heed::tasks
