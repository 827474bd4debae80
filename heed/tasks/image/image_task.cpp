// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/image/image_task.h"

#include <ATen/Context.h>

#include "heed/core/error.h"
#include "heed/core/progress.h"
#include "heed/models/registry.h"
#include "heed/tasks/image/image_objective.h"
#include "heed/tasks/image/prepared_images.h"

namespace heed::tasks {
namespace {

/// Fewer are soon known by heart.
constexpr int64_t kFewImages = 1000;

std::string data_line(const ImageData& data) {
  const auto& domain = data.domain;
  std::string line = "images of " + image_size_text(domain.height, domain.width, domain.channels) + ":";
  for (const auto& [name, set] : data.splits) line += " " + name + " " + std::to_string(set.count()) + ",";
  line.pop_back();
  if (domain.classes > 0) line += "; " + std::to_string(domain.classes) + " classes";
  if (domain.source_height > 0)
    line += "; from " + image_size_text(domain.source_height, domain.source_width, domain.channels);
  return line;
}

void check_data(const ImageData& data) {
  if (data.splits.count("train") == 0 || data.splits.count("valid") == 0) {
    throw Error(ErrorKind::kData,
                "training needs two images at least, one of them to validate on; add images, or raise [data] "
                "valid_share");
  }
  const int64_t train = data.split("train").count();
  if (train < kFewImages) {
    warn("only " + std::to_string(train) +
         " training images: a model will soon know them by heart (heed generate --nearest shows it). Add "
         "images, flip them ([data] flip = true), or start from a trained model with --init");
  }
}

void describe(const ImageData& data, toml::table& about) {
  toml::array classes;
  for (const auto& name : data.classes) classes.push_back(name);
  about.insert_or_assign("height", data.domain.height);
  about.insert_or_assign("width", data.domain.width);
  about.insert_or_assign("channels", data.domain.channels);
  about.insert_or_assign("classes", classes);
  about.insert_or_assign("source_height", data.domain.source_height);
  about.insert_or_assign("source_width", data.domain.source_width);
}

nn::ImageDomain stored_domain(const toml::table& config, const std::string& place) {
  const auto number = [&](const char* name) { return config["about"][name].value_or(int64_t{0}); };
  nn::ImageDomain domain;
  domain.height = number("height");
  domain.width = number("width");
  domain.channels = number("channels");
  domain.classes = std::ssize(image_classes(config));
  domain.source_height = number("source_height");
  domain.source_width = number("source_width");
  if (domain.values() <= 0) {
    throw Error(ErrorKind::kCheckpoint,
                "describes no model: about.height, about.width and about.channels are needed", place);
  }
  return domain;
}

}  // namespace

Run open_image_run(const toml::table& config, const std::vector<std::filesystem::path>& paths,
                   at::Device device) {
  ImageDataOptions options;
  Run run;
  read_fields(config_section(config, "data"), "[data]", fields(options));
  read_fields(config_section(config, "training"), "[training]", training::fields(run.training));
  const auto data = std::make_shared<ImageData>(read_image_data(paths, options));
  check_data(*data);
  inform(data_line(*data));

  at::manual_seed(static_cast<uint64_t>(run.training.seed));
  toml::table model = config_section(config, "model");
  const auto network = models::make_image_model(model, data->domain);
  network->to(device);
  run.objective = std::make_unique<ImageObjective>(network, data, options,
                                                   static_cast<uint64_t>(run.training.seed), device);

  run.data_card = image_data_card(*data);
  toml::table about = config_section(config, "about");
  describe(*data, about);
  run.config.insert("task", "image");
  run.config.insert("about", about);
  run.config.insert("data", write_fields(fields(options)));
  run.config.insert("model", model);
  run.config.insert("training", write_fields(training::fields(run.training)));
  return run;
}

std::shared_ptr<torch::nn::Module> make_image_module(const toml::table& config, const std::string& place) {
  toml::table section = config_section(config, "model");
  return models::make_image_model(section, stored_domain(config, place));
}

std::string image_data_help() {
  ImageDataOptions options;
  return "[data], task image\n" + describe_fields(fields(options));
}

std::vector<std::string> image_classes(const toml::table& config) {
  std::vector<std::string> names;
  if (const auto* stored = config["about"]["classes"].as_array()) {
    for (const auto& name : *stored) names.push_back(name.value_or(std::string()));
  }
  return names;
}

ImageData read_images_for(const TrainedImageModel& trained, const std::vector<std::filesystem::path>& data,
                          bool condition) {
  const auto& domain = trained.model->domain();
  ImageDataOptions options;
  read_fields(config_section(trained.config, "data"), trained.folder.string() + " [data]", fields(options));
  options.height = domain.height;
  options.width = domain.width;
  options.channels = domain.channels;
  if (!condition) options.condition = "none";
  return read_image_data(data, options, image_classes(trained.config));
}

}  // namespace heed::tasks
