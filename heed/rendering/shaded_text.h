// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace heed::rendering {

/// A piece of a text with a number. A piece may end inside a character.
struct ShadedToken {
  std::string text;
  double value = 0;
};

struct ShadedTextOptions {
  std::string title = {}, note = {};  ///< above the text; the note says below it what was left out as well
  std::string scale = "nats", unit = "tokens";
  int width = 1000;        ///< pixels at most; short lines make a narrower picture
  double size = 16;        ///< of the letters in pixels
  size_t most_lines = 60;  ///< of the page; the rest of a longer text is left out, and the note says so
  double highest = 0;      ///< value of the strongest shade; 0: all but 2 % of the values are below it
};

/// Draws text on shades as PNG: a page wrapped at words, with its line ends kept and marked, in any script; behind
/// each token a shade from white (0 or less) to orange (`highest` or more), by its value; a scale; the note. The
/// values of tokens that share a character are added. NaN is grey. Returns the number of tokens drawn.
///
/// Throws the Errors of Canvas.
size_t draw_shaded_text(std::span<const ShadedToken> tokens, const ShadedTextOptions& options,
                        const std::filesystem::path& path);

}  // namespace heed::rendering
