// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/image/image_inputs.h"

#include <algorithm>
#include <charconv>

#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/names.h"
#include "heed/data/image/channels.h"
#include "heed/imaging/resample.h"
#include "heed/tasks/image/image_tensors.h"
#include "heed/tasks/image/prepared_images.h"

namespace heed::tasks {
namespace {

constexpr size_t kListedClasses = 30;

std::string size_of(int64_t height, int64_t width) {
  return std::to_string(width) + " x " + std::to_string(height);
}

/// Makes an image smaller, with a note to the log.
image::Image shrink(const image::Image& image, int64_t height, int64_t width, const std::string& name,
                    imaging::Fit fit) {
  if (image.height == height && image.width == width) return image;
  const bool same_shape = height * image.width == width * image.height;
  const char* const how = fit == imaging::Fit::kCrop  ? ", and cropped"
                          : fit == imaging::Fit::kPad ? ", with black bars"
                                                      : ", and squeezed";
  inform(name + " is " + size_of(image.height, image.width) + ": made smaller, by area, to " +
         size_of(height, width) + (same_shape ? "" : how));
  return imaging::fit_image(image, height, width, fit);
}

[[noreturn]] void refuse_size(const image::Image& image, const std::string& name,
                              const nn::ImageDomain& domain) {
  const std::string whole = size_of(domain.height, domain.width);
  const std::string needed = domain.source_height > 0 ? size_of(domain.source_height, domain.source_width) +
                                                            ", the smaller image it is conditioned on, or " +
                                                            whole + " and above, from which that is made"
                                                      : whole + ", or larger images, which are made smaller";
  throw Error(ErrorKind::kData, "is " + size_of(image.height, image.width) + "; this model takes " + needed,
              name);
}

}  // namespace

ImageInput fit_input(image::Image image, const std::string& name, const nn::ImageDomain& domain,
                     imaging::Fit fit) {
  image.pixels = image::convert_channels(std::move(image.pixels), image.channels, domain.channels);
  image.channels = domain.channels;
  const auto covers = [&](int64_t height, int64_t width) {
    return height > 0 && image.height >= height && image.width >= width;
  };
  ImageInput input;
  input.name = name;
  if (covers(domain.height, domain.width)) {
    input.original = shrink(image, domain.height, domain.width, name, fit);
    if (domain.source_height > 0)
      input.source = imaging::downscale_area(*input.original, domain.source_height, domain.source_width);
  } else if (covers(domain.source_height, domain.source_width)) {
    input.source = shrink(image, domain.source_height, domain.source_width, name, fit);
  } else {
    refuse_size(image, name, domain);
  }
  return input;
}

std::vector<ImageInput> inputs_of_split(const ImageData& data, const std::string& split, int64_t count) {
  const ImageSet& set = data.split(split);
  std::vector<ImageInput> inputs;
  for (const int64_t i : spread_evenly(set.count(), count)) {
    ImageInput input;
    input.name = split + " " + std::to_string(i);
    input.original = image_of(set.images[i]);
    if (set.sources) input.source = image_of((*set.sources)[i]);
    if (set.labels) input.label = (*set.labels)[i].item<int64_t>();
    inputs.push_back(std::move(input));
  }
  return inputs;
}

std::string list_classes(const std::vector<std::string>& classes) {
  std::string list;
  for (size_t i = 0; i < std::min(classes.size(), kListedClasses); ++i)
    list += (i > 0 ? ", " : "") + classes[i];
  if (classes.size() > kListedClasses)
    list += " and " + std::to_string(classes.size() - kListedClasses) + " more";
  return list;
}

int64_t class_number(const std::vector<std::string>& classes, const std::string& text) {
  const auto found = std::find(classes.begin(), classes.end(), text);
  if (found != classes.end()) return found - classes.begin();
  const auto number_in = [](const std::string& name) {
    int64_t number = -1;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    return error == std::errc() && end == name.data() + name.size() ? number : -1;
  };
  // Where names are numbers, a number that is no name would be taken for another class.
  const bool numbered =
      std::any_of(classes.begin(), classes.end(), [&](const auto& name) { return number_in(name) >= 0; });
  const int64_t number = number_in(text);
  if (!numbered && number >= 0 && number < std::ssize(classes)) return number;
  std::string message = unknown_name_message("class", text, classes);  // names all when no name is near
  if (message.ends_with('?')) message += " The classes are " + list_classes(classes);
  throw Error(ErrorKind::kUsage, message, FieldName{"class"});
}

}  // namespace heed::tasks
