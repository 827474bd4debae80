// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "heed/core/config.h"
#include "heed/models/registry.h"
#include "heed/tasks/image/image_data.h"
#include "heed/tasks/image/image_tensors.h"

namespace heed::tasks::testing {

/// Makes images of random pixels that depend on the seed only, with the conditions of the domain; labels take
/// turns.
inline ImageSet random_images(int64_t count, const nn::ImageDomain& domain, uint64_t seed = 1) {
  std::mt19937 random(static_cast<uint32_t>(seed));
  ImageSet set;
  set.images = at::empty({count, domain.height, domain.width, domain.channels}, at::kByte);
  for (int64_t i = 0; i < set.images.numel(); ++i)
    set.images.data_ptr<uint8_t>()[i] = static_cast<uint8_t>(random() >> 8);
  if (domain.classes > 0) set.labels = at::arange(count, at::kLong).remainder(domain.classes);
  if (domain.source_height > 0)
    set.sources = downscale_images(set.images, domain.source_height, domain.source_width);
  return set;
}

inline ImageData random_data(int64_t train, int64_t valid, const nn::ImageDomain& domain) {
  ImageData data;
  data.domain = domain;
  for (int64_t i = 0; i < domain.classes; ++i) data.classes.push_back("class " + std::to_string(i));
  data.splits["train"] = random_images(train, domain, 1);
  data.splits["valid"] = random_images(valid, domain, 2);
  return data;
}

/// `more` is config text, such as "attention = 'local_2d'".
inline std::shared_ptr<nn::PixelModel> tiny_image_model(const nn::ImageDomain& domain,
                                                        const std::string& more = "") {
  at::manual_seed(3);
  toml::table section = parse_toml(
      "d_model = 16\nheads = 2\nlayers = 1\nd_ff = 16\nencoder_layers = 1\nquery_block = 24\nmemory_block = "
      "24\nquery_height = 2\nquery_width = 3\nflange = 2\n" +
          more,
      "test");
  auto model = models::make_model<nn::PixelModel>(section, domain);
  model->eval();
  return model;
}

}  // namespace heed::tasks::testing
