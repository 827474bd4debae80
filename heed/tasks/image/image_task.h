// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "heed/nn/image_model.h"
#include "heed/tasks/image/image_data.h"
#include "heed/tasks/run.h"

namespace heed::tasks {

/// Opens a training run on images: reads them, makes model and objective, resolves the config. What the model
/// is made for is kept under [about]: height, width, channels, the names of classes, source_height,
/// source_width.
Run open_image_run(const toml::table& config, const std::vector<std::filesystem::path>& data,
                   at::Device device);
std::shared_ptr<torch::nn::Module> make_image_module(const toml::table& config, const std::string& place);
std::string image_data_help();

/// The names of a trained model's classes, in the order of their numbers; empty where it has none.
std::vector<std::string> image_classes(const toml::table& config);

/// Reads data as a trained model needs it: its size, its channels, its numbers of classes. `condition` false:
/// the images alone, to be compared with.
ImageData read_images_for(const TrainedImageModel& trained, const std::vector<std::filesystem::path>& data,
                          bool condition = true);

}  // namespace heed::tasks
