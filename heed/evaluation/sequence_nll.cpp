// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/sequence_nll.h"

#include <algorithm>
#include <numeric>

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include "heed/nn/inference_scope.h"

namespace heed::evaluation {
namespace {

/// Feeds tokens [start, start + length) and scores the predictions from `scored` on.
struct Window {
  int64_t start, scored;
};

/// Returns windows over `inputs` tokens that feed `context` tokens each.
std::vector<Window> make_windows(int64_t inputs, int64_t context, int64_t stride) {
  std::vector<Window> windows{{0, 0}};
  for (int64_t reached = context; reached < inputs;) {
    const int64_t start = std::min(windows.back().start + stride, inputs - context);
    windows.push_back({start, reached});
    reached = start + context;
  }
  return windows;
}

/// Returns -ln p [windows, context] in float64 on the CPU for the token after each fed token.
at::Tensor score(nn::SequenceModel& model, const at::Tensor& piece, std::span<const Window> windows,
                 int64_t context, const WindowOptions& options) {
  std::vector<at::Tensor> tokens, targets, positions;
  for (const Window& window : windows) {
    tokens.push_back(piece.narrow(0, window.start, context));
    targets.push_back(piece.narrow(0, window.start + 1, context));
    const int64_t first = options.restart_positions ? window.start % options.period : window.start;
    positions.push_back(at::arange(first, first + context, piece.options()));
  }
  const at::Tensor logits = model.forward({at::stack(tokens), at::stack(positions), std::nullopt});
  const at::Tensor log_p = at::log_softmax(logits.to(at::kFloat), -1);  // [windows, context, vocabulary]
  return log_p.gather(-1, at::stack(targets).unsqueeze(-1)).squeeze(-1).neg().to(at::kCPU, at::kDouble);
}

}  // namespace

NllTotal& NllTotal::operator+=(const NllTotal& other) {
  nats += other.nats;
  tokens += other.tokens;
  return *this;
}

std::vector<double> token_nll(nn::SequenceModel& model, std::span<const int64_t> tokens,
                              const WindowOptions& options) {
  TORCH_CHECK(!tokens.empty(), "[token_nll] the piece is empty");
  TORCH_CHECK(options.context >= 0 && options.stride >= 0 && options.batch >= 1 && options.period >= 1,
              "[token_nll] context and stride must not be negative, batch and period at least 1");
  TORCH_CHECK(options.context == 0 || options.stride <= options.context, "[token_nll] stride ",
              options.stride, " exceeds the context ", options.context);
  const auto inputs = static_cast<int64_t>(tokens.size()) - 1;
  std::vector<double> nll(static_cast<size_t>(inputs));
  if (inputs == 0) return nll;
  const int64_t context = options.context == 0 ? inputs : std::min(options.context, inputs);
  const int64_t stride = options.stride == 0 ? std::max<int64_t>(1, options.context / 2) : options.stride;

  const nn::InferenceScope scope(model);
  const at::Tensor piece =
      at::tensor(at::IntArrayRef(tokens.data(), tokens.size()), at::kLong).to(nn::device_of(model));
  const std::vector<Window> windows = make_windows(inputs, context, stride);
  for (size_t i = 0; i < windows.size(); i += static_cast<size_t>(options.batch)) {
    const size_t count = std::min(windows.size() - i, static_cast<size_t>(options.batch));
    const std::span<const Window> batch(&windows[i], count);
    const at::Tensor scores = score(model, piece, batch, context, options).contiguous();
    for (size_t row = 0; row < count; ++row) {
      const double* values = scores.data_ptr<double>() + static_cast<int64_t>(row) * context;
      const Window& window = batch[row];
      std::copy(values + (window.scored - window.start), values + context, nll.begin() + window.scored);
    }
  }
  return nll;
}

NllTotal total_nll(std::span<const double> nll) {
  return {std::accumulate(nll.begin(), nll.end(), 0.0), static_cast<int64_t>(nll.size())};
}

}  // namespace heed::evaluation
