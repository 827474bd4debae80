// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/beam_search.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include <c10/util/Exception.h>

#include "heed/decoding/coverage.h"
#include "heed/decoding/start_state.h"
#include "heed/decoding/top_tokens.h"

namespace heed::decoding {
namespace {

/// A continuation of an open hypothesis by one token.
struct Candidate {
  int64_t beam, token;
  double log_probability;  // of all tokens so far
};

bool ranks_before(const Candidate& a, const Candidate& b) {
  return std::make_tuple(-a.log_probability, a.beam, a.token) <
         std::make_tuple(-b.log_probability, b.beam, b.token);
}

class BeamSentence : public Policy {
 public:
  BeamSentence(const BeamOptions& options, const Rules& rules, int64_t sentence, std::vector<int64_t> prompt)
      : Policy(std::move(prompt)),
        options_(options),
        rules_(rules),
        sentence_(sentence),
        max_length_(rules.max_length(sentence)),
        open_(1),
        best_tokens_(static_cast<size_t>(options.beam_size)) {
    if (BeamSentence::wants_attention()) covered_.emplace_back(rules.source_length(sentence));
  }

  bool wants_attention() const override { return options_.coverage_penalty > 0; }
  void look(int64_t row, const StepAttention& attention) override {
    covered_[static_cast<size_t>(row)].add(attention);
  }

  void read(int64_t row, std::span<const float> logits) override {
    const auto i = static_cast<size_t>(row);
    const auto forbidden = rules_.forbidden_after(sentence_, open_[i].tokens);
    // All new beams may continue this hypothesis, and its end mark may rank before them.
    best_tokens_[i] = top_tokens(logits, options_.beam_size + 1, {rules_.never(), forbidden});
  }

  void choose() override {
    ++length_;
    const auto ranked = ranked_candidates();
    drop_rows();
    if (!ranked.empty()) open_ = extend(ranked);
    if (ranked.empty() || length_ == max_length_) close_open();  // no token is allowed, or no room is left
    if (open_.empty() || enough_complete() || none_can_win()) drop_rows();
  }

  std::vector<Hypothesis> take_best() { return std::move(complete_); }

 private:
  std::vector<Candidate> ranked_candidates() const {
    std::vector<Candidate> candidates;
    for (size_t i = 0; i < open_.size(); ++i)
      for (const auto& [token, log_probability] : best_tokens_[i])
        candidates.push_back({static_cast<int64_t>(i), token, open_[i].log_probability + log_probability});
    // Before the last of the new beams, each beam contributes at most one end mark.
    const auto needed = std::min(candidates.size(), 2 * static_cast<size_t>(options_.beam_size));
    std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(needed),
                      candidates.end(), ranks_before);
    candidates.resize(needed);
    return candidates;
  }

  /// Completes the hypotheses that end or loop; returns those that stay open.
  std::vector<Hypothesis> extend(const std::vector<Candidate>& ranked) {
    std::vector<Hypothesis> next;
    std::vector<Coverage> covered;
    int64_t rank = 0, free_beams = options_.beam_size;
    for (const Candidate& candidate : ranked) {
      const bool ends = candidate.token == rules_.end();
      if (free_beams == 0) break;
      if (ends && rank >= options_.beam_size) continue;
      ++rank;
      free_beams -= ends ? 0 : 1;
      Hypothesis hypothesis = continued(candidate);
      if (hypothesis.ended || hypothesis.looped) {
        complete(std::move(hypothesis), candidate.beam);
        continue;
      }
      if (wants_attention()) covered.push_back(covered_[static_cast<size_t>(candidate.beam)]);
      go_on(candidate.beam, candidate.token);
      next.push_back(std::move(hypothesis));
    }
    covered_ = std::move(covered);
    return next;
  }

  Hypothesis continued(const Candidate& candidate) const {
    Hypothesis hypothesis = open_[static_cast<size_t>(candidate.beam)];
    hypothesis.log_probability = candidate.log_probability;
    hypothesis.ended = candidate.token == rules_.end();
    if (hypothesis.ended) return hypothesis;
    hypothesis.tokens.push_back(candidate.token);
    hypothesis.looped = rules_.loops(hypothesis.tokens);
    return hypothesis;
  }

  /// `beam` is the index in covered_ of the hypothesis's coverage.
  void complete(Hypothesis hypothesis, int64_t beam) {
    hypothesis.score =
        hypothesis.log_probability / length_penalty(hypothesis.length(), options_.length_penalty);
    if (wants_attention())
      hypothesis.score += options_.coverage_penalty * covered_[static_cast<size_t>(beam)].log_shares();
    complete_.insert(std::upper_bound(complete_.begin(), complete_.end(), hypothesis, better),
                     std::move(hypothesis));
    if (static_cast<int64_t>(complete_.size()) > options_.n_best) complete_.pop_back();
    ++completed_;
  }

