// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "reference_sampling.h"
#include "toy_translators.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "heed/decoding/beam_search.h"
#include "heed/decoding/sampling.h"

namespace heed::testing {

using decoding::BeamOptions;
using decoding::Hypothesis;

inline constexpr int64_t kBegin = 1, kEnd = 2;

inline BeamOptions options_of(int64_t beam_size, int64_t max_length, double alpha = 0) {
  BeamOptions options{.beam_size = beam_size, .length_penalty = alpha};
  options.output.max_length = max_length;
  options.output.max_length_ratio = 0;
  return options;
}

inline std::vector<Hypothesis> search_one(ToyTranslator& model, const Tokens& source,
                                          const BeamOptions& options) {
  return decoding::beam_search(model, make_source({source}), options).at(0);
}

inline void expect_same(const std::vector<Hypothesis>& a, const std::vector<Hypothesis>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].tokens, b[i].tokens);
    EXPECT_EQ(a[i].log_probability, b[i].log_probability) << "to the last bit";
    EXPECT_EQ(a[i].score, b[i].score) << "to the last bit";
    EXPECT_EQ(a[i].ended, b[i].ended);
    EXPECT_EQ(a[i].looped, b[i].looped);
  }
}

/// Converts rows of probabilities to logits.
inline at::Tensor log_table(const std::vector<std::vector<double>>& rows) {
  at::Tensor table = at::empty({static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows[0].size())});
  for (size_t i = 0; i < rows.size(); ++i)
    for (size_t j = 0; j < rows[i].size(); ++j)
      table[static_cast<int64_t>(i)][static_cast<int64_t>(j)] = std::log(rows[i][j]);
  return table;
}

inline Tokens after_begin(const Tokens& written) {
  Tokens target{kBegin};
  target.insert(target.end(), written.begin(), written.end());
  return target;
}

/// Returns ln p of the tokens after begin and `written`, by the full pass.
inline std::vector<double> next_log_p(ToyTranslator& model, const Tokens& source, const Tokens& written) {
  const Tokens target = after_begin(written);
  const auto logits = model.forward(make_source({source}), at::tensor(target, at::kLong).unsqueeze(0));
  const at::Tensor last = logits[0][-1].contiguous();
  return decoding::log_softmax({last.data_ptr<float>(), static_cast<size_t>(last.size(0))});
}

/// Returns every output that the options allow, best first.
class Exhaustive {
 public:
  Exhaustive(ToyTranslator& model, Tokens source, const BeamOptions& options)
      : model_(model), source_(std::move(source)), options_(options) {
    visit({}, std::vector<double>(source_.size(), 0.0));
    std::stable_sort(all_.begin(), all_.end(), decoding::better);
  }
  const std::vector<Hypothesis>& all() const { return all_; }

 private:
  /// `covered` is the attention of the earlier steps.
  void visit(const Hypothesis& prefix, std::vector<double> covered) {
    const auto log_p = next_log_p(model_, source_, prefix.tokens);
    const double coverage = options_.coverage_penalty == 0 ? 0 : cover(covered, prefix.tokens);
    for (int64_t token = 0; token < model_.vocabulary_size(); ++token) {
      if (token == kBegin) continue;
      Hypothesis next = prefix;
      next.log_probability += log_p[static_cast<size_t>(token)];
      next.ended = token == kEnd;
      if (!next.ended) next.tokens.push_back(token);
      next.score =
          next.log_probability / decoding::length_penalty(next.length(), options_.length_penalty) + coverage;
      if (next.ended || next.length() == options_.output.max_length)
        all_.push_back(next);
      else
        visit(next, covered);
    }
  }

  /// Adds the step after `written`; returns the penalty including it.
  double cover(std::vector<double>& covered, const Tokens& written) {
    const auto weights = model_.attention(source_, after_begin(written));
    const size_t heads = weights.size() / source_.size();
    double sum = 0;
    for (size_t i = 0; i < covered.size(); ++i) {
      for (size_t h = 0; h < heads; ++h)
        covered[i] += weights[h * source_.size() + i] / static_cast<double>(heads);
      sum += std::log(std::min(covered[i], 1.0));
    }
    return options_.coverage_penalty * sum;
  }

  ToyTranslator& model_;
  Tokens source_;
  const BeamOptions& options_;
  std::vector<Hypothesis> all_;
};

}  // namespace heed::testing
