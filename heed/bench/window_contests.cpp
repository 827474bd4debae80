// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include "heed/bench/attention_contests.h"
#include "heed/bench/attention_rivals.h"
#include "heed/nn/linear.h"

namespace heed::bench {
namespace {

using attention::Backend;
using attention::Border;

struct WindowShape {
  int64_t batch = 8, height = 56, width = 56, heads = 8, head_dim = 8, size = 7;
  int64_t length() const { return height * width; }
  int64_t channels() const { return heads * head_dim; }
  Unfolding unfolding() const { return {height, width, size}; }
};

std::string text(const WindowShape& s) {
  return std::to_string(s.batch) + " x " + std::to_string(s.height) + " x " + std::to_string(s.width) +
         " x " + std::to_string(s.channels()) + ", " + std::to_string(s.heads) + " heads";
}

double count(int64_t a, int64_t b, int64_t c) {
  return static_cast<double>(a) * static_cast<double>(b) * static_cast<double>(c);
}

/// Q K^T and P V for every cell of the window, including borders; the tables meet the query in size + size
/// rows of half a head. The backward pass recomputes the scores and has two products for each.
Operations window_operations(const WindowShape& s) {
  const double products = 2 * count(s.batch * s.length(), s.channels(), s.size * s.size);
  const double tables = 2 * count(s.batch * s.length(), s.channels(), s.size);
  return {2 * products + tables, 5 * products + 3 * tables};
}

Operations convolution_operations(const WindowShape& s) {
  const double one = 2 * count(s.batch * s.length(), s.channels() * s.channels(), s.size * s.size);
  return {one, 2 * one};
}

/// Adds the 1 x 1 projections to query, key and value.
Operations layer_operations(const WindowShape& s) {
  const double projections = 2 * count(s.batch * s.length(), s.channels(), 3 * s.channels());
  const Operations window = window_operations(s);
  return {window.forward + projections, window.backward + 2 * projections};
}

attention::Spec window_spec(const WindowShape& s, const at::Tensor& row, const at::Tensor& column,
                            Border border, Backend backend) {
  attention::Spec spec;
  spec.pattern = attention::Window2d{.height = s.height, .width = s.width, .size = s.size, .border = border};
  spec.relation = attention::RowColumn{.row = row, .column = column};
  spec.backend = backend;
  return spec;
}

Rival convolution(const WindowShape& s, const std::string& name, at::MemoryFormat format) {
  const auto image = at::randn({s.batch, s.channels(), s.height, s.width}).contiguous(format);
  const auto weight = at::randn({s.channels(), s.channels(), s.size, s.size}).contiguous(format);
  const Tensors inputs{image.requires_grad_(true), weight.requires_grad_(true)};
  const int64_t padding = s.size / 2;
  const auto forward = [inputs, padding] { return at::conv2d(inputs[0], inputs[1], {}, 1, padding); };
  return {name, name, inputs, forward, at::randn_like(inputs[0]).detach(), convolution_operations(s)};
}

void add_convolutions(const WindowShape& s, std::vector<Rival>& rivals) {
  rivals.push_back(convolution(s, "libtorch convolution", at::MemoryFormat::Contiguous));
  rivals.push_back(convolution(s, "libtorch convolution, channels last", at::MemoryFormat::ChannelsLast));
}

std::vector<Rival> operator_rivals(const WindowShape& s) {
  Tensors inputs;
  for (int i = 0; i < 3; ++i) inputs.push_back(leaf({s.batch, s.heads, s.length(), s.head_dim}));
  for (int i = 0; i < 2; ++i) inputs.push_back(leaf({s.heads, s.size, s.head_dim / 2}));
  const auto output_grad = at::randn_like(inputs[0]).detach();
  const auto ours = [&](const char* name, const char* answer, Border border, Backend backend) {
    return attend_rival(name, answer, inputs, window_spec(s, inputs[3], inputs[4], border, backend),
                        output_grad, window_operations(s));
  };
  Tensors planes;  // positions innermost, as unfolding requires
  for (const auto& input : inputs) planes.push_back(input.dim() == 4 ? leaf_with_innermost(input, 2) : input);
  const auto unfold = [planes, window = s.unfolding()] {
    return unfold_attention(planes[0], planes[1], planes[2], planes[3], planes[4], window);
  };
  auto check = ours("reference", "masked", Border::kMasked, Backend::kReference);
  check.timed = false;
  std::vector<Rival> rivals{ours("fused", "zero", Border::kZero, Backend::kFused),
                            ours("fused, borders masked", "masked", Border::kMasked, Backend::kFused),
                            check,
                            {"libtorch, unfold", "zero", planes, unfold, leaf_with_innermost(output_grad, 2),
                             window_operations(s)}};
  add_convolutions(s, rivals);
  return rivals;
}

/// x [batch, length, channels]; weight [3 channels, channels] computes query, key and value.
at::Tensor fused_layer(const Tensors& inputs, const WindowShape& s) {
  const auto projected = nn::linear(inputs[0], inputs[1], {})
                             .view({s.batch, s.length(), 3, s.heads, s.head_dim})
                             .permute({2, 0, 3, 1, 4});
  const auto spec = window_spec(s, inputs[2], inputs[3], Border::kZero, Backend::kFused);
  return attention::attend(projected[0], projected[1], projected[2], spec)
      .output.transpose(1, 2)
      .reshape({s.batch, s.length(), s.channels()});
}

/// The same in planes: positions are innermost in x and in the output.
at::Tensor unfold_layer(const Tensors& inputs, const WindowShape& s) {
  const auto image = inputs[0].transpose(1, 2).reshape({s.batch, s.channels(), s.height, s.width});
  const auto projected = at::conv2d(image, inputs[1].view({3 * s.channels(), s.channels(), 1, 1}))
                             .view({s.batch, 3, s.heads, s.head_dim, s.length()})
                             .transpose(3, 4);
  return unfold_attention(projected.select(1, 0), projected.select(1, 1), projected.select(1, 2), inputs[2],
                          inputs[3], s.unfolding())
      .transpose(2, 3)
      .reshape({s.batch, s.channels(), s.length()})
      .transpose(1, 2);
}

std::vector<Rival> layer_rivals(const WindowShape& s) {
  const auto x = leaf({s.batch, s.length(), s.channels()});
  const auto weight = (at::randn({3 * s.channels(), s.channels()}) / 8).requires_grad_(true);
  const Tensors tables{leaf({s.heads, s.size, s.head_dim / 2}), leaf({s.heads, s.size, s.head_dim / 2})};
  const Tensors inputs{x, weight, tables[0], tables[1]};
  const Tensors planes{leaf_with_innermost(x, 1), weight, tables[0], tables[1]};
  const auto output_grad = at::randn_like(x).detach();
  std::vector<Rival> rivals{
      {"fused", "layer", inputs, [inputs, s] { return fused_layer(inputs, s); }, output_grad,
       layer_operations(s)},
      {"libtorch, unfold", "layer", planes, [planes, s] { return unfold_layer(planes, s); },
       leaf_with_innermost(output_grad, 1), layer_operations(s)}};
  add_convolutions(s, rivals);
  return rivals;
}

}  // namespace

std::vector<Contest> window_contests(bool quick) {
  std::vector<Contest> contests;
  for (const int64_t size : {3, 7}) {
    const WindowShape tiny{.batch = 1, .height = 10, .width = 9, .heads = 2, .head_dim = 8, .size = size};
    WindowShape shape;
    if (quick) shape = tiny;
    shape.size = size;
    const std::string problem = "window " + std::to_string(size) + " x " + std::to_string(size);
    const auto add = [&](const std::string& name, std::vector<Rival> (*rivals)(const WindowShape&)) {
      contests.push_back({name, text(shape), at::kFloat, "", size, [=] { return rivals(shape); },
                          [=] { return rivals(tiny); }});
    };
    add(problem, operator_rivals);
    add(problem + " layer", layer_rivals);
  }
  return contests;
}

}  // namespace heed::bench
