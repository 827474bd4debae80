// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/window_op.h"

#include "heed/attention/dropout.h"
#include "heed/attention/operator_family.h"
#include "heed/attention/window_formula.h"
#include "heed/attention/window_fused.h"

namespace heed::attention {
namespace {

struct WindowArguments {
  Table row, column;
  int64_t height, width, size, stride;
  bool zero_border;
  double scale, dropout;
  OptionalTensor seed;

  auto list() const {
    return std::tie(row, column, height, width, size, stride, zero_border, scale, dropout, seed);
  }
};

struct WindowFamily {
  static constexpr const char* kName = "window_attention";
  static constexpr const char* kSchema =
      "Tensor? row, Tensor? column, int height, int width, int size, int stride, bool zero_border, float "
      "scale, "
      "float dropout, Tensor? seed";
  static constexpr std::array kTables{"row", "column"};
  using Arguments = WindowArguments;

  static WindowInputs inputs(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                             const WindowArguments& arguments) {
    Spec spec;
    spec.pattern = Window2d{arguments.height, arguments.width, arguments.size, arguments.stride,
                            arguments.zero_border ? Border::kZero : Border::kMasked};
    spec.score = Dot{.scale = arguments.scale};
    spec.dropout = {.p = arguments.dropout, .seed = arguments.seed.value_or(at::Tensor())};
    if (arguments.row || arguments.column) {
      spec.relation =
          RowColumn{arguments.row.value_or(at::Tensor()), arguments.column.value_or(at::Tensor())};
    }
    return check_window_inputs(query, key, value, spec);
  }

  static Result forward(const WindowInputs& in) {
    return window_fused_supports(in) ? window_fused_forward(in) : window_formula_forward(in);
  }

  static WindowGradients backward(const at::Tensor& output_grad, const WindowInputs& in,
                                  const at::Tensor& output, const at::Tensor& logsumexp) {
    return window_fused_supports(in) ? window_fused_backward(output_grad, in, output, logsumexp)
                                     : window_formula_backward(output_grad, in, output, logsumexp);
  }
};

}  // namespace

Result window_attention(const WindowInputs& in) {
  const Window2d& p = in.pattern;
  return AttentionOperator<WindowFamily>::call(
      in.query, in.key, in.value,
      {in.row, in.column, p.height, p.width, p.size, p.stride, p.border == Border::kZero, in.scale,
       in.dropout.p, seed_argument(in.dropout)});
}

TORCH_LIBRARY_FRAGMENT(heed, library) {
  AttentionOperator<WindowFamily>::define(library);
}

}  // namespace heed::attention
