// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/sample_translations.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include <c10/util/Exception.h>

#include "heed/decoding/log_probabilities.h"
#include "heed/decoding/open_sentence.h"

namespace heed::decoding {
namespace {

constexpr float kForbidden = -std::numeric_limits<float>::infinity();

class SampledSentence : public OpenSentence {
 public:
  SampledSentence(const TranslationSampling& request, const Rules& rules, int64_t sentence,
                  int64_t first_sample)
      : OpenSentence(request.count, rules.begin()),
        request_(request),
        rules_(rules),
        max_length_(rules.max_length(sentence)),
        first_sample_(first_sample),
        samples_(static_cast<size_t>(request.count)),
        closed_(samples_.size(), 0) {
    std::iota(parents_.begin(), parents_.end(), 0);  // a sample stays in its row
  }

  void read(int64_t row, std::span<const float> logits) override {
    const auto i = static_cast<size_t>(row);
    if (closed_[i] != 0) return;
    Hypothesis& sample = samples_[i];
    const auto allowed = allowed_logits(logits, sample);
    if (*std::max_element(allowed.begin(), allowed.end()) == kForbidden) {
      closed_[i] = 1;  // nothing may follow
      return;
    }
    const double noise = sampling_noise(request_.seed, first_sample_ + row, length_);
    const int64_t token = pick_token(allowed, request_.sampling, noise);
    append(sample, token, log_probability(logits, token));
    next_[i] = token;
    closed_[i] = sample.ended || sample.looped || length_ + 1 == max_length_;
  }

  void choose() override { ++length_; }
  bool done() const override {
    return std::all_of(closed_.begin(), closed_.end(), [](uint8_t closed) { return closed != 0; });
  }
  std::vector<Hypothesis> take_samples() { return std::move(samples_); }

 private:
  std::vector<float> allowed_logits(std::span<const float> logits, const Hypothesis& sample) const {
    std::vector<float> allowed(logits.begin(), logits.end());
    const auto never = rules_.never();
    for (size_t i = 0; i < allowed.size(); ++i)
      if (never[i] != 0) allowed[i] = kForbidden;
    for (const int64_t token : rules_.forbidden_after(sample.tokens))
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
  int64_t max_length_, first_sample_;
  std::vector<Hypothesis> samples_;
  std::vector<uint8_t> closed_;  // bytes: rows are read at the same time
  int64_t length_ = 0;
};

}  // namespace

std::vector<std::vector<Hypothesis>> sample_translations(nn::SequenceToSequenceModel& model,
                                                         const nn::Source& source,
                                                         const TranslationSampling& request) {
  TORCH_CHECK(request.count >= 1, "[sample_translations] count must be at least 1, got ", request.count);
  const Rules rules("sample_translations", request.output, model, source);
  const auto given = static_cast<int64_t>(request.first_samples.size());
  TORCH_CHECK(given == 0 || given == rules.sentences(), "[sample_translations] first_samples must name ",
              rules.sentences(), " indices, or none, got ", given);
  std::vector<SampledSentence> sentences;
  sentences.reserve(static_cast<size_t>(rules.sentences()));
  for (int64_t i = 0; i < rules.sentences(); ++i)
    sentences.emplace_back(request, rules, i,
                           given == 0 ? i * request.count : request.first_samples[static_cast<size_t>(i)]);
  std::vector<OpenSentence*> open;
  for (SampledSentence& sentence : sentences) open.push_back(&sentence);
  decode_sentences(model, source, request.count, rules.capacity(), open);
  std::vector<std::vector<Hypothesis>> results;
  for (SampledSentence& sentence : sentences) results.push_back(sentence.take_samples());
  return results;
}

}  // namespace heed::decoding
