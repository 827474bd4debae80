// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include "heed/attention/local_geometry.h"
#include "heed/bench/attention_contests.h"
#include "heed/bench/attention_rivals.h"

namespace heed::bench {
namespace {

using attention::Backend;

struct LocalShape {
  attention::LocalPattern pattern;
  int64_t length = 0, heads = 8, head_dim = 64;
  int64_t relation_rows = 0;  ///< number of distances in the pattern
};

LocalShape local_1d(int64_t length, int64_t block) {
  return {attention::Local1d{.query_block = block, .memory_before = block}, length, 8, 64, 2 * block};
}

LocalShape local_2d(int64_t height, int64_t width, int64_t block) {
  const attention::Local2d pattern{height, width, 3, block, block, block};
  return {pattern, height * width * 3, 8, 64, attention::local_2d_relation_rows(pattern)};
}

/// Operations by formula for the pairs in the pattern: seven products, eleven with a relation (see
/// dense_contests.cpp).
Operations local_operations(const LocalShape& s, const at::Tensor& keep_mask, bool relation) {
  const double pairs = keep_mask.sum().item<double>();
  const double one = 2 * pairs * static_cast<double>(s.heads * s.head_dim);
  return relation ? Operations{3 * one, 8 * one} : Operations{2 * one, 5 * one};
}

attention::Spec local_spec(const LocalShape& s, const at::Tensor& table, Backend backend) {
  attention::Spec spec;
  std::visit([&](const auto& pattern) { spec.pattern = pattern; }, s.pattern);
  attention::Distance distance;
  distance.key = table;
  if (table.defined()) spec.relation = distance;
  spec.backend = backend;
  return spec;
}

std::vector<Rival> local_rivals(const LocalShape& s, bool relation) {
  Tensors plain;
  for (int i = 0; i < 3; ++i) plain.push_back(leaf({1, s.heads, s.length, s.head_dim}));
  const auto output_grad = at::randn_like(plain[0]).detach();
  const auto keep_mask = attention::local_pairs(s.pattern, at::arange(s.length), s.length).keep;
  const auto masked = [plain, keep_mask] {
    return at::scaled_dot_product_attention(plain[0], plain[1], plain[2], keep_mask);
  };
  const Rival rival{"libtorch, mask", "plain",     plain,
                    masked,           output_grad, local_operations(s, keep_mask, false)};
  if (!relation) {
    return {attend_rival("fused", "plain", plain, local_spec(s, {}, Backend::kFused), output_grad,
                         rival.operations),
            rival};
  }
  Tensors inputs = plain;
  inputs.push_back(leaf({s.heads, s.relation_rows, s.head_dim}));
  const auto ours = [&](const char* name, Backend backend) {
    return attend_rival(name, "relative", inputs, local_spec(s, inputs[3], backend), output_grad,
                        local_operations(s, keep_mask, true));
  };
  std::vector<Rival> rivals{ours("fused", Backend::kFused), ours("reference", Backend::kReference), rival};
  rivals.back().name = "libtorch, mask, no relation";
  return rivals;
}

/// Adds the pattern at its own length with and without a relation, then at half and twice the positions
/// without.
void add_contests(const std::string& name, const std::vector<LocalShape>& half_whole_double,
                  const LocalShape& tiny, std::vector<Contest>& contests) {
  const auto add = [&](const LocalShape& s, bool relation) {
    const std::string problem = relation ? name + " relative" : name;
    const auto shape = "1 x " + std::to_string(s.heads) + " x " + std::to_string(s.length) + " x " +
                       std::to_string(s.head_dim);
    contests.push_back({problem, shape, at::kFloat, problem, s.length,
                        [s, relation] { return local_rivals(s, relation); },
                        [tiny, relation] { return local_rivals(tiny, relation); }});
  };
  add(half_whole_double[1], false);
  add(half_whole_double[1], true);
  add(half_whole_double[0], false);
  add(half_whole_double[2], false);
}

}  // namespace

std::vector<Contest> local_contests(bool quick) {
  std::vector<Contest> contests;
  const int64_t length = quick ? 96 : 3072, block = quick ? 16 : 256;
  add_contests("local 1D",
               {local_1d(length / 2, block), local_1d(length, block), local_1d(2 * length, block)},
               local_1d(96, 16), contests);
  const int64_t side = quick ? 8 : 32, pixels = quick ? 4 : 8;
  add_contests(
      "local 2D",
      {local_2d(side / 2, side, pixels), local_2d(side, side, pixels), local_2d(2 * side, side, pixels)},
      local_2d(8, 8, 4), contests);
  return contests;
}

}  // namespace heed::bench
