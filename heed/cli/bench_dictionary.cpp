// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "heed/bench/dictionary_lookup.h"
#include "heed/cli/checks.h"
#include "heed/cli/program.h"
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/progress.h"
#include "heed/rendering/attention_map.h"

namespace heed::cli {
namespace {

struct DictionaryFlags {
  bench::DictionaryOptions lookup;
  std::filesystem::path output;
};

struct Contestant {
  bool dynamic;
  int64_t heads;
};
constexpr Contestant kContestants[] = {{false, 1}, {false, 8}, {true, 1}};

void draw(const std::vector<bench::DictionaryResult>& results, int64_t keys,
          const std::filesystem::path& path) {
  std::vector<rendering::AttentionMap> maps;
  for (const auto& result : results) {
    char share[32];
    std::snprintf(share, sizeof share, ": %.1f %%", 100 * result.accuracy);
    maps.push_back({result.model + share, keys, keys,
                    std::span(result.weights.const_data_ptr<float>(), static_cast<size_t>(keys * keys))});
  }
  rendering::AttentionMapOptions options;
  options.title = "Where the first head looks, and the share of answers that are right";
  options.key_title = "key of the entry";
  options.row_title = "key that is asked for";
  rendering::draw_attention_map(maps, options, path);
}

int dictionary(const Common& common, const DictionaryFlags& given) {
  if (common.device != "cpu")
    throw Error(ErrorKind::kUsage, "bench measures the CPU only", FieldName{"device"});
  if (!given.output.empty()) check_writable(given.output);
  std::vector<bench::DictionaryResult> results;
  for (const auto& contestant : kContestants) {
    bench::DictionaryOptions options = given.lookup;
    Progress progress(contestant.dynamic ? "GATv2" : "GAT", options.steps);
    options.progress = [&](int64_t step, double accuracy) {
      char detail[64];
      std::snprintf(detail, sizeof detail, "%ld heads  accuracy %.3f", static_cast<long>(contestant.heads),
                    accuracy);
      progress.update(step, detail);
    };
    results.push_back(bench::look_up(contestant.dynamic, contestant.heads, options));
  }
  if (!given.output.empty()) draw(results, given.lookup.keys, given.output);
  auto rows = nlohmann::ordered_json::array();
  for (const auto& result : results)
    rows.push_back({{"model", result.model}, {"accuracy", result.accuracy}, {"steps", result.steps}});
  if (common.json) {
    print_result(common, {{"keys", given.lookup.keys}, {"rows", rows}});
    return 0;
  }
  std::printf("| model | answers that are right | steps |\n|---|---|---|\n");
  for (const auto& result : results)
    std::printf("| %s | %.1f %% | %ld |\n", result.model.c_str(), 100 * result.accuracy,
                static_cast<long>(result.steps));
  return 0;
}

}  // namespace

void add_bench_dictionary(Program& program, CLI::App* bench) {
  auto flags = std::make_shared<DictionaryFlags>();
  CLI::App* verb = bench->add_subcommand(
      "dictionary",
      "Can attention look a word up? GAT cannot, GATv2 can: DictionaryLookup, Brody et al. 2022");
  verb->callback([&program, flags] {
    program.action = [&program, flags] { return dictionary(program.common, *flags); };
  });
  auto& lookup = flags->lookup;
  verb->add_option("--keys", lookup.keys, "keys of each dictionary")
      ->check(number_between<int64_t>(2, 1000))
      ->capture_default_str();
  verb->add_option("--steps", lookup.steps, "training steps at most")->check(kCount)->capture_default_str();
  verb->add_option("--batch", lookup.batch, "dictionaries in a step")->check(kCount)->capture_default_str();
  verb->add_option("--learning-rate", lookup.learning_rate, "of Adam")->check(kNumber)->capture_default_str();
  verb->add_option("--seed", lookup.seed, "of weights and dictionaries")
      ->check(kCountOrNone)
      ->capture_default_str();
  verb->add_option("--output", flags->output, "picture to draw: where the first heads look");
}

}  // namespace heed::cli
