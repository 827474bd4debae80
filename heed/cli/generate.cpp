// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/checks.h"
#include "heed/cli/given_options.h"
#include "heed/cli/image_generation.h"
#include "heed/cli/music_generation.h"
#include "heed/cli/sampling_options.h"
#include "heed/cli/verb.h"
#include "heed/cli/weights_option.h"
#include "heed/core/error.h"
#include "heed/core/memory.h"
#include "heed/tasks/run.h"

namespace heed::cli {
namespace {

struct Options {
  Generation generation;
  MusicGeneration music;
  ImageGeneration images;
  const CLI::App* verb = nullptr;
};

int generate(const Common& common, const Options& options) {
  keep_freed_memory();
  const std::string& model = options.generation.model;
  if (tasks::task_of_model(model) == "image") {
    refuse_group(*options.verb, kMusicGeneration, "is for models of music; " + model + " is one of images");
    if (options.images.data.empty())
      refuse_options(*options.verb, {"--split", "--images"}, "goes with --data");
    return generate_images(common, options.generation, options.images);
  }
  refuse_group(*options.verb, kImageGeneration, "is for models of images; " + model + " is none");
  return generate_music(common, options.generation, options.music);
}

}  // namespace

void add_generate(Program& program) {
  auto options = std::make_shared<Options>();
  auto& generation = options->generation;
  CLI::App* verb = program.add_verb(
      "generate",
      "Compose music, from nothing or going on from the opening of a piece; draw images, from nothing, by "
      "class, from smaller ones or from a part",
      [&program, options] { return generate(program.common, *options); });
  options->verb = verb;
  add_attention_backend(verb, generation.attention_backend);
  add_weights(verb, generation.weights);
  verb->add_option("--model", generation.model, "run folder, or a model's name (chorales)")->required();
  verb->add_option("--output", generation.output,
                   "folder for sample-NNN.mid and .png, or for sample-NNN.png and grid.png")
      ->required();
  verb->add_option("--count", generation.count, "pieces or images to make; from inputs, of each")
      ->check(kPositive)
      ->capture_default_str();
  verb->add_option("--first-sample", generation.first_sample,
                   "number of the first: 3 gives again the fourth of a larger count")
      ->check(kNonNegative);
  verb->add_option("--seed", generation.seed,
                   "the same seed gives the same pieces or images, whatever count and batch")
      ->capture_default_str();
  verb->add_option("--batch-size", generation.batch_size,
                   "pieces or images made together; 0: 8 pieces, 16 images")
      ->check(from_to(0, 1 << 20));
  verb->add_option("--temperature", generation.temperatures,
                   std::string(kTemperatureHelp) + "; images: several give a column, or row, each")
      ->check(kNonNegative)
      ->delimiter(',')
      ->capture_default_str();
  add_filter_options(verb, generation.sampling);
  add_music_generation(verb, options->music);
  add_image_generation(verb, options->images);
}

}  // namespace heed::cli
