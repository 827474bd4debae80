// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/window_fused.h"

#include <algorithm>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "heed/attention/dropout.h"
#include "heed/kernels/dropout_hash.h"
#include "heed/kernels/isa.h"

namespace heed::attention {
namespace {

using kernels::Rows;

/// With fewer heads than this, heads are split into bands of query rows to have work for all cores. A
/// constant: the bands must not depend on the number of threads.
constexpr int64_t kEnoughWork = 16;
/// A band reads a window's radius of keys above and below it: shorter bands would do little else.
constexpr int64_t kShortestBand = 8;

at::Tensor readable(const at::Tensor& tensor) {
  return tensor.stride(3) == 1 || tensor.size(3) == 1 ? tensor : tensor.contiguous();
}
std::optional<at::Tensor> readable(const std::optional<at::Tensor>& table) {
  return table ? std::optional(table->contiguous()) : table;
}

kernels::Element element_of(const at::Tensor& tensor) {
  return tensor.scalar_type() == at::kFloat ? kernels::Element::kFloat : kernels::Element::kBfloat16;
}

/// The rows of batch element b and head h, from row `row` on.
Rows rows_of(const at::Tensor& tensor, int64_t b, int64_t h, int64_t row = 0) {
  if (tensor.numel() == 0) return {};
  const int64_t at = b * tensor.stride(0) + h * tensor.stride(1) + row * tensor.stride(2);
  return {static_cast<char*>(const_cast<void*>(tensor.const_data_ptr())) + at * tensor.element_size(),
          tensor.stride(2)};
}
Rows table_of(const at::Tensor& table, int64_t h) {
  return rows_of(table.unsqueeze(0), 0, table.size(0) == 1 ? 0 : h);
}

/// Memory for a result like `like`, whose rows are contiguous whatever its strides are.
at::Tensor rows_like(const at::Tensor& like) {
  const auto result = at::empty_like(like);
  return result.numel() == 0 || result.stride(3) == 1 ? result : at::empty(like.sizes(), like.options());
}
/// `rows` with the strides that at::empty_like gives, as the operators promise.
at::Tensor strided_like(const at::Tensor& rows, const at::Tensor& like) {
  const auto result = at::empty_like(like);
  return rows.strides() == result.strides() && rows.scalar_type() == like.scalar_type() ? rows
                                                                                        : result.copy_(rows);
}

struct Band {
  int64_t b, h, index;  ///< index among the head's bands
  int32_t begin, end;   ///< query rows
};

/// One call: the problem as the kernels take it, and its bands.
struct Job {
  WindowInputs in;
  kernels::WindowProblem problem;
  int64_t bands;  ///< of a head
  int64_t band_rows;
  kernels::Dropout dropout;
  uint64_t seed;

  explicit Job(const WindowInputs& inputs) : in(inputs) {
    in.query = readable(in.query), in.key = readable(in.key), in.value = readable(in.value);
    in.row = readable(in.row), in.column = readable(in.column);
    const Window2d& p = in.pattern;
    const auto small = [](int64_t x) { return static_cast<int32_t>(x); };
    problem = {small(p.height),         small(p.width),
               small(p.size),           small(p.stride),
               small(in.query.size(3)), p.border == Border::kZero,
               in.row.has_value(),      static_cast<float>(in.scale),
               element_of(in.query)};
    const int64_t height = in.query_height(),
                  heads = std::max<int64_t>(in.query.size(0) * in.query.size(1), 1);
    const int64_t shortest = std::max(kShortestBand, p.size / p.stride);
    band_rows = std::max((height * heads + kEnoughWork - 1) / kEnoughWork, shortest);
    bands = heads >= kEnoughWork ? 1 : std::max<int64_t>(1, height / band_rows);
    band_rows = (height + bands - 1) / bands;
    bands = (height + band_rows - 1) / band_rows;
    dropout = {in.dropout.p > 0 ? kernels::dropout_threshold(in.dropout.p) : 0,
               static_cast<float>(1 / (1 - in.dropout.p)), 0};
    seed = dropout_seed(in.dropout);
  }

  Band band(int64_t i) const {
    const int64_t head = i / bands, index = i % bands, begin = index * band_rows;
    return {head / in.query.size(1), head % in.query.size(1), index, static_cast<int32_t>(begin),
            static_cast<int32_t>(std::min(begin + band_rows, in.query_height()))};
  }

  kernels::WindowHead head(const Band& band, const at::Tensor& output, const at::Tensor& logsumexp) const {
    kernels::WindowHead head;
    head.query = rows_of(in.query, band.b, band.h), head.output = rows_of(output, band.b, band.h);
    head.key = rows_of(in.key, band.b, band.h), head.value = rows_of(in.value, band.b, band.h);
    if (in.row) head.row = table_of(*in.row, band.h), head.column = table_of(*in.column, band.h);
    const int64_t number = band.b * in.query.size(1) + band.h;
    head.logsumexp = const_cast<float*>(logsumexp.const_data_ptr<float>()) + number * in.query.size(2);
    head.dropout = dropout;
    head.dropout.seed = kernels::dropout_head_seed(seed, number);
    return head;
  }

  kernels::WindowKeyRows key_rows(const Band& band) const {
    return kernels::window_key_rows(problem, band.begin, band.end);
  }

