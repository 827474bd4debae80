// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/image/image_model.h"

#include "heed/core/config.h"
#include "heed/tasks/model_store.h"
#include "heed/tasks/presets.h"

namespace heed::tasks {

ImageTaskModel::ImageTaskModel(Trained<torch::nn::Module> any)
    : trained(as<nn::PixelModel>(std::move(any))), classes(image_classes(trained.config)) {}

ImageDataOptions ImageTaskModel::data_options() const {
  ImageDataOptions options;
  read_fields(config_section(trained.config, "data"), trained.folder.string() + " [data]", fields(options));
  return options;
}

ImageData ImageTaskModel::read_images(const Paths& data, bool condition) const {
  ImageDataOptions options = data_options();
  options.height = domain().height;
  options.width = domain().width;
  options.channels = domain().channels;
  if (!condition) options.condition = "none";
  return read_image_data(data, options, classes);
}

std::vector<std::string> image_classes(const toml::table& config) {
  std::vector<std::string> names;
  if (const auto* stored = config["about"]["classes"].as_array()) {
    for (const auto& name : *stored) names.push_back(name.value_or(std::string()));
  }
  return names;
}

}  // namespace heed::tasks
