// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/core/names.h"
#include "heed/tasks/image/image_actions.h"
#include "heed/tasks/image/prepared_images.h"
#include "heed/tasks/presets.h"

namespace heed::tasks {
namespace {

struct PrepareImagesOptions {
  Paths data;
  std::filesystem::path output;
  std::vector<std::string> set;
  bool strict = false;
};

Fields fields(PrepareImagesOptions& options) {
  return {
      required({"data", &options.data, "folder or archive (tar, zip) of images, or idx files"}),
      required({"output", &options.output, "folder to write"}),
      {"set", &options.set,
       "size and channels under the names of training, such as data.size=32, which resizes every image; also "
       "data.height, data.width, data.fit, data.channels and data.valid_share"},
      {"strict", &options.strict, "stop at the first image that cannot be read or does not fit"}};
}

void check(const PrepareImagesOptions& options, const std::vector<std::string>& /*given*/) {
  check_image_folder(options.output);
}

/// Prepared images store size, channels and splits; training chooses the rest of [data].
void check_stored(const toml::table& section) {
  static const std::vector<std::string> stored{"size", "height", "width", "fit", "channels", "valid_share"};
  for (const auto& [key, node] : section) {
    if (std::find(stored.begin(), stored.end(), key.str()) != stored.end()) continue;
    throw Error(
        ErrorKind::kConfig,
        "'" + std::string(key.str()) +
            "' is chosen when a model is trained; preparing takes data.size, data.height, data.width, "
            "data.fit, data.channels and data.valid_share",
        FieldName{"set"});
  }
}

ImageDataOptions read_assignments(const std::vector<std::string>& assignments) {
  const toml::table config = load_config("", assignments);
  for (const auto& [section, node] : config) {
    if (section != "data")
      throw Error(ErrorKind::kConfig, unknown_name_message("section", section.str(), {"data"}),
                  FieldName{"set"});
  }
  const toml::table section = config_section(config, "data");
  ImageDataOptions data;
  read_fields(section, "[data]", fields(data));
  check_stored(section);
  return data;
}

Answer prepare(PrepareImagesOptions& options, const Call& /*call*/) {
  const auto card =
      prepare_images(options.data, read_assignments(options.set), options.strict, options.output);
  Json result{{"output", options.output.string()}};
  for (const char* size : {"height", "width", "channels"}) result[size] = card[size].value_or(int64_t{0});
  result["classes"] = card["classes"].as_array()->size();
  for (const char* split : {"train", "valid", "test"}) {
    if (card.contains(split)) result[split] = {{"images", card[split]["images"].value_or(int64_t{0})}};
  }
  result["skipped"] = card["skipped"].value_or(int64_t{0});
  return {result};
}

}  // namespace

Action prepare_image_action() {
  return plain_action("prepare", "Decode and scale images once, so that training starts at once", prepare);
}

}  // namespace heed::tasks
