// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <torch/autograd.h>

#include "heed/attention/attention.h"

namespace heed::attention::testing {

/// One problem: what is asked, and the tensors for it.
struct Case {
  int64_t batch = 2, heads = 3, queries = 5, keys = 5, head_dim = 4;
  bool causal = false;
  int64_t relation_rows = 0;  ///< 0: no relation
  bool shared_table = false, relation_value = false, clip = true;
  std::vector<int64_t> key_lengths = {}, query_start = {};
  std::vector<std::vector<int64_t>> segments = {};
  double dropout = 0;
  at::ScalarType dtype = at::kDouble;
  uint64_t seed = 1;

  std::string text() const;
};

struct Tensors {
  at::Tensor query, key, value, relation_key, relation_value;
  /// Those of a case that has them all, in this order; absent tables are left out.
  std::vector<at::Tensor> all() const;
};

/// Standard normal inputs that are a function of the case alone; tensors are leaves that require gradients.
Tensors make_tensors(const Case& c);
Spec make_spec(const Case& c, const Tensors& tensors, Backend backend);
/// attend() with that backend. The fused one, which has no float64, gets float64 inputs as float32.
Result attend_case(const Case& c, const Tensors& tensors, Backend backend);

/// Outputs and gradients of sum(output * weight) for a fixed weight.
struct Outcome {
  at::Tensor output, logsumexp;
  std::vector<at::Tensor> gradients;
};
Outcome run_case(const Case& c, Backend backend);

/// A case drawn from everything the operator allows.
Case random_case(std::mt19937_64& random);

/// The operator written from its definition, one number at a time, in double.
at::Tensor naive_attention(const Case& c, const Tensors& tensors);

}  // namespace heed::attention::testing
