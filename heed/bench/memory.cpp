// SPDX-License-Identifier: Apache-2.0
#include "heed/bench/memory.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>

#include <ATen/ATen.h>
#include <torch/autograd.h>

#include "heed/attention/attention.h"
#include "heed/bench/child_memory.h"
#include "heed/core/error.h"

namespace heed::bench {
namespace {

using attention::Backend;

/// Smallest number of queries at which a measurement is meaningful.
constexpr int64_t kShortest = 128;

struct Inputs {
  at::Tensor query, key, value, table;

  Inputs(const MemoryOptions& options, int64_t length) {
    const int64_t head_dim = options.width / options.heads;
    for (auto* tensor : {&query, &key, &value}) *tensor = at::randn({1, options.heads, length, head_dim});
    table = at::randn({options.heads, length, head_dim});
    for (auto* tensor : {&query, &key, &value, &table}) {
      tensor->requires_grad_(true);
      tensor->mutable_grad() = at::ones_like(*tensor);
    }
  }
};

/// Shaw et al. 2018 as first published: an embedding for every pair of positions, then query . embedding.
void gathered_scores(const Inputs& in) {
  at::NoGradGuard no_grad;
  const int64_t length = in.query.size(2);
  const auto positions = at::arange(length);
  const auto row = (length - 1 + positions - positions.unsqueeze(1)).clamp_max(length - 1).flatten();
  const auto pairs = in.table.index_select(1, row).view({in.table.size(0), length, length, -1});
  at::matmul(in.query[0].unsqueeze(2), pairs.transpose(-1, -2));
}

void forward_backward(const Inputs& in, Backend backend) {
  attention::Distance distance;
  distance.key = in.table;
  attention::Spec spec;
  spec.pattern = attention::Dense{.causal = true};
  spec.relation = distance;
  spec.backend = backend;
  attention::attend(in.query, in.key, in.value, spec).output.sum().backward();
}

using Work = std::function<void(const Inputs&)>;

/// Runs a short length first: memory that libraries allocate and keep at their first call does not belong to
/// the work.
double measured(const MemoryOptions& options, int64_t length, const Work& work) {
  std::optional<Inputs> inputs;
  const auto prepare = [&] {
    work(Inputs(options, std::min(length, kShortest)));
    inputs.emplace(options, length);
  };
  return peak_extra_memory(prepare, [&] { work(*inputs); });
}

std::string gigabytes(double bytes) {
  std::ostringstream text;
  text.precision(3);
  text << bytes / 1e9 << " GB";
  return text.str();
}

/// Measures at the longest length (by halving) whose expected memory fits; `expected(length)` grows with its
/// square.
void measure_quadratic(MemoryLine& line, const MemoryOptions& options, double limit,
                       const std::function<double(int64_t)>& expected, const Work& work) {
  int64_t length = options.length;
  while (length > kShortest && expected(length) > limit) length /= 2;
  if (expected(length) > limit) {
    line.note = "not measured: needs about " + gigabytes(expected(length)) + ", limit " + gigabytes(limit);
    return;
  }
  const double factor = static_cast<double>(options.length) / static_cast<double>(length);
  line.measured_bytes = factor * factor * measured(options, length, work);
  if (length != options.length) {
    std::ostringstream note;
    note << "measured at length " << length << " and multiplied by " << factor * factor << ": length "
         << options.length << " needs about " << gigabytes(expected(options.length)) << ", limit "
         << gigabytes(limit);
    line.note = note.str();
  }
}

MemoryLine line_of(const MemoryOptions& options, const std::string& what, double computed) {
  return {.what = what,
          .length = options.length,
          .width = options.width,
          .computed_bytes = computed,
          .measured_bytes = -1,
          .note = ""};
}

double matrix_bytes(int64_t rows, int64_t columns) {
  return 4.0 * static_cast<double>(rows) * static_cast<double>(columns);
}

MemoryLine gathered_line(const MemoryOptions& options, double limit) {
  const double width = static_cast<double>(options.width);
  auto line = line_of(options, "relative embeddings gathered for every pair (Shaw et al. 2018), forward",
                      matrix_bytes(options.length, options.length) * width);
  const auto expected = [&](int64_t length) { return 1.1 * matrix_bytes(length, length) * width; };
  measure_quadratic(line, options, limit, expected, gathered_scores);
  return line;
}

MemoryLine skewed_line(const MemoryOptions& options) {
  auto line = line_of(options, "relative embeddings for skewing (Huang et al. 2018)",
                      matrix_bytes(options.length, options.width));
  at::Tensor rows;
  line.measured_bytes =
      measured(options, options.length, [&](const Inputs& in) { rows = in.table.detach().clone(); });
  return line;
}

MemoryLine reference_line(const MemoryOptions& options, double limit) {
  auto line = line_of(options, "attention by skewing, backend reference, forward and backward", -1);
  const auto expected = [&](int64_t length) {
    return 5 * static_cast<double>(options.heads) * matrix_bytes(length, length);  // five exist at the peak
  };
  measure_quadratic(line, options, limit, expected,
                    [](const Inputs& in) { forward_backward(in, Backend::kReference); });
  return line;
}

/// Measures a backend whose memory is linear in the length, without scaling.
MemoryLine linear_line(const MemoryOptions& options, Backend backend) {
  const std::string name = attention::backend_name(backend);
  auto line = line_of(options, "attention by skewing, backend " + name + ", forward and backward", -1);
  line.measured_bytes =
      measured(options, options.length, [=](const Inputs& in) { forward_backward(in, backend); });
  return line;
}

void check(const MemoryOptions& options) {
  if (options.length < 1 || options.width < 1 || options.heads < 1 || options.width % options.heads != 0) {
    throw Error(ErrorKind::kUsage, "length, width and heads must be positive, and heads must divide width");
  }
}

}  // namespace

double available_memory() {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("MemAvailable:", 0) == 0) return std::stod(line.substr(13)) * 1024;
  }
  return 0;
}

std::vector<MemoryLine> relative_attention_memory(const MemoryOptions& options) {
  check(options);
  const double limit = options.limit_bytes > 0 ? options.limit_bytes : available_memory() / 2;
  return {gathered_line(options, limit), skewed_line(options), reference_line(options, limit),
          linear_line(options, Backend::kTiled), linear_line(options, Backend::kFused)};
}

}  // namespace heed::bench
