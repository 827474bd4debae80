// SPDX-License-Identifier: Apache-2.0
#include "heed/bench/attention_table.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "heed/core/error.h"

namespace heed::bench {
namespace {

using testing::AllOf;
using testing::Gt;
using testing::HasSubstr;
using testing::Lt;

class QuickTable : public testing::Test {
 protected:
  static const AttentionTable& table() {
    static const AttentionTable made = attention_table({.quick = true});
    return made;
  }
};

TEST_F(QuickTable, HasEveryProblemWithItsRivals) {
  std::set<std::string> found;
  for (const auto& row : table().rows) found.insert(row.problem + ", " + row.dtype + ": " + row.method);
  for (const char* expected :
       {"dense causal relative, float32: fused", "dense causal relative, bfloat16: fused",
        "dense causal relative, bfloat16: tiled",
        "dense causal relative, float32: reference (materialised skew)",
        "dense causal relative, float32: libtorch, skewed bias",
        "dense causal relative, bfloat16: libtorch, no relation",
        "dense full, keys and values (Shaw), float32: reference", "window 3 x 3, float32: libtorch, unfold",
        "window 7 x 7, float32: fused", "window 7 x 7, float32: libtorch convolution",
        "window 7 x 7 layer, float32: fused", "window 3 x 3 layer, float32: libtorch convolution",
        "local 1D, float32: libtorch, mask", "local 2D relative, float32: fused"})
    EXPECT_TRUE(found.count(expected)) << expected;
}

TEST_F(QuickTable, TheBackwardPassAddsTime) {
  double forward = 0, both = 0;
  for (const auto& row : table().rows) {
    forward += row.forward.median;
    both += row.forward_backward.median;
  }
  EXPECT_GT(both, 1.2 * forward);
}

TEST_F(QuickTable, RatesHaveTheirUnit) {
  const double most = 500.0 * table().machine.threads;
  for (const auto& row : table().rows) {
    EXPECT_THAT(row.gflops, AllOf(Gt(1e-4), Lt(most))) << label(row);
    EXPECT_LT(row.memory_bytes, 4e9) << label(row);
  }
}

TEST_F(QuickTable, RivalsAgree) {
  size_t compared = 0;
  for (const auto& row : table().rows) {
    compared += row.difference >= 0;
    EXPECT_LT(row.difference, row.dtype == "bfloat16" ? 3e-2 : 1e-4) << label(row);
    if (row.method.rfind("libtorch convolution", 0) != 0 && row.method != "libtorch, mask, no relation") {
      EXPECT_GE(row.difference, 0) << label(row);
    }
  }
  EXPECT_GT(compared, 25u);
}

TEST_F(QuickTable, OursComesFirstAndIsTheUnit) {
  std::string problem;
  for (const auto& row : table().rows) {
    const std::string here = row.problem + row.shape + row.dtype;
    if (here != problem) {
      EXPECT_EQ(row.method, "fused");
      EXPECT_EQ(row.times_heed, 1) << label(row);
    }
    problem = here;
  }
}

TEST_F(QuickTable, TellsHowTimeGrowsInEachSeries) {
  for (const char* series : {"dense causal relative", "local 1D", "local 2D"}) {
    const auto grown = std::count_if(table().rows.begin(), table().rows.end(), [&](const auto& row) {
      return row.problem == series && row.growth.has_value();
    });
    EXPECT_GE(grown, 2) << series;
  }
}

TEST_F(QuickTable, SaysWhatItWasMeasuredOn) {
  const Machine& machine = table().machine;
  EXPECT_FALSE(machine.cpu.empty());
  EXPECT_FALSE(machine.kernels.empty());
  EXPECT_EQ(machine.threads, at::get_num_threads());
  // A wrong unit is wrong by a thousand.
  const double threads = machine.threads;
  EXPECT_THAT(machine.peak_gflops / threads, AllOf(Gt(0.5), Lt(500.0)));
  EXPECT_THAT(machine.gemm_gflops / threads, AllOf(Gt(0.1), Lt(500.0)));
}

TEST(AttentionTable, OursComesWithTheRowAskedFor) {
  const auto rows = attention_table({.rows = "window 3 x 3,.*unfold", .quick = true}).rows;
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].method, "fused");
  EXPECT_EQ(rows[1].method, "libtorch, unfold");
}

TEST(AttentionTable, TakesAnotherShapeOfTheDenseProblem) {
  const DenseShape shape{.batch = 2, .heads = 1, .length = 33, .head_dim = 8};
  const auto rows =
      attention_table({.dense = shape, .rows = "2 x 1 x 33 x 8, float32: tiled", .quick = true}).rows;
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(label(rows[1]), "dense causal relative, 2 x 1 x 33 x 8, float32: tiled");
}

TEST(AttentionTable, RowsThatAreNotThereAreAnErrorThatNamesThoseThatAre) {
  for (const char* rows : {"window 8", "("}) {
    try {
      attention_table({.rows = rows, .quick = true});
      FAIL() << rows;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      EXPECT_THAT(error.what(), HasSubstr(rows));
    }
  }
}

TEST(RunContest, RivalsThatDifferAreAnError) {
  const auto x = at::ones({4}).requires_grad_(true);
  const auto times = [&](const char* name, double factor) {
    return Rival{name, "same", {x}, [=] { return x * factor; }, at::ones({4}), {1, 1}};
  };
  const Contest contest{.problem = "product", .shape = "4"};
  const auto scores = run_contest(contest, {times("a", 2), times("b", 2.0001)}, 3, 0);
  EXPECT_NEAR(scores[1].difference, 5e-5, 1e-6);
  try {
    run_contest(contest, {times("a", 2), times("b", 2.1)}, 3, 0);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("b differs from a"));
  }
}

TEST(LargestDifference, SeesNumbersThatAreNone) {
  const auto x = at::ones({2}), nan = x / 0 * 0;
  EXPECT_TRUE(std::isnan(largest_difference({x}, {nan})));
  EXPECT_EQ(largest_difference({x, 2 * x}, {x, x}), 0.5);
}

TEST(Summarize, TakesMedianAndQuartiles) {
  const Timing timing = summarize({5, 1, 4, 2, 3});
  EXPECT_EQ(timing.median, 3);
  EXPECT_EQ(timing.low, 2);
  EXPECT_EQ(timing.high, 4);
}

}  // namespace
}  // namespace heed::bench
