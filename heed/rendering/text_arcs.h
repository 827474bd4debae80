// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "heed/rendering/attention_arc.h"

namespace heed::rendering {

struct TextArcsOptions {
  int width = 1400;         ///< pixels; a shorter text makes a narrower picture
  double size = 16;         ///< of the letters in pixels
  double threshold = 0.02;  ///< smaller weights are not drawn; neither is a weight of zero
  int top = 0;              ///< number of heaviest arcs drawn per query and head; 0: all
  std::string title = {};
};

/// Draws attention over a text as PNG, after the figures of Vaswani et al. 2017, Attention Is All You Need: the
/// words from left to right, wrapped into lines, and arcs from each query word to the words that it attends to.
/// An arc within a line bends above it; one to another line crosses the space between. Each head has a colour,
/// shown in a legend; heavier weights are wider and stronger; a frame marks each query, a dot each key. A
/// weight from a word to itself is a ring above it.
///
/// words  in any script; longer than a line they end in an ellipsis
/// arcs   between words by index, in any order; weights that are zero, negative or NaN are not drawn
/// Throws std::invalid_argument for an arc with a word outside `words`, and the Errors of Canvas.
void draw_text_arcs(std::span<const std::string> words, std::span<const AttentionArc> arcs,
                    const TextArcsOptions& options, const std::filesystem::path& path);

}  // namespace heed::rendering