  void close_open() {
    for (size_t i = 0; i < open_.size(); ++i) complete(std::move(open_[i]), static_cast<int64_t>(i));
    open_.clear();
  }

  bool enough_complete() const {
    return static_cast<double>(completed_) >=
           std::max(options_.patience * static_cast<double>(options_.beam_size),
                    static_cast<double>(options_.n_best));
  }

  /// Whether no open hypothesis can enter the n_best. Coverage only grows, so its penalty may still vanish: 0
  /// is an upper bound.
  bool none_can_win() const {
    if (static_cast<int64_t>(complete_.size()) < options_.n_best || !complete_.back().ended) return false;
    const double bound = open_.front().log_probability / length_penalty(max_length_, options_.length_penalty);
    return bound <= complete_.back().score;
  }

  const BeamOptions& options_;
  const Rules& rules_;
  int64_t sentence_, max_length_;
  std::vector<Hypothesis> open_;                       // best first, all of one length
  std::vector<Coverage> covered_;                      // coverage of each open hypothesis, if computed
  std::vector<std::vector<ScoredToken>> best_tokens_;  // best continuations of each open hypothesis
  std::vector<Hypothesis> complete_;                   // best n_best, best first
  int64_t length_ = 0, completed_ = 0;
};

void check(const BeamOptions& options) {
  TORCH_CHECK(options.beam_size >= 1, "[beam_search] beam_size must be at least 1, got ", options.beam_size);
  TORCH_CHECK(options.n_best >= 1 && options.n_best <= options.beam_size,
              "[beam_search] n_best must be from 1 to beam_size, got ", options.n_best, " of ",
              options.beam_size);
  TORCH_CHECK(options.length_penalty >= 0, "[beam_search] length_penalty must not be negative, got ",
              options.length_penalty);
  TORCH_CHECK(options.coverage_penalty >= 0, "[beam_search] coverage_penalty must not be negative, got ",
              options.coverage_penalty);
  TORCH_CHECK(options.patience > 0, "[beam_search] patience must be above 0, got ", options.patience);
}

std::vector<std::vector<Hypothesis>> search(nn::Decoder& model, const StartState& start,
                                            std::vector<BeamSentence>& sentences,
                                            const BeamOptions& options) {
  std::vector<Policy*> policies;
  for (BeamSentence& sentence : sentences) policies.push_back(&sentence);
  decode(model, start, policies, {.rows_per_input = options.beam_size});
  std::vector<std::vector<Hypothesis>> results;
  for (BeamSentence& sentence : sentences) results.push_back(sentence.take_best());
  return results;
}

}  // namespace

std::vector<Field> fields(BeamOptions& options) {
  std::vector<Field> result = {
      {"beam_size", &options.beam_size, "open hypotheses per sentence; 1: greedy", at_least(1)},
      {"length_penalty", &options.length_penalty, "alpha of ((5 + length) / 6)^alpha; 0: compare ln p",
       at_least(0)},
      {"coverage_penalty", &options.coverage_penalty,
       "beta of the penalty for source positions with too little attention; 0: off", at_least(0)},
      {"patience", &options.patience, "search until this many times beam_size hypotheses are complete",
       at_least(1e-3)},
  };
  for (Field& field : fields(options.output)) result.push_back(std::move(field));
  return result;
}

std::vector<std::vector<Hypothesis>> beam_search(nn::SequenceToSequenceModel& model, const nn::Source& source,
                                                 const BeamOptions& options) {
  check(options);
  TORCH_CHECK(options.coverage_penalty == 0 || model.attention_layers(nn::AttentionPart::kCross) > 0,
              "[beam_search] coverage_penalty needs a model that attends to the source");
  const Rules rules("beam_search", options.output, model, source);
  std::vector<BeamSentence> sentences;
  sentences.reserve(static_cast<size_t>(rules.sentences()));
  for (int64_t i = 0; i < rules.sentences(); ++i)
    sentences.emplace_back(options, rules, i, std::vector{rules.begin()});
  return search(model, start_sentences(model, source, options.beam_size, rules.capacity()), sentences,
                options);
}

std::vector<std::vector<Hypothesis>> beam_search(nn::SequenceModel& model,
                                                 const std::vector<std::vector<int64_t>>& prompts,
                                                 const BeamOptions& options) {
  check(options);
  TORCH_CHECK(options.coverage_penalty == 0, "[beam_search] a language model has no source to cover");
  const Rules rules("beam_search", options.output, model, prompts);
  std::vector<BeamSentence> sentences;
  sentences.reserve(prompts.size());
  for (int64_t i = 0; i < rules.sentences(); ++i)
    sentences.emplace_back(options, rules, i, prompts[static_cast<size_t>(i)]);
  return search(model, start_sequences(model, rules.capacity(), options.beam_size), sentences, options);
}

}  // namespace heed::decoding
