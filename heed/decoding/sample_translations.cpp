// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/sample_translations.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include <c10/util/Exception.h>

#include "heed/decoding/log_probabilities.h"
#include "heed/decoding/start_state.h"

namespace heed::decoding {
namespace {

constexpr float kForbidden = -std::numeric_limits<float>::infinity();

class SampledSentence : public Policy {
 public:
  SampledSentence(const TranslationSampling& request, const Rules& rules, int64_t sentence,
                  int64_t first_sample)
      : Policy({rules.begin()}),
        request_(request),
        rules_(rules),
        sentence_(sentence),
        max_length_(rules.max_length(sentence)),
        first_sample_(first_sample),
        samples_(static_cast<size_t>(request.count)),
        drawn_(samples_.size(), kClosed),
        sample_of_row_(samples_.size()) {
    std::iota(sample_of_row_.begin(), sample_of_row_.end(), size_t{0});
  }

  void read(int64_t row, std::span<const float> logits) override {
    if (length_ > 0) return draw(sample_of_row_[static_cast<size_t>(row)], logits);
    for (const size_t sample : sample_of_row_) draw(sample, logits);  // the first tokens share a row
  }

  void choose() override {
    const bool first = length_++ == 0;
    std::vector<size_t> open;
    drop_rows();
    for (size_t row = 0; row < sample_of_row_.size(); ++row) {
      const int64_t token = drawn_[sample_of_row_[row]];
      if (token == kClosed || length_ == max_length_) continue;
      go_on(first ? 0 : static_cast<int64_t>(row), token);
      open.push_back(sample_of_row_[row]);
    }
    sample_of_row_ = std::move(open);
  }
  std::vector<Hypothesis> take_samples() { return std::move(samples_); }

 private:
  static constexpr int64_t kClosed = -1;

  /// Draws the next token of a sample, or notes that none can follow.
  void draw(size_t number, std::span<const float> logits) {
    Hypothesis& sample = samples_[number];
    drawn_[number] = kClosed;
    const auto allowed = allowed_logits(logits, sample);
    if (*std::max_element(allowed.begin(), allowed.end()) == kForbidden) return;  // no token is allowed
    const double noise = sampling_noise(request_.seed, first_sample_ + static_cast<int64_t>(number), length_);
    const int64_t token = pick_token(allowed, request_.sampling, noise);
    append(sample, token, log_probability(logits, token));
    if (!sample.ended && !sample.looped) drawn_[number] = token;
  }

  std::vector<float> allowed_logits(std::span<const float> logits, const Hypothesis& sample) const {
    std::vector<float> allowed(logits.begin(), logits.end());
    const auto never = rules_.never();
    for (size_t i = 0; i < allowed.size(); ++i)
      if (never[i] != 0) allowed[i] = kForbidden;
    for (const int64_t token : rules_.forbidden_after(sentence_, sample.tokens))
      allowed[static_cast<size_t>(token)] = kForbidden;
    return allowed;
  }

  void append(Hypothesis& sample, int64_t token, double log_probability) const {
    sample.log_probability += log_probability;
    sample.score = sample.log_probability;
    sample.ended = token == rules_.end();
    if (sample.ended) return;
    sample.tokens.push_back(token);
    sample.looped = rules_.loops(sample.tokens);
  }

  const TranslationSampling& request_;
  const Rules& rules_;
  int64_t sentence_, max_length_, first_sample_;
  std::vector<Hypothesis> samples_;
  std::vector<int64_t> drawn_;  // tokens of the latest step, by sample
  std::vector<size_t> sample_of_row_;
  int64_t length_ = 0;
};

}  // namespace

std::vector<std::vector<Hypothesis>> sample_translations(nn::SequenceToSequenceModel& model,
                                                         const nn::Source& source,
                                                         const TranslationSampling& request) {
  TORCH_CHECK(request.count >= 1, "[sample_translations] count must be at least 1, got ", request.count);
  const Rules rules("sample_translations", request.output, model, source);
  const auto given = static_cast<int64_t>(request.first_samples.size());
  TORCH_CHECK(given == 0 || given == rules.sentences(), "[sample_translations] first_samples must have ",
              rules.sentences(), " indices, or none, got ", given);
  std::vector<SampledSentence> sentences;
  sentences.reserve(static_cast<size_t>(rules.sentences()));
  for (int64_t i = 0; i < rules.sentences(); ++i)
    sentences.emplace_back(request, rules, i,
                           given == 0 ? i * request.count : request.first_samples[static_cast<size_t>(i)]);
  std::vector<Policy*> policies;
  for (SampledSentence& sentence : sentences) policies.push_back(&sentence);
  decode(model, start_sentences(model, source, request.count, rules.capacity()), policies,
         {.rows_per_input = request.count});
  std::vector<std::vector<Hypothesis>> results;
  for (SampledSentence& sentence : sentences) results.push_back(sentence.take_samples());
  return results;
}

}  // namespace heed::decoding
