// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/top_tokens.h"

#include <algorithm>
#include <limits>

#include <c10/util/Exception.h>

#include "heed/decoding/logit_row.h"

namespace heed::decoding {
namespace {

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
  /// Only larger logits can be among the best: tokens come in order, so that the first of equal ones stays.
  float threshold() const { return threshold_; }

  bool empty() const { return best_.empty(); }
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
    auto at = best_.end();
    while (at != best_.begin() && std::prev(at)->logit < logit) --at;
    best_.insert(at, {logit, token});
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
  constexpr size_t kBlock = LogitRow::kBlock;
  const LogitRow row("top_tokens", logits);
  BestTokens best(count, forbidden);
  for (size_t i = 0; i < row.block_largest().size(); ++i) {
    if (!(row.block_largest()[i] > best.threshold())) continue;
    const size_t start = i * kBlock;
    best.add(logits.data() + start, std::min(kBlock, logits.size() - start), static_cast<int64_t>(start));
  }
  if (best.empty()) return {};
  return best.scored(row.largest(), row.log_sum());
}

}  // namespace heed::decoding
