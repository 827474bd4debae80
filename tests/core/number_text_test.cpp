// SPDX-License-Identifier: Apache-2.0
#include "heed/core/number_text.h"

#include <cstdint>

#include <gtest/gtest.h>

namespace heed {
namespace {

template <class T>
std::string problem(std::string_view text) {
  T value{};
  return read_number(text, value);
}

TEST(ReadNumber, ReadsWholeAndOtherNumbers) {
  int64_t whole = 0;
  EXPECT_EQ(read_number("-12", whole), "");
  EXPECT_EQ(whole, -12);
  double number = 0;
  EXPECT_EQ(read_number("1e-3", number), "");
  EXPECT_EQ(number, 1e-3);
  uint64_t seed = 0;
  EXPECT_EQ(read_number("18446744073709551615", seed), "");
  EXPECT_EQ(seed, UINT64_MAX);
}

TEST(ReadNumber, ANumberThatIsTooLargeIsSaidToBe) {
  EXPECT_EQ(problem<int64_t>("99999999999999999999"),
            "must be at most 9223372036854775807, got 99999999999999999999");
  EXPECT_EQ(problem<int64_t>("-99999999999999999999"),
            "must be at least -9223372036854775808, got -99999999999999999999");
  EXPECT_EQ(problem<uint64_t>("99999999999999999999"),
            "must be at most 18446744073709551615, got 99999999999999999999");
}

TEST(ReadNumber, ADecimalCommaGetsItsPoint) {
  EXPECT_EQ(problem<double>("0,9"), "must be a number, got '0,9': write 0.9");
  EXPECT_EQ(problem<double>("1,2,3"), "must be a number, got '1,2,3'");
  EXPECT_EQ(problem<double>("a,b"), "must be a number, got 'a,b'");
}

TEST(ReadNumber, WhatIsNoNumberIsQuoted) {
  EXPECT_EQ(problem<int64_t>("1e23"), "must be a whole number, got '1e23'");
  EXPECT_EQ(problem<uint64_t>("-1"), "must be a whole number, 0 or above, got '-1'");
  for (const char* text : {"", " 1", "1 ", "nan", "inf", "1e999", "0x10", "--1"})
    EXPECT_NE(problem<double>(text), "") << text;
}

}  // namespace
}  // namespace heed
