// SPDX-License-Identifier: Apache-2.0
// Causal attention with the relative positions of the Music Transformer, in a program outside heed's tree.
#include <cstdio>

#include <ATen/Functions.h>

#include "heed/attention/attention.h"

int main() {
  namespace attention = heed::attention;
  const int64_t batch = 1, heads = 2, length = 5, head_dim = 8;
  const at::Tensor x = at::ones({batch, heads, length, head_dim});
  attention::Spec spec;
  spec.pattern = attention::Dense{.causal = true};
  spec.relation = attention::Distance{.key = at::zeros({heads, length, head_dim}), .value = {}};
  const at::Tensor output = attention::attend(x, x, x, spec).output;
  const double mean = output.mean().item<double>();
  std::printf("attended to %lld positions, mean %.3f\n", static_cast<long long>(output.size(2)), mean);
  return mean > 0.999 && mean < 1.001 ? 0 : 1;  // attention weights sum to 1, so the mean of ones is 1
}
