// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/decoder.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <ATen/ops/tensor.h>

namespace heed::nn {

void DecoderState::keep_cross_attention() {
  TORCH_CHECK(false, "[keep_cross_attention] this model does not attend to a source");
}

std::vector<TokenColumn> token_columns(const StepTokens& step, int64_t rows) {
  const auto& counts = step.counts;
  TORCH_CHECK(step.tokens.dim() == 1, "[step] tokens must be [total], got ", step.tokens.sizes());
  if (counts.empty()) {
    TORCH_CHECK(step.tokens.size(0) == rows, "[step] the state has ", rows, " rows, got ",
                step.tokens.size(0), " tokens");
    return {{.rows = {}, .tokens = step.tokens, .queries = {}}};
  }
  const int64_t total = std::accumulate(counts.begin(), counts.end(), int64_t{0});
  TORCH_CHECK(std::ssize(counts) == rows && total == step.tokens.size(0) &&
                  *std::min_element(counts.begin(), counts.end()) >= 1,
              "[step] the state has ", rows, " rows, got ", step.tokens.size(0),
              " tokens; each row needs at least one, got counts ", counts);
  std::vector<TokenColumn> columns;
  for (int64_t t = 0; t < *std::max_element(counts.begin(), counts.end()); ++t) {
    std::vector<int64_t> having, index;
    int64_t begin = 0;
    for (int64_t row = 0; row < rows; begin += counts[static_cast<size_t>(row++)]) {
      if (t >= counts[static_cast<size_t>(row)]) continue;
      having.push_back(row);
      index.push_back(begin + t);
    }
    TokenColumn column;
    column.queries = at::tensor(index, at::kLong);
    column.tokens = step.tokens.index_select(0, column.queries.to(step.tokens.device()));
    if (std::ssize(having) < rows) column.rows = at::tensor(having, at::kLong);
    columns.push_back(std::move(column));
  }
  return columns;
}

std::vector<at::Tensor> even_columns(const StepTokens& step, int64_t rows) {
  std::vector<at::Tensor> columns;
  for (const TokenColumn& column : token_columns(step, rows)) {
    TORCH_CHECK(!column.rows.defined(),
                "[step] this model needs the same number of tokens for each row, got counts ", step.counts);
    columns.push_back(column.tokens);
  }
  return columns;
}

}  // namespace heed::nn
