// SPDX-License-Identifier: Apache-2.0
#include "heed/training/average.h"

#include <limits>

#include "heed/cli/checks.h"
#include "heed/cli/program.h"
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/tasks/model_store.h"
#include "heed/training/run_folder.h"

namespace heed::cli {
namespace fs = std::filesystem;
namespace {

struct AverageFlags {
  tasks::Paths runs;
  fs::path output;
  int64_t last = 5, until = std::numeric_limits<int64_t>::max();
  bool bfloat16 = false;
};

/// The best weights as they are, without checkpoints and metrics.
void copy_model(const fs::path& run, const fs::path& output) {
  write_folder_atomically(output, [&](const fs::path& folder) {
    training::copy_companions(run, folder);
    fs::copy_file(run / "model.safetensors", folder / "model.safetensors");
  });
}

int average(const Common& common, const AverageFlags& options) {
  for (const auto& run : options.runs) {
    if (fs::exists(run / "adapter.safetensors"))
      throw Error(ErrorKind::kUsage, "holds adapters of another model: use heed merge", run.string());
    if (!fs::exists(run / "config.toml") || !fs::exists(run / "model.safetensors"))
      throw Error(ErrorKind::kUsage, "is not a run folder with weights", run.string());
  }
  if (fs::exists(options.output) && !(fs::is_directory(options.output) && fs::is_empty(options.output))) {
    throw Error(ErrorKind::kUsage, "exists already; choose a new folder", options.output.string());
  }
  check_folder_writable(options.output);
  int64_t averaged = 0;
  if (options.last == 0 && options.until != std::numeric_limits<int64_t>::max())
    throw Error(ErrorKind::kUsage, "needs checkpoints; --last 0 takes the best weights", FieldName{"until"});
  if (options.last == 0 && options.runs.size() > 1)
    throw Error(ErrorKind::kUsage, "0 takes the best weights of one run; several need checkpoints",
                FieldName{"last"});
  if (options.last > 0) {
    averaged = training::average_checkpoints(options.runs, options.last, options.output, options.until);
  } else {
    copy_model(options.runs.front(), options.output);
  }
  tasks::forget_paths(options.output);
  if (options.bfloat16) {
    const auto trained = tasks::load_module(fs::absolute(options.output).string());
    training::save_weights(*trained.model, options.output / "model.safetensors",
                           training::WeightFormat::kBFloat16);
  }
  print_result(common, {{"output", options.output.string()}, {"averaged", averaged}});
  return 0;
}

}  // namespace

void add_average(Program& program) {
  auto options = std::make_shared<AverageFlags>();
  CLI::App* verb = program.add_verb(
      "average", "Average the weights of the last checkpoints, of one run or several, into a new model",
      [&program, options] { return average(program.common, *options); });
  verb->add_option("run", options->runs,
                   "run folder; several: runs that began with the same weights, of which the first gives "
                   "config and vocabulary")
      ->required();
  verb->add_option("--last", options->last, "checkpoints of each run; 0: copy the best weights of one run")
      ->check(kCountOrNone)
      ->capture_default_str();
  verb->add_option("--until", options->until, "only checkpoints up to this step; default: all")
      ->check(kCountOrNone);
  verb->add_option("--output", options->output, "model folder to write; it has no optimizer state")
      ->check(kNotEmpty)
      ->required();
  verb->add_flag("--bfloat16", options->bfloat16, "store weights in bfloat16: half the size, for shipping");
}

}  // namespace heed::cli
