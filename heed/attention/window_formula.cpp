// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/window_formula.h"

#include <algorithm>
#include <limits>

#include <ATen/ATen.h>

#include "heed/attention/checks.h"
#include "heed/attention/dropout.h"
#include "heed/attention/window_reference.h"

namespace heed::attention {
namespace {

/// Query rows begin..end of the image of queries.
struct Band {
  int64_t begin, end;
  int64_t rows() const { return end - begin; }
};

/// One problem, its images padded by the window's radius: [batch, heads, padded height, padded width,
/// head_dim].
class Windows {
 public:
  explicit Windows(const WindowInputs& in)
      : in_(in),
        type_(accumulation_type(in.query.scalar_type())),
        query_(image(in.query.to(type_) * in.scale)) {
    key_ = padded(in.key);
    value_ = padded(in.value);
    if (in.row) row_ = in.row->to(type_), column_ = in.column->to(type_);
    const Window2d& p = in.pattern;
    const double beyond = p.border == Border::kMasked ? -std::numeric_limits<double>::infinity() : 0;
    const int64_t r = p.size / 2;
    border_ = at::constant_pad_nd(at::zeros({p.height, p.width}, query_.options()), {r, r, r, r}, beyond)
                  .unsqueeze(-1);
  }

  int64_t band_rows(int64_t band_scores) const {
    const int64_t scores = in_.query.size(0) * in_.query.size(1) * in_.query_width() * in_.cells();
    return std::max<int64_t>(1, band_scores / std::max<int64_t>(scores, 1));
  }

  /// [batch, heads, positions, n] -> [batch, heads, height, width, n] of queries
  at::Tensor image(const at::Tensor& rows) const {
    return rows.unflatten(2, {in_.query_height(), in_.query_width()});
  }
  at::Tensor padded(const at::Tensor& keys) const {
    const int64_t r = in_.pattern.size / 2;
    return at::constant_pad_nd(keys.to(type_).unflatten(2, {in_.pattern.height, in_.pattern.width}),
                               {0, 0, r, r, r, r});
  }
  at::Tensor unpadded(const at::Tensor& image) const {
    const int64_t r = in_.pattern.size / 2;
    return image.narrow(2, r, in_.pattern.height).narrow(3, r, in_.pattern.width).flatten(2, 3);
  }
  /// The pixels that the queries of a band see in one cell of their windows: a view of a padded image whose
  /// height is dimension `dim`.
  at::Tensor seen(const at::Tensor& image, Band band, int64_t cell, int64_t dim = 2) const {
    const int64_t s = in_.pattern.stride, y = cell / in_.pattern.size, x = cell % in_.pattern.size;
    return image.slice(dim, band.begin * s + y, (band.end - 1) * s + y + 1, s)
        .slice(dim + 1, x, (in_.query_width() - 1) * s + x + 1, s);
  }
  at::Tensor queries(Band band) const { return query_.narrow(2, band.begin, band.rows()); }
  const at::Tensor& key() const { return key_; }
  const at::Tensor& value() const { return value_; }
  at::ScalarType type() const { return type_; }

  /// [batch, heads, band height, width, size * size]
  at::Tensor scores(Band band) const {
    const auto query = queries(band);
    std::vector<at::Tensor> cells;
    for (int64_t cell = 0; cell < in_.cells(); ++cell) {
      auto score = (query * seen(key_, band, cell)).sum(-1);
      cells.push_back(score + seen(border_, band, cell, 0).squeeze(-1));
    }
    const auto scores = at::stack(cells, -1);
    return in_.row ? scores + relation(query) : scores;
  }
  /// Undefined without dropout.
  at::Tensor factors(Band band) const {
    if (in_.dropout.p == 0) return {};
    const int64_t width = in_.query_width(), pixels = in_.pattern.height * in_.pattern.width;
    const auto rows = at::arange(band.begin * width, band.end * width, query_.options().dtype(at::kLong));
    const auto keys = window_keys(in_, rows);
    const auto beyond = at::arange(in_.cells(), keys.options()) + pixels;
    return dropout_factors(in_.dropout, in_.query.size(0), in_.query.size(1), rows,
                           at::where(keys.eq(pixels), beyond, keys), query_.options())
        .unflatten(2, {band.rows(), width});
  }
  /// Adds the gradients that queries and tables [batch, heads, size, head_dim / 2] get through the relation.
  void relation_backward(const at::Tensor& scores_grad, Band band, at::Tensor& query_grad,
                         at::Tensor& row_grad, at::Tensor& column_grad) const {
    const int64_t half = query_.size(-1) / 2, size = in_.pattern.size;
    const auto by_cell = scores_grad.unflatten(-1, {size, size});
    const auto rows = by_cell.sum(-1).flatten(2, 3), columns = by_cell.sum(-2).flatten(2, 3);
    const auto query = queries(band).flatten(2, 3);
    const auto grad = at::cat({at::matmul(rows, row_.expand({in_.query.size(1), size, half})),
                               at::matmul(columns, column_.expand({in_.query.size(1), size, half}))},
                              -1);
    query_grad.add_(grad.view_as(query_grad));
    row_grad.add_(at::matmul(rows.transpose(-1, -2), query.narrow(-1, 0, half)));
    column_grad.add_(at::matmul(columns.transpose(-1, -2), query.narrow(-1, half, half)));
  }

