// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace heed::rendering {

/// The attention weights of a head.
struct AttentionMap {
  std::string name;                ///< shown above the panel, such as "head 3"
  int64_t rows = 0, keys = 0;      ///< number of queries (downwards) and keys (to the right)
  std::span<const float> weights;  ///< [rows, keys]
};

struct AttentionMapOptions {
  std::string title = {};
  std::string key_title = "key", row_title = "query";
  int64_t first_row = 0, first_key = 0;  ///< positions of the first row and key, for the axes
  /// Tokens as text, instead of numbers; used if their number matches and they fit.
  std::vector<std::string> row_labels = {}, key_labels = {};
  int panel_size = 420;  ///< approximate length of a panel's longer side in pixels
};

/// Draws heat maps of attention as PNG: a panel per head, up to four per line, with one scale for all. White
/// is 0; the darkest blue is the largest weight or, if a few weights are far larger than all others (the
/// first rows of causal attention), the weight that 99.5 % do not exceed. The shade follows the square root
/// of the weight, so that the small weights of long contexts are visible. If several cells share a pixel, the
/// largest is shown, so that no peak is lost. NaN cells are grey.
///
/// Throws std::invalid_argument if the number of a map's weights is not rows x keys, Error(kSystem) if the
/// file cannot be written.
void draw_attention_map(std::span<const AttentionMap> maps, const AttentionMapOptions& options,
                        const std::filesystem::path& path);

}  // namespace heed::rendering
