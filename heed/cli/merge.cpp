// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/checks.h"
#include "heed/cli/program.h"
#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/tasks/model_store.h"
#include "heed/training/average.h"
#include "heed/training/run_folder.h"

namespace heed::cli {
namespace fs = std::filesystem;
namespace {

struct MergeFlags {
  std::string run;
  fs::path output;
};

int merge(const Common& common, const MergeFlags& options) {
  const fs::path run = tasks::find_model(options.run);
  if (!fs::exists(run / "adapter.safetensors"))
    throw Error(ErrorKind::kUsage, "has no adapters: it is a whole model already", run.string());
  if (fs::exists(options.output) && !(fs::is_directory(options.output) && fs::is_empty(options.output)))
    throw Error(ErrorKind::kUsage, "exists already; choose a new folder", options.output.string());
  check_folder_writable(options.output);
  const auto merged = tasks::load_module(fs::absolute(run).string());
  write_folder_atomically(options.output, [&](const fs::path& folder) {
    training::copy_companions(run, folder);
    training::save_weights(*merged.model, folder / "model.safetensors");
    toml::table config = read_toml(folder / "config.toml");
    config.erase("lora");
    write_atomically(folder / "config.toml", format_toml(config));
    tasks::forget_paths(folder);
  });
  print_result(common, {{"output", options.output.string()}, {"model", run.string()}});
  return 0;
}

}  // namespace

void add_merge(Program& program) {
  auto options = std::make_shared<MergeFlags>();
  CLI::App* verb = program.add_verb("merge", "Make a whole model of a run that trained adapters ([lora])",
                                    [&program, options] { return merge(program.common, *options); });
  verb->add_option("run", options->run, "run folder, or name of a model")->required();
  verb->add_option("--output", options->output, "model folder to write")->check(kNotEmpty)->required();
}

}  // namespace heed::cli