 private:
  at::Tensor relation(const at::Tensor& query) const {
    const int64_t half = query.size(-1) / 2;
    const auto rows = at::matmul(query.narrow(-1, 0, half), row_.transpose(1, 2).unsqueeze(1));
    const auto columns = at::matmul(query.narrow(-1, half, half), column_.transpose(1, 2).unsqueeze(1));
    return (rows.unsqueeze(-1) + columns.unsqueeze(-2)).flatten(-2);
  }

  const WindowInputs& in_;
  at::ScalarType type_;
  at::Tensor query_, key_, value_, row_, column_, border_;
};

template <typename Work>
void for_bands(const WindowInputs& in, const Windows& windows, int64_t band_scores, const Work& work) {
  if (in.query.numel() == 0) return;
  const int64_t step = windows.band_rows(band_scores);
  for (int64_t y = 0; y < in.query_height(); y += step) work(Band{y, std::min(y + step, in.query_height())});
}

}  // namespace

Result window_formula_forward(const WindowInputs& in, int64_t band_scores) {
  const Windows windows(in);
  const auto options = in.query.options().dtype(windows.type());
  Result result{at::empty_like(in.query), at::empty(in.query.sizes().slice(0, 3), options)};
  for_bands(in, windows, band_scores, [&](Band band) {
    const auto scores = windows.scores(band);
    const auto logsumexp = at::logsumexp(scores, -1);
    auto weights = (scores - logsumexp.unsqueeze(-1)).exp();
    const auto factors = windows.factors(band);
    if (factors.defined()) weights = weights * factors;
    auto output = at::zeros_like(windows.queries(band));
    for (int64_t cell = 0; cell < in.cells(); ++cell) {
      output.addcmul_(weights.narrow(-1, cell, 1), windows.seen(windows.value(), band, cell));
    }
    const int64_t begin = band.begin * in.query_width(), count = band.rows() * in.query_width();
    result.output.narrow(2, begin, count).copy_(output.flatten(2, 3));
    result.logsumexp.narrow(2, begin, count).copy_(logsumexp.flatten(2, 3));
  });
  return result;
}

WindowGradients window_formula_backward(const at::Tensor& output_grad, const WindowInputs& in,
                                        const at::Tensor& output, const at::Tensor& logsumexp,
                                        int64_t band_scores) {
  const Windows windows(in);
  const auto grad_image = windows.image(output_grad.to(windows.type()));
  const auto delta = (grad_image * windows.image(output.to(windows.type()))).sum(-1, true);
  const auto sums = windows.image(logsumexp.unsqueeze(-1));
  auto query_image = at::zeros(windows.image(in.query).sizes(), grad_image.options());
  auto key_image = at::zeros_like(windows.key()), value_image = at::zeros_like(windows.value());
  const int64_t size = in.pattern.size, half = in.query.size(3) / 2;
  auto row = at::zeros({in.query.size(0), in.query.size(1), size, half}, grad_image.options());
  auto column = at::zeros_like(row);
  for_bands(in, windows, band_scores, [&](Band band) {
    const auto in_band = [&](const at::Tensor& image) { return image.narrow(2, band.begin, band.rows()); };
    const auto grad = in_band(grad_image), query = windows.queries(band);
    auto weights = (windows.scores(band) - in_band(sums)).exp();
    const auto factors = windows.factors(band);
    auto scores_grad = at::empty_like(weights);
    for (int64_t cell = 0; cell < in.cells(); ++cell) {
      auto weight_grad = (grad * windows.seen(windows.value(), band, cell)).sum(-1, true);
      if (factors.defined()) weight_grad = weight_grad * factors.narrow(-1, cell, 1);
      scores_grad.narrow(-1, cell, 1).copy_(weights.narrow(-1, cell, 1) * (weight_grad - in_band(delta)));
    }
    if (factors.defined()) weights = weights * factors;
    auto query_grad = at::zeros(query.sizes(), query.options());
    for (int64_t cell = 0; cell < in.cells(); ++cell) {
      const auto score_grad = scores_grad.narrow(-1, cell, 1);
      query_grad.addcmul_(score_grad, windows.seen(windows.key(), band, cell));
      windows.seen(key_image, band, cell).addcmul_(score_grad, query);
      windows.seen(value_image, band, cell).addcmul_(weights.narrow(-1, cell, 1), grad);
    }
    if (in.row) windows.relation_backward(scores_grad, band, query_grad, row, column);
    in_band(query_image).copy_(query_grad);
  });
  WindowGradients grads{at::empty_like(in.query), at::empty_like(in.key), at::empty_like(in.value)};
  grads.query.copy_(query_image.flatten(2, 3).mul_(in.scale));
  grads.key.copy_(windows.unpadded(key_image));
  grads.value.copy_(windows.unpadded(value_image));
  if (in.row) grads.row = in.table_grad(row, *in.row), grads.column = in.table_grad(column, *in.column);
  return grads;
}

}  // namespace heed::attention
