// SPDX-License-Identifier: Apache-2.0
#include "heed/bench/complexity.h"

#include <cmath>
#include <numeric>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/conv1d.h>
#include <ATen/ops/randn.h>

#include "heed/attention/attention.h"
#include "heed/nn/heads.h"
#include "heed/nn/linear.h"
#include "heed/nn/lstm.h"

namespace heed::bench {
namespace {

constexpr MixingLayer kLayers[] = {MixingLayer::kSelfAttention, MixingLayer::kLocalAttention,
                                   MixingLayer::kRecurrent, MixingLayer::kConvolution};

bool is_attention(MixingLayer layer) {
  return layer == MixingLayer::kSelfAttention || layer == MixingLayer::kLocalAttention;
}

double real(int64_t number) {
  return static_cast<double>(number);
}

Timing time(const std::function<void()>& work, int repeats) {
  work();  // packs weights and makes plans
  std::vector<double> times;
  for (int i = 0; i < repeats; ++i) times.push_back(milliseconds(work));
  return summarize(times);
}

/// Attention over [1, length, width], optionally with its projections.
class AttentionWork {
 public:
  AttentionWork(MixingLayer layer, const LayerShape& shape, int64_t heads)
      : input_(at::randn({1, shape.length, shape.width})),
        query_key_value_(shape.width, 3 * shape.width),
        output_(shape.width, shape.width),
        heads_(std::gcd(heads, shape.width)) {
    if (layer == MixingLayer::kSelfAttention) {
      spec_.pattern = attention::Dense{.causal = false};
    } else {
      spec_.pattern = attention::Local1d{.query_block = shape.block, .memory_before = shape.block};
    }
    projected_ = nn::split_heads(query_key_value_->forward(input_), 3, heads_);
  }
  void mix() const { attention::attend(projected_[0], projected_[1], projected_[2], spec_); }
  void whole() {
    const auto parts = nn::split_heads(query_key_value_->forward(input_), 3, heads_);
    output_->forward(nn::merge_heads(attention::attend(parts[0], parts[1], parts[2], spec_).output));
  }

 private:
  at::Tensor input_;
  nn::Linear query_key_value_, output_;
  int64_t heads_;
  attention::Spec spec_;
  std::vector<at::Tensor> projected_;
};

void measure(ComplexityRow& row, const ComplexityOptions& options) {
  const auto& shape = row.shape;
  if (is_attention(row.layer)) {
    AttentionWork work(row.layer, shape, options.heads);
    row.mixing = time([&] { work.mix(); }, options.repeats);
    row.layer_with_projections = time([&] { work.whole(); }, options.repeats);
    return;
  }
  if (row.layer == MixingLayer::kRecurrent) {
    nn::LstmLayer lstm(shape.width, shape.width);
    const at::Tensor input = at::randn({shape.length, 1, shape.width});
    row.mixing = time([&] { lstm->forward(input); }, options.repeats);
  } else {
    const at::Tensor input = at::randn({1, shape.width, shape.length});
    const at::Tensor weight = at::randn({shape.width, shape.width, shape.kernel});
    row.mixing = time([&] { at::conv1d(input, weight, {}, 1, shape.kernel / 2); }, options.repeats);
  }
  row.layer_with_projections = row.mixing;
}

}  // namespace

const char* name(MixingLayer layer) {
  switch (layer) {
    case MixingLayer::kSelfAttention:
      return "self-attention";
    case MixingLayer::kLocalAttention:
      return "local attention";
    case MixingLayer::kRecurrent:
      return "recurrent (LSTM)";
    case MixingLayer::kConvolution:
      return "convolution";
  }
  return "?";
}

double local_keys(const LayerShape& shape) {
  return real(shape.block) + (real(shape.block) + 1) / 2;
}

double mixing_operations(MixingLayer layer, const LayerShape& shape) {
  const double n = real(shape.length), d = real(shape.width);
  switch (layer) {
    case MixingLayer::kSelfAttention:
      return 4 * n * n * d;
    case MixingLayer::kLocalAttention:
      return 4 * n * local_keys(shape) * d;
    case MixingLayer::kRecurrent:
      return 16 * n * d * d;
    case MixingLayer::kConvolution:
      return 2 * real(shape.kernel) * n * d * d;
  }
  return 0;
}

double projection_operations(MixingLayer layer, const LayerShape& shape) {
  return is_attention(layer) ? 8 * real(shape.length) * real(shape.width) * real(shape.width) : 0;
}

double crossing_length(MixingLayer a, MixingLayer b, const LayerShape& shape, bool projections) {
  // A position's cost is slope * n + rest; the slope is nonzero only for self-attention.
  const auto cost = [&](MixingLayer layer, int64_t length) {
    LayerShape at = shape;
    at.length = length;
    const double whole = mixing_operations(layer, at) + (projections ? projection_operations(layer, at) : 0);
    return whole / real(length);
  };
  const double slope = (cost(a, 2) - cost(a, 1)) - (cost(b, 2) - cost(b, 1));
  const double rest = (2 * cost(a, 1) - cost(a, 2)) - (2 * cost(b, 1) - cost(b, 2));
  const double length = slope == 0 ? 0 : -rest / slope;
  return length > 0 ? length : 0;
}

std::vector<ComplexityRow> measure_complexity(const ComplexityOptions& options) {
  const at::NoGradGuard no_grad;
  std::vector<ComplexityRow> rows;
  const auto total =
      static_cast<int64_t>(std::size(kLayers) * options.lengths.size() * options.widths.size());
  for (const int64_t width : options.widths) {
    for (const int64_t length : options.lengths) {
      for (const MixingLayer layer : kLayers) {
        const LayerShape shape{
            .length = length, .width = width, .kernel = options.kernel, .block = options.block};
        ComplexityRow row{.layer = layer, .shape = shape};
        row.mixing_operations = mixing_operations(layer, shape);
        row.projection_operations = projection_operations(layer, shape);
        row.steps = layer == MixingLayer::kRecurrent ? length : 1;
        if (options.progress) options.progress(static_cast<int64_t>(rows.size()), total, name(layer));
        measure(row, options);
        rows.push_back(row);
      }
    }
  }
  return rows;
}

}  // namespace heed::bench
