// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/dropout.h"

#include <ATen/ATen.h>

#include "heed/kernels/dropout_hash.h"

namespace heed::attention {
namespace {

constexpr int64_t kWord = 0xffffffff;

/// dropout_hash on int64 tensors that hold 32-bit words.
at::Tensor hash_words(const at::Tensor& keys, const at::Tensor& row_keys) {
  // A product of two 32-bit words may wrap past int64; its low 32 bits are right all the same.
  auto x = (keys * 0x9e3779b1).bitwise_and(kWord).bitwise_xor(row_keys);
  x = x.bitwise_xor(x.bitwise_right_shift(16)).mul(0x7feb352d).bitwise_and(kWord);
  x = x.bitwise_xor(x.bitwise_right_shift(15)).mul(0x846ca68b).bitwise_and(kWord);
  return x.bitwise_xor(x.bitwise_right_shift(16));
}

}  // namespace

void check_dropout(const Dropout& dropout) {
  TORCH_CHECK(dropout.p >= 0 && dropout.p < 1, "[attention] dropout must be at least 0 and below 1, got ",
              dropout.p);
  if (dropout.p == 0) return;
  TORCH_CHECK(dropout.seed.defined() && dropout.seed.numel() == 1 &&
                  dropout.seed.scalar_type() == at::kLong && dropout.seed.is_cpu(),
              "[attention] dropout needs a seed: one int64 number on the CPU");
}

uint64_t dropout_seed(const Dropout& dropout) {
  return dropout.p == 0 ? 0 : static_cast<uint64_t>(dropout.seed.item<int64_t>());
}

std::optional<at::Tensor> seed_argument(const Dropout& dropout) {
  return dropout.p > 0 ? std::optional(dropout.seed) : std::nullopt;
}

at::Tensor head_dropout_factors(const Dropout& dropout, int64_t first_head, int64_t heads,
                                const at::Tensor& query_rows, const at::Tensor& key_rows,
                                const at::TensorOptions& options) {
  if (dropout.p == 0) return {};
  const auto rows = query_rows.to(at::kCPU).contiguous();
  const auto row_keys = at::empty({heads, rows.size(0), 1}, at::kLong);
  auto* to = row_keys.mutable_data_ptr<int64_t>();
  for (int64_t head = first_head; head < first_head + heads; ++head) {
    const uint64_t seed = kernels::dropout_head_seed(dropout_seed(dropout), head);
    for (int64_t i = 0; i < rows.size(0); ++i) {
      *to++ = kernels::dropout_row_key(seed, rows.const_data_ptr<int64_t>()[i]);
    }
  }
  const auto hash = hash_words(key_rows.to(options.device()), row_keys.to(options.device()));
  const auto keep = hash.ge(static_cast<int64_t>(kernels::dropout_threshold(dropout.p)));
  return keep.to(options).mul(1 / (1 - dropout.p));
}

at::Tensor dropout_factors(const Dropout& dropout, int64_t batch, int64_t heads, const at::Tensor& query_rows,
                           const at::Tensor& key_rows, const at::TensorOptions& options) {
  const auto factors = head_dropout_factors(dropout, 0, batch * heads, query_rows, key_rows, options);
  return factors.defined() ? factors.view({batch, heads, query_rows.size(0), -1}) : factors;
}

}  // namespace heed::attention
