// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <numbers>
#include <optional>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/progress.h"
#include "heed/data/image/png_writer.h"
#include "heed/evaluation/image_quality.h"
#include "heed/imaging/resample.h"
#include "heed/tasks/generation_options.h"
#include "heed/tasks/image/image_actions.h"
#include "heed/tasks/image/image_comparison.h"
#include "heed/tasks/image/image_grids.h"
#include "heed/tasks/options.h"

namespace heed::tasks {
namespace fs = std::filesystem;
namespace {

struct GenerateImagesOptions : GenerationOptions {
  GenerateImagesOptions() { batch_size = 16; }

  std::vector<double> temperatures{1};  ///< in place of sampling.temperature
  ImageSubjectOptions subjects;
  Paths nearest;
};

Fields sampling_fields(GenerateImagesOptions& options) {
  Fields sampling = decoding::fields(options.sampling);
  Field& temperature = field_named(sampling, "temperature");
  temperature.value = &options.temperatures;
  temperature.help += "; several draw a row or column for each";
  return sampling;
}

Fields fields(GenerateImagesOptions& options) {
  Fields generation = generation_fields(options, "images");
  field_named(generation, "count").help += "; with inputs, of each";
  const Fields comparing{
      {"nearest", &options.nearest,
       "training data: find the nearest training image of each sample, draw nearest.png and "
       "compare with held-out images"}};
  return generation + under("Conditioning", fields(options.subjects)) +
         under("Sampling", sampling_fields(options)) + under("Memorisation", comparing);
}

void check(const GenerateImagesOptions& options, const std::vector<std::string>& /*given*/) {
  if (options.temperatures.empty())
    throw Error(ErrorKind::kUsage, "must have at least one number", FieldName{"temperature"});
  check_subjects(options.subjects);
}

/// One action: its options, its model and what it draws from.
struct Job {
  const ImageTaskModel& model;
  const GenerateImagesOptions& options;
  std::vector<ImageSubject> subjects;
  std::optional<ImageData> compared = {};  ///< training data to compare samples with

  /// Images of a sample number: one for each input.
  int64_t inputs() const { return subjects.front().input ? std::ssize(subjects) : 1; }
};

struct Drawing {
  std::vector<TemperatureImages> temperatures;
  int64_t values = 0, pixels = 0;  ///< values and pixels that the model consumed
  double seconds = 0, log_probability = 0;
  int64_t drawn = 0;  ///< values that were drawn, not given
  bool stopped = false;

