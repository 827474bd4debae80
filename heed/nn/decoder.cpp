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

void DecoderState::allow_drops(int64_t tokens) {
  TORCH_CHECK(tokens == 0, "[allow_drops] the states of this model cannot forget tokens");
}

void DecoderState::drop_last(at::IntArrayRef counts) {
  TORCH_CHECK(std::all_of(counts.begin(), counts.end(), [](int64_t count) { return count == 0; }),
              "[drop_last] the states of this model cannot forget tokens");
}

at::Tensor wanted_tokens(const StepTokens& step, int64_t rows) {
  const auto count_of = [&](int64_t row) {
    return step.counts.empty() ? 1 : step.counts[static_cast<size_t>(row)];
  };
  TORCH_CHECK((step.wanted.empty() || std::ssize(step.wanted) == rows) &&
                  (step.counts.empty() || std::ssize(step.counts) == rows),
              "[step] the state has ", rows, " rows, got counts ", step.counts, " and wanted ", step.wanted);
  std::vector<int64_t> indices;
  int64_t end = 0;
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t wanted = step.wanted.empty() ? 1 : step.wanted[static_cast<size_t>(row)];
    TORCH_CHECK(wanted >= 1 && wanted <= count_of(row), "[step] row ", row, " consumes ", count_of(row),
                " tokens and wants the logits of ", wanted);
    end += count_of(row);
    for (int64_t i = end - wanted; i < end; ++i) indices.push_back(i);
  }
  return std::ssize(indices) == end ? at::Tensor() : at::tensor(indices, at::kLong);
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
  TORCH_CHECK(step.wanted.empty(), "[step] this model returns the logits of each row's last token only");
  std::vector<at::Tensor> columns;
  for (const TokenColumn& column : token_columns(step, rows)) {
    TORCH_CHECK(!column.rows.defined(),
                "[step] this model needs the same number of tokens for each row, got counts ", step.counts);
    columns.push_back(column.tokens);
  }
  return columns;
}

}  // namespace heed::nn
