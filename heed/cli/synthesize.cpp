// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include <ATen/Parallel.h>

#include "heed/cli/program.h"
#include "heed/core/error.h"
#include "heed/core/progress.h"
#include "heed/data/image/image_reader.h"
#include "heed/data/image/png_writer.h"
#include "heed/imaging/texture_synthesis.h"

namespace heed::cli {
namespace fs = std::filesystem;
namespace {

struct SynthesizeFlags {
  fs::path input, output;
  imaging::TextureSynthesisOptions synthesis;
};

int synthesize(const Common& common, const SynthesizeFlags& options) {
  if (common.device != "cpu")
    throw Error(ErrorKind::kUsage, "synthesize runs on the CPU only", FieldName{"device"});
  const image::Image texture = image::read_image(options.input);
  imaging::TextureSynthesisOptions synthesis = options.synthesis;
  if (synthesis.height == 0) synthesis.height = synthesis.width;
  synthesis.threads = at::get_num_threads();
  Progress progress("synthesize", synthesis.height * synthesis.width);
  synthesis.progress = [&](int64_t done, int64_t) { progress.update(done, "pixels"); };
  const auto begin = std::chrono::steady_clock::now();
  const image::Image result = imaging::synthesize_texture(texture, synthesis);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  progress.finish("pixels");
  image::write_png(options.output, result);
  print_result(common, {{"picture", options.output.string()},
                        {"height", result.height},
                        {"width", result.width},
                        {"channels", result.channels},
                        {"seconds", seconds}});
  return 0;
}

}  // namespace

void add_synthesize(Program& program) {
  auto options = std::make_shared<SynthesizeFlags>();
  auto& synthesis = options->synthesis;
  synthesis.height = 0;
  CLI::App* verb = program.add_verb("synthesize", "Grow a larger picture of a texture, pixel by pixel",
                                    [&program, options] { return synthesize(program.common, *options); });
  verb->add_option("texture", options->input, "picture to read")->required();
  verb->add_option("--output", options->output, "picture to write (.png)")->required();
  verb->add_option("--size", synthesis.width, "columns of the new picture")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb->add_option("--height", synthesis.height, "rows of the new picture; default: as many as columns")
      ->check(CLI::PositiveNumber);
  verb->add_option(
          "--window", synthesis.window,
          "side of the compared neighbourhoods, odd: about the size of the texture's largest feature")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb->add_option("--seed", synthesis.seed, "another seed gives another picture")->capture_default_str();
  verb->add_option("--tolerance", synthesis.tolerance,
                   "how much worse than the best match a candidate may be")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb->add_option("--max-error", synthesis.max_error,
                   "largest mean squared error of a first candidate, for pixels from 0 to 1")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

}  // namespace heed::cli
