// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/validation_sample.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace heed::tasks {
namespace {

using text::SentencePair;
using Pairs = std::vector<SentencePair>;

Pairs numbered(int count) {
  Pairs pairs;
  for (int i = 0; i < count; ++i) pairs.push_back({"source " + std::to_string(i), "target"});
  return pairs;
}

std::set<std::string> sources(const Pairs& pairs) {
  std::set<std::string> found;
  for (const auto& pair : pairs) found.insert(pair.source);
  return found;
}

TEST(ValidationSample, IsSpreadOverTheDataAndKeepsItsOrder) {
  Pairs train = numbered(1000);
  const Pairs sample = take_validation_sample(train, 100);
  ASSERT_EQ(sample.size(), 100U);
  EXPECT_EQ(train.size(), 900U);
  int in_first_half = 0;
  std::vector<int> numbers;
  for (const auto& pair : sample) numbers.push_back(std::stoi(pair.source.substr(7)));
  for (const int number : numbers) in_first_half += number < 500;
  EXPECT_GT(in_first_half, 25);
  EXPECT_LT(in_first_half, 75);
  EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
}

TEST(ValidationSample, DoesNotDependOnTheOrder) {
  Pairs train = numbered(300), shuffled = train;
  std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937_64(1));
  EXPECT_EQ(sources(take_validation_sample(train, 30)), sources(take_validation_sample(shuffled, 30)));
}

TEST(ValidationSample, PairsOfOneSourceStayOnOneSide) {
  Pairs train;
  for (int i = 0; i < 50; ++i)
    for (int j = 0; j <= i % 4; ++j) train.push_back({"source " + std::to_string(i), std::to_string(j / 2)});
  const size_t all = train.size();
  const Pairs sample = take_validation_sample(train, 12);
  EXPECT_EQ(sample.size() + train.size(), all);
  EXPECT_LE(sample.size(), 12U);
  EXPECT_GE(sample.size(), 9U);
  const auto left = sources(train);
  for (const auto& source : sources(sample)) EXPECT_FALSE(left.contains(source)) << source;
}

TEST(ValidationSample, LeavesSomethingOnBothSidesWhereItCan) {
  Pairs two = numbered(2);
  EXPECT_EQ(take_validation_sample(two, 1000).size(), 1U);
  EXPECT_EQ(two.size(), 1U);
  Pairs one = {{"a", "b"}, {"a", "c"}, {"a", "b"}};
  EXPECT_TRUE(take_validation_sample(one, 1).empty());
  EXPECT_EQ(one.size(), 3U);
  Pairs large = {{"a", "1"}, {"a", "2"}, {"a", "3"}, {"b", "1"}, {"b", "2"}};
  EXPECT_EQ(sources(take_validation_sample(large, 1)), (std::set<std::string>{"b"})) << "the smaller";
  Pairs none;
  EXPECT_TRUE(take_validation_sample(none, 5).empty());
}

}  // namespace
}  // namespace heed::tasks
