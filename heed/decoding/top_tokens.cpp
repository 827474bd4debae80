// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/top_tokens.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <c10/util/Exception.h>

namespace heed::decoding {
namespace {

// Vectors of four floats, which every machine has: the order of every sum is the same everywhere.
typedef float Floats __attribute__((vector_size(16)));
typedef uint32_t Words __attribute__((vector_size(16)));
typedef double Doubles __attribute__((vector_size(32)));
typedef float FloatsAnywhere __attribute__((vector_size(16), aligned(4), may_alias));

constexpr size_t kFloats = 4, kVectors = 4, kBlock = 128;

inline Floats load(const float* from) {
  return *reinterpret_cast<const FloatsAnywhere*>(from);
}
inline Floats larger(Floats a, Floats b) {
  return a > b ? a : b;
}
inline Floats splat(float x) {
  return x - Floats{};
}

/// e^x for x <= 0; relative error 2e-7 at 0, growing by 1e-7 |x|, which the sum's small terms can bear. 1 at
/// 0. Below -87 as for -87. NaN stays NaN.
inline Floats exponential(Floats x) {
  x = larger(splat(-87.0f), x);
  // e^x = 2^n 2^f with |f| <= 1/2; the magic number rounds to an integer n in its low bits.
  const Floats magic = splat(12582912.0f);  // 1.5 * 2^23
  const Floats exponent = x * 1.44269504088896341f;
  const Floats shifted = exponent + magic;
  const Floats f = exponent - (shifted - magic);
  // The polynomial with 1 at 0 whose largest relative error is least.
  Floats p = f * 0.001326472731f + 0.009671512991f;
  p = p * f + 0.05550733581f;
  p = p * f + 0.2402224243f;
  p = p * f + 0.6931470037f;
  p = p * f + 1.0f;
  return p * reinterpret_cast<Floats>((reinterpret_cast<Words>(shifted) << 23) + 0x3f800000u);
}

float largest_of(const float* block) noexcept {
  Floats best[kVectors];
  for (size_t i = 0; i < kVectors; ++i) best[i] = load(block + i * kFloats);
  for (size_t j = kVectors * kFloats; j < kBlock; j += kVectors * kFloats)
    for (size_t i = 0; i < kVectors; ++i) best[i] = larger(best[i], load(block + j + i * kFloats));
  const Floats four = larger(larger(best[0], best[1]), larger(best[2], best[3]));
  return std::max(std::max(four[0], four[1]), std::max(four[2], four[3]));
}

/// The sum of e^(logit - base) over the blocks so far, where base is the largest logit so far.
class SumOfExponentials {
 public:
  void add(const float* block, float largest) noexcept {
    if (largest > base_) rebase(largest);
    const Floats base = splat(base_);
    Floats sums[kVectors] = {};
    for (size_t j = 0; j < kBlock; j += kVectors * kFloats)
      for (size_t i = 0; i < kVectors; ++i) sums[i] += exponential(load(block + j + i * kFloats) - base);
    sum_ += __builtin_convertvector((sums[0] + sums[1]) + (sums[2] + sums[3]), Doubles);
  }
  float base() const noexcept { return base_; }
  double logarithm() const noexcept { return std::log((sum_[0] + sum_[1]) + (sum_[2] + sum_[3])); }

 private:
  void rebase(float base) noexcept {
    sum_ *= std::exp(static_cast<double>(base_) - base);
    base_ = base;
  }

  Doubles sum_{};
  float base_ = std::numeric_limits<float>::lowest();  // finite, so that -infinity minus it is no NaN
};

/// The best tokens so far, best first.
class BestTokens {
 public:
  BestTokens(int64_t count, const ForbiddenTokens& forbidden)
      : count_(static_cast<size_t>(count)), forbidden_(forbidden) {
    best_.reserve(count_ + 1);
  }

  void add(const float* block, size_t size, int64_t first_token) {
    for (size_t i = 0; i < size; ++i)
      if (block[i] > threshold_) insert(block[i], first_token + static_cast<int64_t>(i));
  }
  /// Only what is above it can be among the best: tokens come in order, so that of equals the first stays.
  float threshold() const { return threshold_; }

  std::vector<ScoredToken> scored(float base, double log_sum) const {
    std::vector<ScoredToken> result;
    result.reserve(best_.size());
    for (const Entry& entry : best_)
      result.push_back({entry.token, (static_cast<double>(entry.logit) - base) - log_sum});
    return result;
  }

 private:
  struct Entry {
    float logit;
    int64_t token;
  };

  bool is_forbidden(int64_t token) const {
    return (!forbidden_.never.empty() && forbidden_.never[static_cast<size_t>(token)] != 0) ||
           std::find(forbidden_.now.begin(), forbidden_.now.end(), token) != forbidden_.now.end();
  }

  void insert(float logit, int64_t token) {
    if (is_forbidden(token)) return;
    auto place = best_.end();
    while (place != best_.begin() && std::prev(place)->logit < logit) --place;
    best_.insert(place, {logit, token});
    if (best_.size() > count_) best_.pop_back();
    if (best_.size() == count_) threshold_ = best_.back().logit;
  }

  size_t count_;
  const ForbiddenTokens& forbidden_;
  std::vector<Entry> best_;
  float threshold_ = -std::numeric_limits<float>::infinity();
};

}  // namespace

std::vector<ScoredToken> top_tokens(std::span<const float> logits, int64_t count,
                                    const ForbiddenTokens& forbidden) {
  TORCH_CHECK(count >= 1, "[top_tokens] count must be at least 1, got ", count);
  SumOfExponentials sum;
  BestTokens best(count, forbidden);
  std::array<float, kBlock> last;
  for (size_t start = 0; start < logits.size(); start += kBlock) {
    const size_t size = std::min(kBlock, logits.size() - start);
    const float* block = logits.data() + start;
    if (size < kBlock) {
      last.fill(-std::numeric_limits<float>::infinity());
      std::copy_n(block, size, last.begin());
      block = last.data();
    }
    const float largest = largest_of(block);
    sum.add(block, largest);
    if (largest > best.threshold()) best.add(block, size, static_cast<int64_t>(start));
  }
  const double log_sum = sum.logarithm();
  TORCH_CHECK(!std::isnan(log_sum), "[top_tokens] a logit is NaN or +infinity");
  return best.scored(sum.base(), log_sum);
}

}  // namespace heed::decoding
