// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/token_filters.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <vector>

#include "heed/kernels/isa.h"

namespace heed::decoding {
namespace {

using kernels::LogitsProblem;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kLowest = std::numeric_limits<float>::lowest();
constexpr int kThresholds = kernels::LogitsKernels::kThresholds;
using Thresholds = std::array<float, kThresholds>;

enum class Measure { kCount, kWeight };

/// Finds the last of the fewest most likely tokens that reach a goal. Its logit is in [low_, high_): the
/// tokens from low_ reach the goal, those from high_ do not.
class LastTokenSearch {
 public:
  LastTokenSearch(const LogitsProblem& problem, Measure measure, double goal)
      : problem_(problem),
        measure_(measure),
        goal_(goal),
        few_(std::max<double>(32, static_cast<double>(problem.count) / 128)),
        high_(std::nextafter(problem.largest, kInfinity)) {
    if (measure == Measure::kCount) return;
    weights_ = std::make_unique_for_overwrite<float[]>(static_cast<size_t>(problem.count));
    kernels::cpu_kernels().logits.weigh(problem, weights_.get());
  }

  /// Sets low_ to the highest of the ascending thresholds from which the goal is reached. Returns false if it
  /// is reached from none; the token is then below all of them.
  bool narrow(const Thresholds& thresholds) {
    const auto amounts = amounts_above(thresholds);
    for (size_t i = kThresholds; i-- > 0;) {
      if (amounts[i] >= goal_) {
        low_ = thresholds[i];
        above_low_ = amounts[i];
        return true;
      }
      high_ = thresholds[i];
      above_high_ = amounts[i];
    }
    return false;
  }

  /// Returns the answer, starting from a `low` that reaches the goal. Among equal tokens, `among` decides
  /// which count.
  KeptTokens search_from(float low, const KeptTokens& among) {
    low_ = low;
    while (most_inside() > few_ && !one_value()) narrow(next_thresholds());
    const auto tokens = tokens_inside(among);
    if (!tokens.empty()) return last_of(tokens);
    return low_ > among.threshold ? KeptTokens{low_} : among;  // rounding put the goal just below low_
  }
  float low() const { return low_; }

 private:
  struct Token {
    float logit;
    int64_t token;
  };

  std::array<double, kThresholds> amounts_above(const Thresholds& thresholds) const {
    const auto& kernels = kernels::cpu_kernels().logits;
    std::array<double, kThresholds> amounts;
    if (measure_ == Measure::kCount)
      kernels.count_above(problem_, thresholds.data(), amounts.data());
    else
      kernels.sum_above(problem_, weights_.get(), thresholds.data(), amounts.data());
    return amounts;
  }

  bool one_value() const { return std::nextafter(low_, kInfinity) >= high_; }

  /// Upper bound of the number of tokens in the range: each weighs at least as much as one at low_.
  double most_inside() const {
    const auto all = static_cast<double>(problem_.count);
    if (measure_ == Measure::kCount) return std::min(above_low_ - above_high_, all);
    const double least = std::exp((static_cast<double>(low_) - problem_.largest) * problem_.scale);
    const double most = (above_low_ - above_high_) / least * 1.001 + 1;
    return most < all ? most : all;  // all if `least` is 0
  }

  /// Splits the range from low_: evenly, and, once the amounts at its ends are known, with half of the
  /// thresholds around the value where linear interpolation reaches the goal.
  Thresholds next_thresholds() const {
    const double low = low_, width = high_ - low, share = (goal_ - above_high_) / (above_low_ - above_high_);
    const double guess = 1 - share;
    std::array<double, kThresholds> splits{0, 1, 2, 3, 4, 5, 6, 7};
    for (double& split : splits) split /= kThresholds;
    if (share > 0)
      splits = {0, 0.25, 0.5, 0.75, guess - 1.0 / 16, guess - 1.0 / 96, guess + 1.0 / 96, guess + 1.0 / 16};
    std::sort(splits.begin(), splits.end());
    Thresholds thresholds;
    for (size_t i = 0; i < kThresholds; ++i)
      thresholds[i] = static_cast<float>(low + width * std::clamp(splits[i], 0.0, 1.0));
    return thresholds;
  }

