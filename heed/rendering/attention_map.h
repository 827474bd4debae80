// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace heed::rendering {

/// The weights of one head.
struct AttentionMap {
  std::string name;                ///< above the panel, "head 3"
  int64_t rows = 0, keys = 0;      ///< queries downwards, keys to the right
  std::span<const float> weights;  ///< [rows, keys]
};

struct AttentionMapOptions {
  std::string title = {};
  std::string key_title = "key", row_title = "query";
  int64_t first_row = 0, first_key = 0;  ///< positions of the first row and key, for the numbers at the axes
  /// Tokens as text, in place of numbers; used when there are as many as rows or keys and they have room.
  std::vector<std::string> row_labels = {}, key_labels = {};
  int panel_size = 420;  ///< pixels of a panel's longer side, about
};

/// Heat maps of attention as PNG, a panel for each head, up to four side by side, with one scale of shades
/// for all beside them: white is 0, the darkest blue the largest weight or, where a few weights stand far
/// above all others (the first rows of causal attention), the weight that 99.5 % do not exceed. The shade
/// follows the square root of the weight, so that the small weights of long contexts can be seen. Where
/// several cells share a pixel the largest is shown: no peak is lost. Cells that are not a number are grey.
///
/// Throws std::invalid_argument when a map's weights are not rows x keys, Error(kSystem) when the file cannot
/// be written.
void draw_attention_map(std::span<const AttentionMap> maps, const AttentionMapOptions& options,
                        const std::filesystem::path& path);

}  // namespace heed::rendering
