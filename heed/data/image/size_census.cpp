// SPDX-License-Identifier: Apache-2.0
#include "heed/data/image/size_census.h"

#include <algorithm>
#include <tuple>

namespace heed::image {

int64_t SizeCensus::images() const {
  int64_t sum = 0;
  for (const auto& [size, count] : counts_) sum += count;
  return sum;
}

SizeCensus::Size SizeCensus::most_frequent() const {
  const auto rank = [](const auto& entry) {
    const auto& [size, count] = entry;
    return std::tuple(count, size.first * size.second, size.first);
  };
  const auto best = std::max_element(counts_.begin(), counts_.end(),
                                     [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return best->first;
}

int64_t SizeCensus::others() const {
  return counts_.empty() ? 0 : images() - counts_.at(most_frequent());
}

std::string SizeCensus::summary() const {
  const Size size = most_frequent();
  return std::to_string(images()) + " images of " + std::to_string(counts_.size()) + " sizes, most " +
         std::to_string(size.second) + " x " + std::to_string(size.first) + " (" +
         std::to_string(counts_.at(size)) + ")";
}

}  // namespace heed::image
