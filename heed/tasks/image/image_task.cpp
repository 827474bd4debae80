// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/image/image_task.h"

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/data/image/channels.h"
#include "heed/models/registry.h"
#include "heed/tasks/image/image_actions.h"
#include "heed/tasks/image/image_model.h"
#include "heed/tasks/image/image_objective.h"
#include "heed/tasks/image/prepared_images.h"
#include "heed/tasks/presets.h"

namespace heed::tasks {
namespace {

/// A model soon memorises fewer images than this.
constexpr int64_t kFewImages = 1000;

std::string data_line(const ImageData& data) {
  const auto& domain = data.domain;
  std::string line =
      "images of " + image::image_size_text(domain.height, domain.width, domain.channels) + ":";
  for (const auto& [name, set] : data.splits) line += " " + name + " " + std::to_string(set.count()) + ",";
  line.pop_back();
  if (domain.classes > 0) line += "; " + std::to_string(domain.classes) + " classes";
  if (domain.source_height > 0)
    line += "; from " + image::image_size_text(domain.source_height, domain.source_width, domain.channels);
  return line;
}

void check_data(const ImageData& data) {
  if (data.splits.count("train") == 0 || data.splits.count("valid") == 0) {
    throw Error(ErrorKind::kData,
                "training needs images to train on and others to validate on, and each class keeps one for "
                "training; add images, or raise [data] valid_share");
  }
  const int64_t train = data.split("train").count();
  if (train < kFewImages) {
    warn(
        "only " + std::to_string(train) +
        " training images: a model soon memorises them (compare samples with their nearest training images). "
        "Add images, flip them ([data] flip = true), or start from a trained model");
  }
}

std::shared_ptr<const ImageData> read_training_images(const Paths& paths, const ImageDataOptions& options,
                                                      const std::vector<std::string>& classes) {
  auto data =
      std::make_shared<const ImageData>(read_image_data(paths, options, classes, /*for_training=*/true));
  check_data(*data);
  inform(data_line(*data));
  return data;
}

/// Writes the domain of a model to [about].
void store_domain(const ImageData& data, toml::table& about) {
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
                "does not describe a model: about.height, about.width or about.channels is missing", place);
  }
  return domain;
}

class ImageTask : public Task {
 public:
  std::string name() const override { return "image"; }
  std::string noun() const override { return "an image model"; }

  std::string config_help() const override {
    ImageDataOptions options;
    return "[data], task image\n" + describe_fields(fields(options)) + "\n" +
           models::describe_kinds<nn::PixelModel>();
  }

  TrainingRun open(const toml::table& config, const Paths& paths, at::Device device) const override {
    RunDraft draft(config, device);
    ImageDataOptions options;
    draft.read("data", fields(options));
    const auto data = read_training_images(paths, options, image_classes(config));
    const auto model = draft.make_model(
        [&](toml::table& section) { return models::make_model<nn::PixelModel>(section, data->domain); });
    store_domain(*data, draft.about());
    return draft.finish(std::make_unique<ImageObjective>(model, data, options, draft.seed(), device),
                        image_data_card(*data));
  }

  /// Keeps the kind and size of the images, unless the config sets them. The size is that of the model: its
  /// data may have been prepared in it. Keeps the classes with their numbers, so that a class of the data goes on
  /// from the class of the same name.
  void inherit(toml::table& config, const Trained<torch::nn::Module>& from) const override {
    if (const auto* classes = from.config["about"]["classes"].as_array())
      merge_toml(config, toml::table{{"about", toml::table{{"classes", *classes}}}});
    const bool sized = config["data"]["size"] || config["data"]["height"] || config["data"]["width"];
    const auto keep = [&](const char* name, const char* section) {
      const auto number = from.config[section][name].value<int64_t>();
      if (!config["data"][name] && number)
        set_toml(config, "data." + std::string(name) + "=" + std::to_string(*number));
    };
    if (!sized) {
      keep("height", "about");
      keep("width", "about");
    }
    keep("channels", "about");
    keep("source_size", "data");
    if (const auto fit = from.config["data"]["fit"].value<std::string>(); fit && !config["data"]["fit"])
      set_toml(config, "data.fit='" + *fit + "'");
    if (config["data"]["condition"]) return;
    set_toml(config,
             "data.condition='" + from.config["data"]["condition"].value_or(std::string("none")) + "'");
  }

  std::shared_ptr<torch::nn::Module> make_module(const toml::table& config,
                                                 const std::string& place) const override {
    toml::table section = config_section(config, "model");
    return models::make_model<nn::PixelModel>(section, stored_domain(config, place));
  }

  std::unique_ptr<TaskModel> open_model(Trained<torch::nn::Module> trained) const override {
    return std::make_unique<ImageTaskModel>(std::move(trained));
  }

  const std::vector<Action>& actions() const override {
    static const std::vector<Action> actions{prepare_image_action(), evaluate_image_action(),
                                             generate_image_action(), inspect_image_attention_action(),
                                             inspect_image_equivariance_action()};
    return actions;
  }
};

}  // namespace

const Task& image_task() {
  static const ImageTask task;
  return task;
}

}  // namespace heed::tasks
