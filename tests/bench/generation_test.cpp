// SPDX-License-Identifier: Apache-2.0
#include "heed/bench/generation.h"

#include <gtest/gtest.h>

namespace heed::bench {
namespace {

GenerationOptions small() {
  GenerationOptions options;
  options.layers = 1;
  options.d_model = 32;
  options.heads = 2;
  options.d_ff = 48;
  options.vocabulary = 20;
  options.length = 8;
  options.repeats = 1;
  return options;
}

TEST(GenerationTable, HasARowForEachTypeOfWeightsAndNumberOfPieces) {
  const auto table = generation_table(small());
  ASSERT_EQ(table.size(), 6u);
  EXPECT_EQ(table[0].weights, "float32");
  EXPECT_EQ(table[1].rows, 8);
  EXPECT_EQ(table[5].weights, "int8");
}

TEST(GenerationTable, AStepReadsEveryMatrixOnceAndWhatEachRowWrote) {
  const auto table = generation_table(small());
  const double matrices = 32 * (4 * 32 + 2 * 48) + 32 * 20;           // numbers
  const double cached = 8 / 2 * 2 * 32 * 4, tables = 8 / 2 * 32 * 4;  // bytes per row; for all rows
  EXPECT_EQ(table[0].bytes_per_step, 4 * matrices + cached + tables);
  EXPECT_EQ(table[1].bytes_per_step, 4 * matrices + 8 * cached + tables);
  // Keys and values are bfloat16 where weights are.
  EXPECT_EQ(table[2].bytes_per_step, 2 * matrices + cached / 2 + tables);
  EXPECT_EQ(table[4].bytes_per_step, matrices + cached / 2 + tables);
}

TEST(GenerationTable, APromptIsReadInEveryStep) {
  GenerationOptions options = small();
  options.position = "learned";
  options.weights = {"float32"};
  const double alone = generation_table(options)[0].bytes_per_step;
  options.prompt = 6;
  options.greedy = true;
  EXPECT_EQ(generation_table(options)[0].bytes_per_step - alone, 5 * 2 * 32 * 4);
}

TEST(BlockTable, HasARowForEachTypeOfWeightsAndNumberOfTokens) {
  GenerationOptions options = small();
  options.blocks = {1, 3};
  const auto table = block_table(options);
  ASSERT_EQ(table.size(), 6u);
  EXPECT_EQ(table[1].weights, "float32");
  EXPECT_EQ(table[1].tokens, 3);
  EXPECT_EQ(table[5].weights, "int8");
  for (const BlockRow& row : table) EXPECT_GT(row.milliseconds.low, 0);
}

TEST(GenerationTable, RefusesAnUnknownTypeOfWeights) {
  GenerationOptions options = small();
  options.weights = {"float33"};
  EXPECT_ANY_THROW(generation_table(options));
}

}  // namespace
}  // namespace heed::bench
