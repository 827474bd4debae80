// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include <ATen/Parallel.h>

#include "heed/cli/flags.h"
#include "heed/cli/picture_output.h"
#include "heed/cli/program.h"
#include "heed/core/error.h"
#include "heed/core/progress.h"
#include "heed/data/image/image_reader.h"
#include "heed/imaging/texture_synthesis.h"

namespace heed::cli {
namespace fs = std::filesystem;
namespace {

struct SynthesizeFlags {
  fs::path input;
  PictureOutput output;
  imaging::TextureSynthesisOptions synthesis;
  const CLI::App* verb = nullptr;
  Fields fields = {};
};

Fields fields_of(SynthesizeFlags& flags) {
  auto& synthesis = flags.synthesis;
  return flags.output.fields() +
         Fields{{"size", &synthesis.width, "columns of the new picture", at_least(1)},
                default_text({"height", &synthesis.height, "rows of the new picture", at_least(1)},
                             "as many as columns"),
                {"window", &synthesis.window,
                 "side of the compared neighbourhoods, odd: about the size of the texture's largest feature",
                 odd()},
                {"seed", &synthesis.seed, "another seed gives another picture"},
                {"tolerance", &synthesis.tolerance, "how much worse than the best match a candidate may be",
                 at_least(0)},
                {"max_error", &synthesis.max_error,
                 "largest mean squared error of a first candidate, for pixels from 0 to 1", above(0)}};
}

/// Errors that are not in a flag name the file.
image::Picture grow(const image::Picture& texture, const imaging::TextureSynthesisOptions& synthesis,
                    const fs::path& file) {
  try {
    return imaging::synthesize_texture(texture, synthesis);
  } catch (const Error& error) {
    if (!error.field().empty()) throw;
    throw Error(error.kind(), error.message(), file.string());
  }
}

int synthesize(const Common& common, const SynthesizeFlags& options) {
  check_given(options.fields, given_fields(*options.verb, options.fields));
  if (common.device != "cpu")
    throw Error(ErrorKind::kUsage, "synthesize runs on the CPU only", FieldName{"device"});
  const image::Picture texture = image::read_picture(options.input);
  imaging::TextureSynthesisOptions synthesis = options.synthesis;
  if (synthesis.height == 0) synthesis.height = synthesis.width;
  options.output.check(synthesis.height, synthesis.width);
  synthesis.threads = at::get_num_threads();
  Progress progress("synthesize", synthesis.height * synthesis.width);
  synthesis.progress = [&](int64_t done, int64_t) { progress.update(done, "pixels"); };
  const auto begin = std::chrono::steady_clock::now();
  const image::Picture result = grow(texture, synthesis, options.input);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  progress.finish("pixels");
  options.output.write(options.output.file, result);
  nlohmann::ordered_json found = options.output.describe(result);
  found["seconds"] = seconds;
  print_result(common, found);
  return 0;
}

}  // namespace

void add_synthesize(Program& program) {
  auto options = std::make_shared<SynthesizeFlags>();
  options->synthesis.height = 0;
  CLI::App* verb = program.add_verb("synthesize", "Grow a larger picture of a texture, pixel by pixel",
                                    [&program, options] { return synthesize(program.common, *options); });
  verb->add_option("texture", options->input, "picture to read: PNG or JPEG")->required();
  options->verb = verb;
  options->fields = fields_of(*options);
  add_flags(*verb, options->fields);
}

}  // namespace heed::cli
