// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "heed/bench/attention_speed.h"
#include "heed/bench/memory.h"
#include "heed/cli/verb.h"
#include "heed/core/error.h"

namespace heed::cli {
namespace {

struct Options {
  bench::MemoryOptions memory;
  bench::AttentionSpeedOptions attention;
  double limit_gigabytes = 0;
  bool full = false, no_relation = false;
};

/// "8.6 GB" in powers of ten, as the paper counts; "-" where there is nothing.
std::string bytes(double count) {
  if (count < 0) return "-";
  char text[32];
  const bool large = count >= 1e9;
  std::snprintf(text, sizeof text, "%.1f %s", large ? count / 1e9 : count / 1e6, large ? "GB" : "MB");
  return text;
}

void refuse_device(const Common& common) {
  if (common.device != "cpu")
    throw Error(ErrorKind::kUsage, "bench measures the CPU alone so far", "--device");
}

int memory(const Common& common, const Options& given) {
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

int attention(const Common& common, const Options& given) {
  refuse_device(common);
  bench::AttentionSpeedOptions options = given.attention;
  options.causal = !given.full;
  options.relation = !given.no_relation;
  const auto speeds = bench::attention_speed(options);
  auto rows = nlohmann::ordered_json::array();
  if (!common.json) {
    std::printf(
        "| backend | forward ms (quartiles) | forward + backward ms (quartiles) | largest difference "
        "|\n|---|---|---|---|\n");
  }
  for (const auto& speed : speeds) {
    rows.push_back({{"backend", speed.backend},
                    {"forward", timing(speed.forward)},
                    {"forward_backward", timing(speed.forward_backward)},
                    {"largest_difference", speed.largest_difference}});
    if (common.json) continue;
    std::printf("| %s | %.1f (%.1f to %.1f) | %.1f (%.1f to %.1f) | %.1e |\n", speed.backend.c_str(),
                speed.forward.median, speed.forward.low, speed.forward.high, speed.forward_backward.median,
                speed.forward_backward.low, speed.forward_backward.high, speed.largest_difference);
  }
  if (common.json) print_result(common, {{"rows", rows}});
  return 0;
}

}  // namespace

void add_bench(Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* bench =
      program.add_verb("bench", "Measure memory and speed of attention on this machine", nullptr);
  bench->require_subcommand(1);
  bench->fallthrough();
  bench->callback(nullptr);

  CLI::App* verb = bench->add_subcommand(
      "memory", "The memory line of the Music Transformer paper, computed and measured");
  verb->callback([&program, options] {
    program.action = [&program, options] { return memory(program.common, *options); };
  });
  verb->add_option("--length", options->memory.length, "tokens")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb->add_option("--width", options->memory.width, "heads x head_dim")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb->add_option("--heads", options->memory.heads, "attention heads")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb->add_option("--limit", options->limit_gigabytes,
                   "GB that a measurement may take; default: half of what is free");

  verb = bench->add_subcommand("attention", "Time of the attention backends, outputs compared first");
  verb->callback([&program, options] {
    program.action = [&program, options] { return attention(program.common, *options); };
  });
  verb->add_option("--batch", options->attention.batch, "sequences")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb->add_option("--heads", options->attention.heads, "heads")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb->add_option("--length", options->attention.length, "tokens")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb->add_option("--head-dim", options->attention.head_dim, "width of a head")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb->add_option("--repeats", options->attention.repeats, "timed calls")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb->add_flag("--full", options->full, "every key, not only earlier ones");
  verb->add_flag("--no-relation", options->no_relation, "plain scaled dot products");
}

}  // namespace heed::cli
