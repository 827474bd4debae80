// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "heed/cli/verb.h"

namespace heed::cli {

/// heed inspect attention of models of images.
struct ImageAttention {
  std::string model, attention_backend, input, title, class_name;
  std::filesystem::path output;
  std::vector<std::string> pixels;  ///< "14,9"
  std::vector<int64_t> heads;
  int64_t layer = 0;
  bool surprise = false;
};

/// The heading of its options in the help.
inline constexpr const char* kImageAttention = "Images";
void add_image_attention(CLI::App* verb, ImageAttention& options);
int draw_image_attention(const Common& common, const ImageAttention& options);

}  // namespace heed::cli
