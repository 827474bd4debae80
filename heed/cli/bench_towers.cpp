// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <memory>

#include "heed/bench/towers.h"
#include "heed/cli/checks.h"
#include "heed/cli/program.h"
#include "heed/core/error.h"
#include "heed/core/progress.h"

namespace heed::cli {
namespace {

void print(const std::vector<bench::TowersRow>& rows) {
  std::printf(
      "| towers | parameters | FLOP forward | forward ms | forward + backward ms | times as fast |\n"
      "|---|---|---|---|---|---|\n");
  for (const auto& row : rows) {
    std::printf("| %ld | %ld | %.1e | %.2f | %.2f (%.2f to %.2f) | %.1f |\n", static_cast<long>(row.towers),
                static_cast<long>(row.parameters), row.operations, row.forward.median, row.both.median,
                row.both.low, row.both.high, rows.front().both.median / row.both.median);
  }
}

int towers(const Common& common, const bench::TowersOptions& options) {
  if (common.device != "cpu")
    throw Error(ErrorKind::kUsage, "bench measures the CPU only", FieldName{"device"});
  for (const int64_t count : options.towers) {
    if (options.width % count != 0) {
      throw Error(ErrorKind::kUsage,
                  std::to_string(count) + " does not divide the width " + std::to_string(options.width),
                  FieldName{"towers"});
    }
  }
  Progress progress("bench", options.repeats);
  const auto rows = bench::measure_towers(options, [&](int64_t done, int64_t) { progress.update(done); });
  if (!common.json) {
    print(rows);
    return 0;
  }
  auto list = nlohmann::ordered_json::array();
  for (const auto& row : rows) {
    list.push_back({{"towers", row.towers},
                    {"parameters", row.parameters},
                    {"flop", row.operations},
                    {"forward_ms", row.forward.median},
                    {"both_ms", row.both.median},
                    {"low_ms", row.both.low},
                    {"high_ms", row.both.high}});
  }
  print_result(common, {{"rows", list}});
  return 0;
}

}  // namespace

void add_bench_towers(Program& program, CLI::App* bench) {
  auto options = std::make_shared<bench::TowersOptions>();
  CLI::App* verb = bench->add_subcommand("towers",
                                         "Message passing in towers: parts of a node's state that pass "
                                         "messages by themselves, Gilmer et al. 2017");
  verb->callback([&program, options] {
    program.action = [&program, options] { return towers(program.common, *options); };
  });
  verb->add_option("--towers", options->towers, "numbers of towers")
      ->delimiter(',')
      ->check(kCount)
      ->capture_default_str();
  verb->add_option("--width", options->width, "numbers of a node's state")
      ->check(kCount)
      ->capture_default_str();
  verb->add_option("--nodes", options->nodes, "nodes of a graph, all joined with all")
      ->check(kCount)
      ->capture_default_str();
  verb->add_option("--graphs", options->graphs, "graphs of a batch")->check(kCount)->capture_default_str();
  verb->add_option("--types", options->types, "types of edges, each with a matrix")
      ->check(kCount)
      ->capture_default_str();
  verb->add_option("--repeats", options->repeats, "timed calls")->check(kCount)->capture_default_str();
}

}  // namespace heed::cli