  void add(double temperature, ImageGeneration generation) {
    for (const auto& image : generation.images) {
      log_probability += image.log_probability;
      drawn += image.drawn;
    }
    values += generation.values;
    pixels += generation.pixels;
    seconds += generation.seconds;
    stopped = stopped || generation.stopped;
    temperatures.push_back({temperature, std::move(generation.images)});
  }
  double per_second(int64_t count) const { return seconds > 0 ? static_cast<double>(count) / seconds : 0; }
  double bits_per_dim() const {
    return drawn > 0 ? -log_probability / (static_cast<double>(drawn) * std::numbers::ln2) : 0;
  }
  std::string summary() const {
    return "values  " + fixed_number(per_second(values), 0) + " values/s  " +
           fixed_number(per_second(pixels), 0) + " pixels/s  " + fixed_number(bits_per_dim(), 3) +
           " bits/dim";
  }
};

Job make_job(const ImageTaskModel& model, const GenerateImagesOptions& options) {
  Job job{model, options, image_subjects(model, options.subjects)};
  if (!options.nearest.empty()) {
    job.compared = model.read_images(options.nearest, /*condition=*/false);
    (void)job.compared->split("train");  // throws when it is missing, before time is spent on drawing
  }
  return job;
}

ImageRequest make_request(const Job& job) {
  const auto& options = job.options;
  ImageRequest request;
  request.count = options.count * job.inputs();
  request.first_sample = options.first_sample * job.inputs();
  request.batch_size = options.batch_size;
  request.seed = options.seed;
  request.sampling = options.sampling;
  request.condition = subject_condition(job.subjects, request.first_sample, request.count);
  for (int64_t s = request.first_sample; s < request.first_sample + request.count; ++s) {
    const auto& subject = subject_of(job.subjects, s);
    if (subject.known) request.known.push_back(*subject.known);
  }
  return request;
}

Drawing draw(const Job& job, std::stop_token stop) {
  ImageRequest request = make_request(job);
  request.stop = std::move(stop);
  const auto& temperatures = job.options.temperatures;
  Drawing drawing;
  Progress progress("generate", request.count * job.model.domain().values() * std::ssize(temperatures));
  request.progress = [&](int64_t drawn) { progress.update(drawing.values + drawn, "values"); };
  for (const double temperature : temperatures) {
    request.sampling.temperature = temperature;
    drawing.add(temperature, generate_images(job.model.model(), request));
    if (drawing.stopped) break;
  }
  progress.finish(drawing.summary());
  return drawing;
}

/// "sample-003.png", "input-01-sample-003-at-0.9.png": with the input's number when there are several inputs,
/// and the temperature when there are several.
fs::path file_name(const Job& job, int64_t sample, double temperature) {
  std::string name = sample_name(sample / job.inputs());
  if (job.inputs() > 1) {
    char input[32];
    std::snprintf(input, sizeof input, "input-%02ld-", static_cast<long>(sample % job.inputs()));
    name.insert(0, input);
  }
  if (job.options.temperatures.size() > 1) name += "-at-" + short_number(temperature);
  return job.options.output / (name + ".png");
}

/// Adds the distances to the original, of the sample and of bicubic upscaling.
void add_quality(Json& entry, const image::Image& drawn, const ImageInput& input) {
  if (!input.source || !input.original) return;
  const auto& original = *input.original;
  entry["psnr"] = evaluation::psnr(drawn, original);
  entry["bicubic_psnr"] =
      evaluation::psnr(imaging::upscale_bicubic(*input.source, original.height, original.width), original);
}

Json write_image(const Job& job, const DrawnImage& drawn, double temperature) {
  const auto& subject = subject_of(job.subjects, drawn.sample);
  const fs::path file = file_name(job, drawn.sample, temperature);
  image::write_png(file, drawn.image);
  Json entry{{"sample", drawn.sample / job.inputs()},
             {"image", file.string()},
             {"temperature", temperature},
             {"bits_per_dim", drawn.bits_per_dim()},
             {"log_probability", drawn.log_probability},
             {"values", drawn.drawn}};
  if (subject.label) entry["class"] = subject.class_name;
  if (subject.input) {
    entry["input"] = subject.input->name;
    add_quality(entry, drawn.image, *subject.input);
  }
  return entry;
}

Json write_images(const Job& job, const Drawing& drawing) {
  auto entries = Json::array();
  for (const auto& each : drawing.temperatures)
    for (const auto& image : each.images) entries.push_back(write_image(job, image, each.temperature));
  return entries;
}

std::vector<image::Image> all_images(const Drawing& drawing) {
  std::vector<image::Image> images;
  for (const auto& each : drawing.temperatures)
    for (const auto& drawn : each.images) images.push_back(drawn.image);
  return images;
}

Answer make_answer(const Job& job, const Drawing& drawing, const Json& entries, const fs::path& grid) {
  Answer answer;
  for (const auto& entry : entries) answer.lines.push_back(entry["image"].get<std::string>());
  answer.lines.push_back(grid.string());
  answer.json = {{"model", job.model.trained.folder.string()},
                 {"images", entries},
                 {"grid", grid.string()},
                 {"bits_per_dim", drawing.bits_per_dim()},
                 {"values", drawing.values},
                 {"values_per_second", drawing.per_second(drawing.values)},
                 {"pixels_per_second", drawing.per_second(drawing.pixels)}};
  if (drawing.stopped) answer.json["stopped"] = true;
  return answer;
}

Answer generate(const ImageTaskModel& model, GenerateImagesOptions& options, const Call& call) {
  const Job job = make_job(model, options);
  make_folder(options.output);
  const Drawing drawing = draw(job, call.stop);
  Json entries = write_images(job, drawing);
  const fs::path grid = options.output / "grid.png";
  draw_samples(drawing.temperatures, job.subjects, model_title(model.trained.folder), grid);
  Json comparison;
  if (job.compared && !drawing.stopped) {
    comparison =
        write_comparison(model, *job.compared, all_images(drawing), options.output / "nearest.png", entries);
  }
  Answer answer = make_answer(job, drawing, entries, grid);
  if (comparison.is_null()) return answer;
  answer.lines.push_back(comparison["picture"].get<std::string>());
  answer.json["nearest"] = std::move(comparison);
  return answer;
}

}  // namespace

Action generate_image_action() {
  return model_action("generate",
                      "Draw images: from nothing, by class, from smaller images, or by completing a part",
                      generate);
}

}  // namespace heed::tasks