  /// Calls work(band, scratch) for every band, over all cores.
  template <typename Work>
  void for_bands(int64_t (*scratch_floats)(const kernels::WindowProblem&, int32_t, int32_t) noexcept,
                 const Work& work) const {
    if (in.query.numel() == 0) return;
    int64_t floats = 0;
    for (int64_t i = 0; i < bands; ++i) {
      floats = std::max(floats, scratch_floats(problem, band(i).begin, band(i).end));
    }
    at::parallel_for(0, in.query.size(0) * in.query.size(1) * bands, 1, [&](int64_t begin, int64_t end) {
      const auto scratch =
          c10::GetAllocator(at::kCPU)->allocate(floats * sizeof(float));  // aligned to 64 bytes
      for (int64_t i = begin; i < end; ++i) work(band(i), static_cast<float*>(scratch.get()));
    });
  }
};

/// Gradients of keys (or values), in float32: sums what each band gave, in the order of the bands.
at::Tensor sum_of_bands(const Job& job, const at::Tensor& partial, at::IntArrayRef sizes) {
  const auto total = at::zeros(sizes, partial.options());
  for (int64_t i = 0; i < job.bands; ++i) {
    const auto rows = job.key_rows(job.band(i));
    const int64_t width = job.in.pattern.width, begin = rows.begin * width,
                  count = (rows.end - rows.begin) * width;
    total.narrow(2, begin, count).add_(partial.select(2, i).narrow(2, 0, count));
  }
  return total;
}

}  // namespace

bool window_fused_supports(const WindowInputs& in) {
  const auto dtype = in.query.scalar_type();
  const int64_t head_dim = in.query.size(3);
  return in.query.is_cpu() && (dtype == at::kFloat || dtype == at::kBFloat16) && head_dim >= 8 &&
         head_dim <= 256;
}

Result window_fused_forward(const WindowInputs& in) {
  const Job job(in);
  const auto& kernel = kernels::cpu_kernels().window;
  const auto output = rows_like(in.query);
  const auto logsumexp = at::empty(in.query.sizes().slice(0, 3), in.query.options().dtype(at::kFloat));
  job.for_bands(kernel.forward_scratch, [&](const Band& band, float* scratch) {
    kernel.forward(job.problem, job.head(band, output, logsumexp), band.begin, band.end, scratch);
  });
  return {strided_like(output, in.query), logsumexp};
}

/// Where the kernels write gradients: those of keys and values in one piece for each band, in float32, if
/// there are several bands.
struct Pieces {
  at::Tensor query, key, value, tables;

  Pieces(const Job& job, const WindowInputs& in) : query(rows_like(in.query)) {
    const auto floats = in.query.options().dtype(at::kFloat);
    const int64_t batch = in.query.size(0), heads = in.query.size(1), head_dim = in.query.size(3);
    tables = at::empty({batch, heads, job.bands, 2, in.pattern.size, in.row ? head_dim / 2 : 0}, floats);
    if (job.bands == 1) {
      key = rows_like(in.key), value = rows_like(in.value);
      // No query sees the rows below the last window.
      if (job.key_rows(job.band(0)).end < in.pattern.height) key.zero_(), value.zero_();
      return;
    }
    int64_t rows = 0;
    for (int64_t i = 0; i < job.bands; ++i) {
      const auto seen = job.key_rows(job.band(i));
      rows = std::max<int64_t>(rows, seen.end - seen.begin);
    }
    key = at::empty({batch, heads, job.bands, rows * in.pattern.width, head_dim}, floats);
    value = at::empty_like(key);
  }

  kernels::WindowGradients of(const Band& band, const at::Tensor& output_grad) const {
    const auto piece = [&](const at::Tensor& grad) {
      return rows_of(grad.dim() == 5 ? grad.select(2, band.index) : grad, band.b, band.h);
    };
    kernels::WindowGradients grads;
    grads.output_grad = rows_of(output_grad, band.b, band.h),
    grads.query_grad = rows_of(query, band.b, band.h);
    grads.key_grad = piece(key), grads.value_grad = piece(value);
    grads.key_element = element_of(key);
    grads.table_grad = tables[band.b][band.h][band.index].data_ptr<float>();
    return grads;
  }
};

WindowGradients window_fused_backward(const at::Tensor& output_grad, const WindowInputs& in,
                                      const at::Tensor& output, const at::Tensor& logsumexp) {
  const Job job(in);
  const auto& kernel = kernels::cpu_kernels().window;
  const auto out_grad = readable(output_grad), out = readable(output), sums = logsumexp.contiguous();
  const Pieces pieces(job, in);
  job.for_bands(kernel.backward_scratch, [&](const Band& band, float* scratch) {
    kernel.backward(job.problem, job.head(band, out, sums), pieces.of(band, out_grad), band.begin, band.end,
                    scratch);
  });
  const auto finish = [&](const at::Tensor& grad, const at::Tensor& like) {
    return strided_like(job.bands == 1 ? grad : sum_of_bands(job, grad, like.sizes()), like);
  };
  WindowGradients result;
  result.query = strided_like(pieces.query, in.query);
  result.key = finish(pieces.key, in.key), result.value = finish(pieces.value, in.value);
  if (in.row) {
    const auto by_head = pieces.tables.sum(2);
    result.row = in.table_grad(by_head.select(2, 0), *in.row);
    result.column = in.table_grad(by_head.select(2, 1), *in.column);
  }
  return result;
}

}  // namespace heed::attention