  std::vector<Token> tokens_inside(const KeptTokens& among) const {
    std::vector<int64_t> found(static_cast<size_t>(std::min<double>(most_inside() + 1, problem_.count)));
    found.resize(static_cast<size_t>(kernels::cpu_kernels().logits.find_between(
        problem_, low_, high_, static_cast<int64_t>(found.size()), found.data())));
    std::vector<Token> tokens;
    tokens.reserve(found.size());
    for (const int64_t token : found)
      if (among.has(problem_.logits[token], token)) tokens.push_back({problem_.logits[token], token});
    if (!one_value())
      std::stable_sort(tokens.begin(), tokens.end(),
                       [](const Token& a, const Token& b) { return a.logit > b.logit; });
    return tokens;
  }

  /// If rounding keeps all of them below the goal, returns the last.
  KeptTokens last_of(const std::vector<Token>& tokens) const {
    double sum = above_high_;
    size_t i = 0;
    for (; i + 1 < tokens.size(); ++i) {
      sum += weights_ ? weights_[static_cast<size_t>(tokens[i].token)] : 1;
      if (sum >= goal_) break;
    }
    return {tokens[i].logit, tokens[i].token};
  }

  LogitsProblem problem_;
  Measure measure_;
  double goal_, few_;
  std::unique_ptr<float[]> weights_;  // of all tokens
  float low_ = -kInfinity, high_;
  double above_low_ = std::numeric_limits<double>::infinity(), above_high_ = 0;  // amounts from there on
};

/// Returns thresholds whose distances from the largest logit double.
Thresholds doubling_thresholds(float largest, double nearest) {
  Thresholds thresholds;
  for (int i = 0; i < kThresholds; ++i)
    thresholds[static_cast<size_t>(i)] =
        std::max(kLowest, static_cast<float>(largest - std::ldexp(nearest, kThresholds - 1 - i)));
  return thresholds;
}

/// Returns a logit that at least `count` blocks reach.
float largest_in_blocks(const LogitsProblem& problem, int64_t count, int64_t blocks) {
  std::vector<float> largest(problem.block_largest, problem.block_largest + blocks);
  std::nth_element(largest.begin(), largest.begin() + (count - 1), largest.end(), std::greater<>());
  return largest[static_cast<size_t>(count - 1)];
}

}  // namespace

KeptTokens keep_most_likely(const LogitsProblem& problem, int64_t count) {
  if (count >= problem.count) return {};
  LastTokenSearch search(problem, Measure::kCount, static_cast<double>(count));
  const int64_t blocks = (problem.count + LogitsProblem::kBlock - 1) / LogitsProblem::kBlock;
  if (count <= blocks) {
    const float low = largest_in_blocks(problem, count, blocks);
    if (low > -kInfinity) return search.search_from(low, {});
  }
  for (double nearest = 0.5;; nearest = std::ldexp(nearest, kThresholds)) {
    const Thresholds thresholds = doubling_thresholds(problem.largest, nearest);
    if (search.narrow(thresholds)) return search.search_from(search.low(), {});
    if (thresholds[0] == kLowest) return {};  // fewer tokens have a probability
  }
}

KeptTokens keep_share(const LogitsProblem& problem, const KeptTokens& among, double total, double share) {
  LastTokenSearch search(problem, Measure::kWeight, share * total);
  // Starts above all tokens that weigh less than an equal share of the weight that may be discarded: together
  // they cannot exceed it.
  const double least = (1 - share) * total / static_cast<double>(problem.count);
  const double low = problem.largest + std::log(least) / problem.scale;
  return search.search_from(std::max({kLowest, among.threshold, static_cast<float>(low)}), among);
}

KeptTokens keep_ratio(const LogitsProblem& problem, const KeptTokens& among, double ratio) {
  const double exact = problem.largest + std::log(ratio) / problem.scale;
  auto threshold = static_cast<float>(exact);
  if (threshold < exact) threshold = std::nextafter(threshold, kInfinity);
  return threshold > among.threshold ? KeptTokens{threshold} : among;
}

}  // namespace heed::decoding
