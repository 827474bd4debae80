// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <optional>

#include "heed/bench/attention_table.h"
#include "heed/bench/generation.h"
#include "heed/bench/machine.h"
#include "heed/bench/memory.h"
#include "heed/cli/checks.h"
#include "heed/cli/program.h"
#include "heed/core/error.h"
#include "heed/core/progress.h"

namespace heed::cli {
namespace {

struct BenchFlags {
  bench::MemoryOptions memory;
  bench::AttentionTableOptions attention;
  bench::GenerationOptions generation;
  double limit_gigabytes = 0;
};

/// "8.6 GB" in powers of ten, as in the paper; "-" for an absent count.
std::string bytes(double count) {
  if (count < 0) return "-";
  char text[32];
  const bool large = count >= 1e9;
  std::snprintf(text, sizeof text, "%.1f %s", large ? count / 1e9 : count / 1e6, large ? "GB" : "MB");
  return text;
}

void refuse_device(const Common& common) {
  if (common.device != "cpu")
    throw Error(ErrorKind::kUsage, "bench measures the CPU only", FieldName{"device"});
}

int memory(const Common& common, const BenchFlags& given) {
  refuse_device(common);
  bench::MemoryOptions options = given.memory;
  options.limit_bytes = given.limit_gigabytes * 1e9;
  const auto lines = bench::relative_attention_memory(options);
  auto rows = nlohmann::ordered_json::array();
  if (!common.json)
    std::printf("| what | length | width | computed | measured | note |\n|---|---|---|---|---|---|\n");
  for (const auto& line : lines) {
    rows.push_back({{"what", line.what},
                    {"length", line.length},
                    {"width", line.width},
                    {"computed_bytes", line.computed_bytes},
                    {"measured_bytes", line.measured_bytes},
                    {"note", line.note}});
    if (common.json) continue;
    std::printf("| %s | %ld | %ld | %s | %s | %s |\n", line.what.c_str(), static_cast<long>(line.length),
                static_cast<long>(line.width), bytes(line.computed_bytes).c_str(),
                bytes(line.measured_bytes).c_str(), line.note.c_str());
  }
  if (common.json) print_result(common, {{"rows", rows}});
  return 0;
}

nlohmann::ordered_json timing(const bench::Timing& value) {
  return {{"median_ms", value.median}, {"low_ms", value.low}, {"high_ms", value.high}};
}

nlohmann::ordered_json as_json(const bench::AttentionRow& row) {
  nlohmann::ordered_json result = {{"problem", row.problem},
                                   {"shape", row.shape},
                                   {"dtype", row.dtype},
                                   {"method", row.method},
                                   {"forward", timing(row.forward)},
                                   {"forward_backward", timing(row.forward_backward)},
                                   {"gflops", row.gflops},
                                   {"share_of_peak", row.share_of_peak},
                                   {"memory_bytes", row.memory_bytes},
                                   {"times_heed", row.times_heed}};
  result["growth"] = row.growth ? nlohmann::ordered_json(*row.growth) : nullptr;
  result["largest_difference"] = row.difference < 0 ? nullptr : nlohmann::ordered_json(row.difference);
  return result;
}

nlohmann::ordered_json as_json(const bench::AttentionTable& table) {
  const auto& machine = table.machine;
  nlohmann::ordered_json result = {{"cpu", machine.cpu},
                                   {"kernels", machine.kernels},
                                   {"torch", machine.torch},
                                   {"threads", machine.threads},
                                   {"peak_gflops", machine.peak_gflops},
                                   {"gemm_gflops", machine.gemm_gflops},
                                   {"rows", nlohmann::ordered_json::array()}};
  for (const auto& row : table.rows) result["rows"].push_back(as_json(row));
  return result;
}

std::string number(const char* format, double value) {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string quartiles(const bench::Timing& value) {
  return number("%.1f", value.median) + " (" + number("%.1f", value.low) + " to " +
         number("%.1f", value.high) + ")";
}

void print(const bench::AttentionTable& table) {
  const auto& machine = table.machine;
  std::printf("%s, %d thread%s; kernels %s; libtorch %s\n", machine.cpu.c_str(), machine.threads,
              machine.threads == 1 ? "" : "s", machine.kernels.c_str(), machine.torch.c_str());
  std::printf(
      "float32 multiply-adds %.0f GFLOP/s; libtorch's product of 1024 x 1024 %.0f GFLOP/s (%.0f %%)\n\n",
      machine.peak_gflops, machine.gemm_gflops, 100 * machine.gemm_gflops / machine.peak_gflops);
  const std::vector<std::string> head = {"problem",
                                         "shape",
                                         "dtype",
                                         "method",
                                         "forward ms (quartiles)",
                                         "forward + backward ms (quartiles)",
                                         "GFLOP/s",
                                         "of peak",
                                         "memory",
                                         "x heed",
                                         "growth",
                                         "difference"};
  std::string line = "|", rule = "|";
  for (const auto& cell : head) {
    line += " " + cell + " |";
    rule += "---|";
  }
  std::printf("%s\n%s\n", line.c_str(), rule.c_str());
  for (const auto& row : table.rows) {
    line = "|";
    for (const auto& cell : {row.problem, row.shape, row.dtype, row.method, quartiles(row.forward),
                             quartiles(row.forward_backward), number("%.0f", row.gflops),
                             number("%.0f %%", 100 * row.share_of_peak), bytes(row.memory_bytes),
                             number("%.2f", row.times_heed), row.growth ? number("%.2f", *row.growth) : "-",
                             row.difference < 0 ? "-" : number("%.0e", row.difference)})
      line += " " + cell + " |";
    std::printf("%s\n", line.c_str());
  }
}

int attention(const Common& common, const BenchFlags& given) {
  refuse_device(common);
  std::optional<Progress> progress;
  bench::AttentionTableOptions options = given.attention;
  options.progress = [&](int64_t done, int64_t total, const std::string& label) {
    if (!progress) progress.emplace("bench", total);
    progress->update(done, label);
  };
  const auto table = bench::attention_table(options);
  progress.reset();
  if (common.json)
    print_result(common, as_json(table));
  else
    print(table);
  return 0;
}

int blocks(const Common& common, const bench::GenerationOptions& options) {
  const auto machine = bench::describe_machine();
  auto rows = nlohmann::ordered_json::array();
  if (!common.json) std::printf("| weights | tokens | ms a step (quartiles) |\n|---|---|---|\n");
  for (const auto& row : bench::block_table(options)) {
    const auto& time = row.milliseconds;
    rows.push_back({{"weights", row.weights},
                    {"tokens", row.tokens},
                    {"milliseconds", time.median},
                    {"low", time.low},
                    {"high", time.high}});
    if (!common.json)
      std::printf("| %s | %ld | %.2f (%.2f to %.2f) |\n", row.weights.c_str(), static_cast<long>(row.tokens),
                  time.median, time.low, time.high);
  }
  if (common.json)
    print_result(
        common,
        {{"cpu", machine.cpu}, {"kernels", machine.kernels}, {"threads", machine.threads}, {"rows", rows}});
  return 0;
}

int generation(const Common& common, const BenchFlags& given) {
  refuse_device(common);
  if (!given.generation.blocks.empty()) return blocks(common, given.generation);
  std::optional<Progress> progress;
  bench::GenerationOptions options = given.generation;
  options.progress = [&](int64_t done, int64_t total, const std::string& label) {
    if (!progress) progress.emplace("bench", total);
    progress->update(done, label);
  };
  const auto table = bench::generation_table(options);
  progress.reset();
  const auto machine = bench::describe_machine();
  auto rows = nlohmann::ordered_json::array();
  if (!common.json) {
    std::printf("%s, %d thread%s; kernels %s\n\n", machine.cpu.c_str(), machine.threads,
                machine.threads == 1 ? "" : "s", machine.kernels.c_str());
    std::printf("| weights | pieces | tokens/s (quartiles) | MB a step | read GB/s | of the floor |\n");
    std::printf("|---|---|---|---|---|---|\n");
  }
  for (const auto& row : table) {
    const auto& rate = row.tokens_per_second;
    rows.push_back({{"weights", row.weights},
                    {"rows", row.rows},
                    {"tokens_per_second", rate.median},
                    {"low", rate.low},
                    {"high", rate.high},
                    {"bytes_per_step", row.bytes_per_step},
                    {"read_gigabytes_per_second", row.gigabytes_per_second},
                    {"share_of_floor", row.share_of_floor}});
    if (common.json) continue;
    std::printf("| %s | %ld | %.0f (%.0f to %.0f) | %.1f | %.1f | %.0f %% |\n", row.weights.c_str(),
                static_cast<long>(row.rows), rate.median, rate.low, rate.high, row.bytes_per_step / 1e6,
                row.gigabytes_per_second, 100 * row.share_of_floor);
  }
  if (common.json)
    print_result(
        common,
        {{"cpu", machine.cpu}, {"kernels", machine.kernels}, {"threads", machine.threads}, {"rows", rows}});
  return 0;
}

/// Adds a size of the dense problem. With any of them, --quick does not make that problem tiny.
void add_dense_option(CLI::App* verb, const std::shared_ptr<BenchFlags>& options, const char* flag,
                      int64_t bench::DenseShape::*size, const char* help) {
  verb->add_option_function<int64_t>(
          flag,
          [options, size](int64_t value) {
            if (!options->attention.dense) options->attention.dense.emplace();
            (*options->attention.dense).*size = value;
          },
          std::string(help) + " of the dense problem; default " + std::to_string(bench::DenseShape{}.*size))
      ->check(kCount);
}

using Flags = std::shared_ptr<BenchFlags>;

/// A subcommand of bench that calls `run`.
CLI::App* add_measurement(Program& program, CLI::App* bench, const Flags& flags, const char* name,
                          const char* description, int (*run)(const Common&, const BenchFlags&)) {
  CLI::App* verb = bench->add_subcommand(name, description);
  verb->callback([&program, flags, run] {
    program.action = [&program, flags, run] { return run(program.common, *flags); };
  });
  return verb;
}

void add_size(CLI::App* verb, const char* flag, int64_t& value, const char* help) {
  verb->add_option(flag, value, help)->check(kCount)->capture_default_str();
}

void add_memory(Program& program, CLI::App* bench, const Flags& flags) {
  CLI::App* verb =
      add_measurement(program, bench, flags, "memory",
                      "The memory line of the Music Transformer paper, computed and measured", memory);
  add_size(verb, "--length", flags->memory.length, "tokens");
  add_size(verb, "--width", flags->memory.width, "heads x head_dim");
  add_size(verb, "--heads", flags->memory.heads, "attention heads");
  verb->add_option("--limit", flags->limit_gigabytes,
                   "GB that a measurement may use; default: half of the free memory")
      ->check(number_between<double>(0, 1e9));
}

void add_attention(Program& program, CLI::App* bench, const Flags& flags) {
  CLI::App* verb = add_measurement(
      program, bench, flags, "attention",
      "Time and memory of heed's attention and other implementations, after comparing their outputs",
      attention);
  verb->add_option(
      "--rows", flags->attention.rows,
      "regular expression: only rows whose label matches (\"window 7 x 7\", \"float32: fused\")");
  verb->add_option("--repeats", flags->attention.repeats,
                   "timed calls; default: 3 to 15, depending on the time they take")
      ->check(kCount);
  verb->add_flag("--quick", flags->attention.quick, "tiny shapes, to check that it works");
  add_dense_option(verb, flags, "--batch", &bench::DenseShape::batch, "sequences");
  add_dense_option(verb, flags, "--heads", &bench::DenseShape::heads, "heads");
  add_dense_option(verb, flags, "--length", &bench::DenseShape::length, "tokens");
  add_dense_option(verb, flags, "--head-dim", &bench::DenseShape::head_dim, "width of a head");
}

void add_generation(Program& program, CLI::App* bench, const Flags& flags) {
  auto& generated = flags->generation;
  CLI::App* verb =
      add_measurement(program, bench, flags, "generation",
                      "Tokens a second of a Music Transformer with random weights, and the share of "
                      "the memory bandwidth it uses",
                      generation);
  add_size(verb, "--layers", generated.layers, "layers");
  add_size(verb, "--d-model", generated.d_model, "width of the residual stream");
  add_size(verb, "--heads", generated.heads, "attention heads");
  add_size(verb, "--d-ff", generated.d_ff, "width inside the feed-forward sublayer");
  add_size(verb, "--vocabulary", generated.vocabulary, "tokens of the vocabulary");
  add_size(verb, "--length", generated.length, "tokens generated per piece");
  add_size(verb, "--prompt", generated.prompt, "tokens that a piece begins with");
  verb->add_flag("--greedy", generated.greedy, "take the most likely token instead of drawing one");
  add_size(verb, "--repeats", generated.repeats, "timed runs");
  verb->add_option("--position", generated.position, "kind of position encoding")->capture_default_str();
  verb->add_option("--pieces", generated.rows, "pieces generated together")->delimiter(',')->check(kCount);
  verb->add_option("--weights", generated.weights, "types of weights")->delimiter(',');
  verb->add_option(
          "--blocks", generated.blocks,
          "instead, time steps in which one piece consumes this many tokens, as guesses are verified")
      ->delimiter(',')
      ->check(kCount);
}

}  // namespace

void add_bench(Program& program) {
  auto flags = std::make_shared<BenchFlags>();
  CLI::App* bench = program.add_verb(
      "bench", "Measure memory and speed of attention on this machine, and what it can do", nullptr);
  bench->require_subcommand(1);
  bench->fallthrough();
  add_memory(program, bench, flags);
  add_attention(program, bench, flags);
  add_generation(program, bench, flags);
  add_bench_complexity(program, bench);
  add_bench_dictionary(program, bench);
  add_bench_towers(program, bench);
}

}  // namespace heed::cli
