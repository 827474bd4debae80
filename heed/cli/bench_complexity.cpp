// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>

#include "heed/bench/complexity.h"
#include "heed/cli/checks.h"
#include "heed/cli/program.h"
#include "heed/core/error.h"
#include "heed/core/progress.h"
#include "heed/rendering/plot.h"

namespace heed::cli {
namespace {

using bench::MixingLayer;

struct ComplexityFlags {
  bench::ComplexityOptions complexity;
  std::filesystem::path output;
};

constexpr MixingLayer kRivals[] = {MixingLayer::kLocalAttention, MixingLayer::kRecurrent,
                                   MixingLayer::kConvolution};

void print(const std::vector<bench::ComplexityRow>& rows) {
  std::printf(
      "| layer | length | width | mixing FLOP | projections FLOP | steps in sequence | mixing ms | layer ms "
      "| GFLOP/s |\n"
      "|---|---|---|---|---|---|---|---|---|\n");
  for (const auto& row : rows) {
    const double whole = row.mixing_operations + row.projection_operations;
    std::printf("| %s | %ld | %ld | %.1e | %.1e | %ld | %.2f | %.2f | %.0f |\n", bench::name(row.layer),
                static_cast<long>(row.shape.length), static_cast<long>(row.shape.width),
                row.mixing_operations, row.projection_operations, static_cast<long>(row.steps),
                row.mixing.median, row.layer_with_projections.median,
                whole / row.layer_with_projections.median / 1e6);
  }
}

/// "self-attention costs as much as convolution at 1,500 positions (500 with projections)".
void print_crossings(const bench::LayerShape& shape) {
  std::printf("\nBy formula, at width %ld, self-attention costs as much as\n",
              static_cast<long>(shape.width));
  for (const MixingLayer rival : kRivals) {
    const double alone = bench::crossing_length(MixingLayer::kSelfAttention, rival, shape, false);
    const double whole = bench::crossing_length(MixingLayer::kSelfAttention, rival, shape, true);
    std::printf("  %-18s at %6.0f positions, with projections ", bench::name(rival), alone);
    if (whole > 0) {
      std::printf("at %6.0f\n", whole);
    } else {
      std::printf("never: the projections alone cost more\n");
    }
  }
}

/// Microseconds per position against length, of whole layers at the last width: flat except for self-attention.
void draw(const std::vector<bench::ComplexityRow>& rows, const std::filesystem::path& path) {
  const int64_t width = rows.back().shape.width;
  std::vector<rendering::PlotSeries> series;
  for (const auto& row : rows) {
    if (row.shape.width != width) continue;
    auto found = std::find_if(series.begin(), series.end(),
                              [&](const auto& s) { return s.name == bench::name(row.layer); });
    if (found == series.end()) {
      series.push_back({.name = bench::name(row.layer), .dots = true});
      found = series.end() - 1;
    }
    found->x.push_back(static_cast<double>(row.shape.length));
    found->y.push_back(1e3 * row.layer_with_projections.median / static_cast<double>(row.shape.length));
  }
  rendering::PlotOptions options;
  options.title = "Time of a layer of width " + std::to_string(width) + ", forward";
  options.x_title = "positions";
  options.y_title = "microseconds a position";
  options.x_scale = rendering::AxisScale::kLog;
  for (const MixingLayer rival : {MixingLayer::kRecurrent, MixingLayer::kConvolution}) {
    const double crossing =
        bench::crossing_length(MixingLayer::kSelfAttention, rival, rows.back().shape, true);
    if (crossing > 0)
      options.markers.push_back({crossing, std::string("as many FLOP as ") + bench::name(rival)});
  }
  rendering::draw_plot(series, options, path);
}

nlohmann::ordered_json as_json(const bench::ComplexityRow& row) {
  return {{"layer", bench::name(row.layer)},
          {"length", row.shape.length},
          {"width", row.shape.width},
          {"mixing_flop", row.mixing_operations},
          {"projection_flop", row.projection_operations},
          {"steps", row.steps},
          {"mixing_ms", row.mixing.median},
          {"layer_ms", row.layer_with_projections.median},
          {"low_ms", row.layer_with_projections.low},
          {"high_ms", row.layer_with_projections.high}};
}

int complexity(const Common& common, const ComplexityFlags& given) {
  if (common.device != "cpu")
    throw Error(ErrorKind::kUsage, "bench measures the CPU only", FieldName{"device"});
  bench::ComplexityOptions options = given.complexity;
  std::optional<Progress> progress;
  options.progress = [&](int64_t done, int64_t total, const std::string& label) {
    if (!progress) progress.emplace("bench", total);
    progress->update(done, label);
  };
  const auto rows = bench::measure_complexity(options);
  progress.reset();
  if (!given.output.empty()) draw(rows, given.output);
  if (!common.json) {
    print(rows);
    print_crossings(rows.back().shape);
    return 0;
  }
  auto list = nlohmann::ordered_json::array();
  for (const auto& row : rows) list.push_back(as_json(row));
  print_result(common, {{"rows", list}});
  return 0;
}

}  // namespace

void add_bench_complexity(Program& program, CLI::App* bench) {
  auto options = std::make_shared<ComplexityFlags>();
  CLI::App* verb = bench->add_subcommand("complexity",
                                         "Cost of layers by length and width, computed and measured: "
                                         "attention, local attention, LSTM, convolution");
  verb->callback([&program, options] {
    program.action = [&program, options] { return complexity(program.common, *options); };
  });
  auto& complexity = options->complexity;
  verb->add_option("--lengths", complexity.lengths, "positions")->check(kCount)->capture_default_str();
  verb->add_option("--widths", complexity.widths, "features per position")
      ->check(kCount)
      ->capture_default_str();
  verb->add_option("--kernel", complexity.kernel, "kernel size of the convolution")
      ->check(kCount)
      ->capture_default_str();
  verb->add_option("--block", complexity.block, "query block of local attention, and keys before it")
      ->check(kCount)
      ->capture_default_str();
  verb->add_option("--heads", complexity.heads, "attention heads")->check(kCount)->capture_default_str();
  verb->add_option("--repeats", complexity.repeats, "timed calls")->check(kCount)->capture_default_str();
  verb->add_option("--output", options->output,
                   "picture to draw: time per position against length, at the last width");
}

}  // namespace heed::cli
