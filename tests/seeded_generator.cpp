// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <ATen/Context.h>

namespace heed {
namespace {

/// Each test draws the same numbers on every run and whichever tests ran before it: libtorch seeds its
/// generator from the operating system. Other numbers: --gtest_shuffle --gtest_random_seed=N.
class SeedsTheGenerator : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo&) override {
    at::manual_seed(20170612 + testing::UnitTest::GetInstance()->random_seed());
  }
};

[[maybe_unused]] const bool listens = [] {
  testing::UnitTest::GetInstance()->listeners().Append(new SeedsTheGenerator);
  return true;
}();

}  // namespace
}  // namespace heed
