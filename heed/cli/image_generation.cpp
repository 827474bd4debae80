// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/image_generation.h"

#include <cstdio>
#include <numbers>
#include <optional>

#include <ATen/ops/stack.h>

#include "heed/cli/checks.h"
#include "heed/cli/image_pictures.h"
#include "heed/cli/image_subjects.h"
#include "heed/cli/weights_option.h"
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/progress.h"
#include "heed/data/image/png_writer.h"
#include "heed/evaluation/image_quality.h"
#include "heed/imaging/resample.h"
#include "heed/tasks/image/image_task.h"
#include "heed/tasks/image/image_tensors.h"

namespace heed::cli {
namespace fs = std::filesystem;
namespace {

struct Drawing {
  std::vector<TemperatureImages> temperatures;
  int64_t values = 0, pixels = 0;
  double seconds = 0, log_probability = 0;
  int64_t drawn = 0;  ///< values that were not given

  double per_second(int64_t count) const { return seconds > 0 ? static_cast<double>(count) / seconds : 0; }
  double bits_per_dim() const {
    return drawn > 0 ? -log_probability / (static_cast<double>(drawn) * std::numbers::ln2) : 0;
  }
};

/// From inputs each gets `count` samples, by classes all together.
tasks::ImageRequest make_request(const Generation& generation, const std::vector<ImageSubject>& subjects) {
  const int64_t each = subjects.front().input ? std::ssize(subjects) : 1;
  tasks::ImageRequest request;
  request.count = generation.count * each;
  request.first_sample = generation.first_sample * each;
  if (generation.batch_size > 0) request.batch_size = generation.batch_size;
  request.seed = generation.seed;
  request.sampling = generation.sampling;
  request.condition = subject_condition(subjects, request.first_sample, request.count);
  for (int64_t s = request.first_sample; s < request.first_sample + request.count; ++s) {
    const auto& subject = subjects[static_cast<size_t>(s % std::ssize(subjects))];
    if (subject.known) request.known.push_back(*subject.known);
  }
  return request;
}

Drawing draw(const tasks::TrainedImageModel& trained, const Generation& generation,
             const std::vector<ImageSubject>& subjects) {
  tasks::ImageRequest request = make_request(generation, subjects);
  Drawing drawing;
  const int64_t each = request.count * trained.model->domain().values();
  Progress progress("generate", each * std::ssize(generation.temperatures));
  request.progress = [&](int64_t drawn) { progress.update(drawing.values + drawn, "values"); };
  for (const double temperature : generation.temperatures) {
    request.sampling.temperature = temperature;
    auto result = tasks::generate_images(*trained.model, request);
    for (const auto& image : result.images) {
      drawing.log_probability += image.log_probability;
      drawing.drawn += image.drawn;
    }
    drawing.values += result.values;
    drawing.pixels += result.pixels;
    drawing.seconds += result.seconds;
    drawing.temperatures.push_back({temperature, std::move(result.images)});
  }
  char rate[96];
  std::snprintf(rate, sizeof rate, "values  %.0f values/s  %.0f pixels/s  %.3f bits/dim",
                drawing.per_second(drawing.values), drawing.per_second(drawing.pixels),
                drawing.bits_per_dim());
  progress.finish(rate);
  return drawing;
}

/// "sample-003.png", with the input's number and the temperature in front and behind where there are several.
fs::path file_name(const Generation& generation, const std::vector<ImageSubject>& subjects, int64_t sample,
                   double temperature) {
  const int64_t inputs = subjects.front().input ? std::ssize(subjects) : 1;
  char text[64];
  std::snprintf(text, sizeof text, "sample-%03ld", static_cast<long>(sample / inputs));
  std::string name = text;
  if (inputs > 1) {
    std::snprintf(text, sizeof text, "input-%02ld-", static_cast<long>(sample % inputs));
    name = text + name;
  }
  if (generation.temperatures.size() > 1) name += "-at-" + short_number(temperature);
  return generation.output / (name + ".png");
}

nlohmann::ordered_json write_image(const Generation& generation, const std::vector<ImageSubject>& subjects,
                                   const tasks::DrawnImage& drawn, double temperature) {
  const auto& subject = subjects[static_cast<size_t>(drawn.sample % std::ssize(subjects))];
  const fs::path file = file_name(generation, subjects, drawn.sample, temperature);
  image::write_png(file, drawn.image);
  const int64_t inputs = subject.input ? std::ssize(subjects) : 1;
  nlohmann::ordered_json entry{{"sample", drawn.sample / inputs},
                               {"image", file.string()},
                               {"temperature", temperature},
                               {"bits_per_dim", drawn.bits_per_dim()},
                               {"log_probability", drawn.log_probability},
                               {"values", drawn.drawn}};
  if (subject.label) entry["class"] = subject.class_name;
  if (!subject.input) return entry;
  entry["input"] = subject.input->name;
  if (subject.input->source && subject.input->original) {
    const auto& original = *subject.input->original;
    entry["psnr"] = evaluation::psnr(drawn.image, original);
    entry["bicubic_psnr"] = evaluation::psnr(
        imaging::upscale_bicubic(*subject.input->source, original.height, original.width), original);
  }
  return entry;
}

/// Compares with the training images; adds what it finds to each entry, and returns a summary.
nlohmann::ordered_json check_memory(const tasks::TrainedImageModel& trained, const Generation& generation,
                                    const tasks::ImageData& data, const Drawing& drawing,
                                    nlohmann::ordered_json& entries) {
  std::vector<image::Image> samples;
  std::vector<at::Tensor> pixels;
  for (const auto& each : drawing.temperatures) {
    for (const auto& drawn : each.images) {
      samples.push_back(drawn.image);
      pixels.push_back(tasks::tensor_of(drawn.image));
    }
  }
  tasks::MemorisationOptions comparing;
  comparing.mirror = trained.config["data"]["flip"].value_or(false);
  Progress progress("compare", 0);
  comparing.progress = [&](int64_t done, int64_t all) {
    progress.update(done, "of " + std::to_string(all) + " training images");
  };
  const auto check = tasks::check_memorisation(at::stack(pixels), data, comparing);
  char line[160];
  std::snprintf(
      line, sizeof line,
      "training images; samples: median distance %.1f; held-out images: median %.1f; nearer than 95 "
      "%% of those: %ld of %zu",
      check.sample_median(), check.valid_median, static_cast<long>(check.suspicious), samples.size());
  progress.finish(line);
  for (size_t i = 0; i < samples.size(); ++i) {
    entries[i]["nearest"] = {{"training_image", check.samples[i].index},
                             {"mirrored", check.samples[i].mirrored},
                             {"distance", check.samples[i].distance}};
  }
  const fs::path picture = generation.output / "nearest.png";
  draw_neighbours(samples, check, picture);
  return {{"median_distance", check.sample_median()},
          {"valid_median_distance", check.valid_median},
          {"valid_low_distance", check.valid_low},
          {"suspicious", check.suspicious},
          {"train_images", check.train_images},
          {"valid_images", check.valid_images},
          {"picture", picture.string()}};
}

}  // namespace

int generate_images(const Common& common, const Generation& generation, const ImageGeneration& options) {
  const auto trained = tasks::load_image_model(generation.model, tasks::parse_device(common.device),
                                               generation.attention_backend);
  use_weights(*trained.model, generation.weights);
  const auto subjects = image_subjects(trained, options);
  std::optional<tasks::ImageData> compared;
  if (!options.nearest.empty()) {
    compared = tasks::read_images_for(trained, options.nearest, /*condition=*/false);
    (void)compared->split("train");  // must be there before time is spent on drawing
  }
  make_folder(generation.output);
  const Drawing drawing = draw(trained, generation, subjects);
  auto entries = nlohmann::ordered_json::array();
  for (const auto& each : drawing.temperatures)
    for (const auto& image : each.images)
      entries.push_back(write_image(generation, subjects, image, each.temperature));
  const fs::path grid = generation.output / "grid.png";
  draw_samples(drawing.temperatures, subjects, generation.model, grid);
  nlohmann::ordered_json memory;
  if (compared) memory = check_memory(trained, generation, *compared, drawing, entries);
  if (!common.json) {
    for (const auto& entry : entries) std::printf("%s\n", entry["image"].get<std::string>().c_str());
    std::printf("%s\n", grid.c_str());
    if (!memory.is_null()) std::printf("%s\n", memory["picture"].get<std::string>().c_str());
    return 0;
  }
  nlohmann::ordered_json result{{"model", trained.folder.string()},
                                {"images", entries},
                                {"grid", grid.string()},
                                {"bits_per_dim", drawing.bits_per_dim()},
                                {"values", drawing.values},
                                {"values_per_second", drawing.per_second(drawing.values)},
                                {"pixels_per_second", drawing.per_second(drawing.pixels)}};
  if (!memory.is_null()) result["nearest"] = memory;
  print_result(common, result);
  return 0;
}

void add_image_generation(CLI::App* command, ImageGeneration& options) {
  CLI::Option_group* verb = command->add_option_group(kImageGeneration);
  verb->add_option("--class", options.classes,
                   "names or numbers, such as cat,dog: samples take turns; default: all classes do")
      ->delimiter(',');
  verb->add_option(
      "--input", options.inputs,
      "PNG or JPEG, several too: the smaller image to go by, or a larger one, from which that is "
      "made; with --keep the image to complete");
  verb->add_option("--data", options.data, "in place of --input: images of a data set");
  verb->add_option("--split", options.split, "of --data: train, valid or test")
      ->check(CLI::IsMember({"train", "valid", "test"}))
      ->capture_default_str();
  verb->add_option("--images", options.images, "so many of --data, spread over the split")
      ->check(kPositive)
      ->capture_default_str();
  verb->add_option(
      "--keep", options.keep,
      "what stays of the input: top, bottom, left, right (that half), all-but-centre, or a number "
      "of rows from the top. Kept pixels that come later in the model's order than drawn ones "
      "stand in the image, but the model cannot look ahead to them: in raster order it knows all "
      "that is kept at the top, and of the left half only what is above or before");
  verb->add_option("--nearest", options.nearest,
                   "training data: find the nearest training image of each sample, draw nearest.png and "
                   "compare with held-out images");
}

}  // namespace heed::cli
