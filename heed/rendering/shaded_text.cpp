// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/shaded_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <vector>

#include "heed/rendering/axis.h"
#include "heed/rendering/canvas.h"
#include "heed/rendering/text_page.h"

namespace heed::rendering {
namespace {

constexpr int kPageMargin = 32, kNarrowest = 640;
constexpr double kScaleLength = 220, kScaleHeight = 14;
constexpr std::string_view kLineEnd = "\u21B5";  // drawn before a line end

/// White to orange, light enough for black letters.
Color warm(double share) {
  if (std::isnan(share)) return {0.85, 0.85, 0.85};
  static constexpr std::array<Color, 3> kStops{{{1, 1, 1}, {1, 0.88, 0.66}, {0.99, 0.55, 0.30}}};
  const double at = std::clamp(share, 0.0, 1.0) * (kStops.size() - 1);
  const auto stop = std::min(static_cast<size_t>(at), kStops.size() - 2);
  return mix(kStops[stop], kStops[stop + 1], at - static_cast<double>(stop));
}

/// Bytes of the page with one value.
struct Stretch {
  size_t begin, end;
  double value;
};

struct MarkedText {
  std::string text;
  std::vector<size_t> ends;  ///< of each token, in the page's text
};

MarkedText mark_line_ends(std::span<const ShadedToken> tokens) {
  MarkedText marked;
  for (const ShadedToken& token : tokens) {
    for (const char byte : token.text) {
      if (byte == '\n') marked.text += kLineEnd;
      marked.text += byte;
    }
    marked.ends.push_back(marked.text.size());
  }
  return marked;
}

bool is_inside_character(const std::string& text, size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80;
}

/// Tokens that share a character become one stretch.
std::vector<Stretch> stretches(const MarkedText& marked, std::span<const ShadedToken> tokens) {
  std::vector<Stretch> list;
  size_t begin = 0;
  double value = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    value += tokens[i].value;
    if (is_inside_character(marked.text, marked.ends[i])) continue;
    list.push_back({begin, marked.ends[i], value});
    begin = marked.ends[i];
    value = 0;
  }
  return list;
}

double strongest(std::span<const ShadedToken> tokens, double asked) {
  if (asked > 0) return asked;
  std::vector<double> values;
  for (const ShadedToken& token : tokens)
    if (std::isfinite(token.value)) values.push_back(token.value);
  if (values.empty()) return 1;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(0.98 * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return std::max(1.0, std::ceil(2 * *at) / 2);
}

void paint_scale(Canvas& canvas, Point left_middle, double highest, const std::string& title) {
  const double top = left_middle.y - kScaleHeight / 2;
  for (int i = 0; i < static_cast<int>(kScaleLength); ++i)
    canvas.fill({left_middle.x + i, top, 1, kScaleHeight}, warm(i / kScaleLength));
  canvas.outline({left_middle.x - 0.5, top - 0.5, kScaleLength + 1, kScaleHeight + 1}, {kAxis, 1});
  const Ticks ticks = linear_ticks(0, highest, 6);
  for (size_t i = 0; i < ticks.values.size(); ++i) {
    const double x = left_middle.x + kScaleLength * ticks.values[i] / highest;
    canvas.line({x, top + kScaleHeight}, {x, top + kScaleHeight + 3}, {kAxis, 0.8});
    canvas.text(ticks.labels[i], {x, top + kScaleHeight + 6},
                {.size = 11, .color = kMuted, .align_x = AlignX::kCenter, .align_y = AlignY::kTop});
  }
  canvas.text(title, {left_middle.x + kScaleLength + 12, left_middle.y},
              {.size = 12, .color = kMuted, .align_y = AlignY::kMiddle});
}

std::string note_of(const ShadedTextOptions& options, size_t drawn, size_t all) {
  if (drawn == all) return options.note;
  const std::string cut = "The first " + std::to_string(drawn) + " of " + std::to_string(all) + " " +
                          options.unit + " are shown.";
  return options.note.empty() ? cut : options.note + " " + cut;
}

/// The tokens that surely contain all of a page: longer texts would be laid out for nothing.
std::span<const ShadedToken> about_a_page(std::span<const ShadedToken> tokens,
                                          const ShadedTextOptions& options) {
  const auto most = static_cast<size_t>(options.width) * 2 * options.most_lines;  // a letter has some pixels
  size_t bytes = 0, count = 0;
  while (count < tokens.size() && bytes < most) bytes += tokens[count++].text.size();
  return tokens.first(count);
}

/// What fits on a page, and the width that its lines need.
struct PageContent {
  std::span<const ShadedToken> tokens;
  MarkedText marked;
  int width;
};

PageContent first_page(std::span<const ShadedToken> tokens, const ShadedTextOptions& options) {
  const int widest = options.width - 2 * kPageMargin;
  tokens = about_a_page(tokens, options);
  MarkedText marked = mark_line_ends(tokens);
  const TextPage all(marked.text, widest, options.size);
  const size_t cut = all.line_begin(options.most_lines);
  const auto kept = std::upper_bound(marked.ends.begin(), marked.ends.end(), cut) - marked.ends.begin();
  tokens = tokens.first(static_cast<size_t>(kept));
  const int width = std::clamp(static_cast<int>(all.width()) + 1, std::min(kNarrowest, widest), widest);
  return {tokens, mark_line_ends(tokens), width};
}

void paint_shades(Canvas& canvas, const TextPage& page, std::span<const Stretch> shades, Point top_left,
                  double highest) {
  for (const Stretch& stretch : shades) {
    for (const Rect& box : page.boxes(stretch.begin, stretch.end)) {
      canvas.fill({top_left.x + box.x, top_left.y + box.y + 0.1 * box.height, box.width, 0.8 * box.height},
                  warm(stretch.value / highest), 2);
    }
  }
}

}  // namespace

size_t draw_shaded_text(std::span<const ShadedToken> tokens, const ShadedTextOptions& options,
                        const std::filesystem::path& path) {
  const PageContent content = first_page(tokens, options);
  const TextPage page(content.marked.text, content.width, options.size);
  const double width = content.width, head = options.title.empty() ? 24 : 56, body = head + 52;
  const double highest = strongest(tokens, options.highest);
  Canvas canvas(content.width + 2 * kPageMargin, static_cast<int>(body + page.height() + 24));
  canvas.text(options.title, {kPageMargin, 32},
              {.size = 17, .align_y = AlignY::kMiddle, .bold = true, .max_width = width});
  paint_scale(canvas, {kPageMargin, head + 8}, highest, options.scale);
  canvas.text(note_of(options, content.tokens.size(), tokens.size()), {kPageMargin + width, head + 8},
              {.size = 12,
               .color = kMuted,
               .align_x = AlignX::kRight,
               .align_y = AlignY::kMiddle,
               .max_width = width - kScaleLength - 100});
  paint_shades(canvas, page, stretches(content.marked, content.tokens), {kPageMargin, body}, highest);
  canvas.page(page, {kPageMargin, body});
  canvas.write_png(path);
  return content.tokens.size();
}

}  // namespace heed::rendering
