// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/language/language_inspection.h"

#include <algorithm>
#include <numeric>
#include <span>

#include <ATen/ops/zeros.h>

#include "heed/core/error.h"
#include "heed/rendering/attention_map.h"
#include "heed/rendering/grouped_bars.h"
#include "heed/rendering/text_arcs.h"

namespace heed::tasks {
namespace {

/// Larger maps are too fine for a picture.
constexpr int64_t kMostMapRows = 1024;
constexpr int kTopOfOne = 12, kTopOfMany = 2;

void draw_maps(const TextAttention& attention, const ShownAttention& shown,
               const LanguageAttentionOptions& options, const std::filesystem::path& picture) {
  const int64_t rows = shown.weights.size(1), keys = shown.weights.size(2);
  if (std::max(rows, keys) > kMostMapRows) {
    throw Error(ErrorKind::kUsage,
                "a map of " + std::to_string(keys) + " columns is too fine to see (at most " +
                    std::to_string(kMostMapRows) + "): choose a part of the text (begin, end)",
                FieldName{"end"});
  }
  std::vector<rendering::AttentionMap> maps;
  for (size_t i = 0; i < shown.heads.size(); ++i) {
    const float* data = shown.weights.const_data_ptr<float>() + static_cast<int64_t>(i) * rows * keys;
    maps.push_back({"head " + std::to_string(shown.heads[i]), rows, keys,
                    std::span(data, static_cast<size_t>(rows * keys))});
  }
  rendering::AttentionMapOptions drawing;
  drawing.title = options.title;
  drawing.row_title = "looks";
  drawing.key_title = "is looked at";
  drawing.key_labels = attention.labels();
  for (const int64_t row : shown.rows)
    drawing.row_labels.push_back(drawing.key_labels[static_cast<size_t>(row)]);
  drawing.panel_size = static_cast<int>(std::clamp<int64_t>(13 * keys, 420, maps.size() == 1 ? 1300 : 640));
  rendering::draw_attention_map(maps, drawing, picture);
}

void draw_arcs(const TextAttention& attention, const ShownAttention& shown,
               const LanguageAttentionOptions& options, const std::filesystem::path& picture) {
  std::vector<rendering::AttentionArc> arcs;
  const auto values = shown.weights.accessor<float, 3>();
  for (int64_t h = 0; h < shown.weights.size(0); ++h) {
    for (int64_t q = 0; q < shown.weights.size(1); ++q) {
      for (int64_t k = 0; k < shown.weights.size(2); ++k) {
        arcs.push_back({static_cast<int>(shown.rows[static_cast<size_t>(q)]), static_cast<int>(k),
                        static_cast<int>(shown.heads[static_cast<size_t>(h)]), values[h][q][k]});
      }
    }
  }
  rendering::TextArcsOptions drawing;
  drawing.title = options.title;
  drawing.top = static_cast<int>(options.top.value_or(shown.rows.size() == 1 ? kTopOfOne : kTopOfMany));
  rendering::draw_text_arcs(attention.labels(), arcs, drawing, picture);
}

}  // namespace

ShownAttention shown_attention(const TextAttention& attention, const LanguageAttentionOptions& options) {
  ShownAttention shown;
  if (options.at.empty()) {
    shown.rows.resize(attention.units().size());
    std::iota(shown.rows.begin(), shown.rows.end(), 0);
  } else {
    shown.rows = {static_cast<int64_t>(attention.find(options.at, options.occurrence))};
  }
  if (!options.all_heads) shown.heads = options.heads;
  shown.weights = attention.weights(options.layer, shown.heads, shown.rows);
  if (options.all_heads) {
    shown.heads.resize(static_cast<size_t>(shown.weights.size(0)));
    std::iota(shown.heads.begin(), shown.heads.end(), 0);
  }
  return shown;
}

void draw_language_attention(const TextAttention& attention, const ShownAttention& shown,
                             const LanguageAttentionOptions& options, const std::filesystem::path& picture) {
  if (options.arcs) return draw_arcs(attention, shown, options, picture);
  draw_maps(attention, shown, options, picture);
}

CandidateShares candidate_shares(const TextAttention& attention, size_t at,
                                 const std::vector<std::string>& candidates) {
  const auto& units = attention.units();
  CandidateShares shares{at, candidates, {}};
  std::vector<std::vector<int64_t>> places(candidates.size());
  for (size_t c = 0; c < candidates.size(); ++c) {
    for (size_t i = 0; i <= at; ++i)
      if (units[i].text == candidates[c]) places[c].push_back(static_cast<int64_t>(i));
    if (places[c].empty()) {
      throw Error(ErrorKind::kUsage,
                  "the text has no '" + candidates[c] + "' before the '" + units[at].text + "' that looks",
                  FieldName{"among"});
    }
  }
  for (int64_t layer = 0; layer < attention.layers(); ++layer) {
    const at::Tensor weights = attention.weights(layer, {}, {static_cast<int64_t>(at)}).select(1, 0);
    at::Tensor found = at::zeros({weights.size(0), static_cast<int64_t>(candidates.size())}, at::kFloat);
    for (size_t c = 0; c < candidates.size(); ++c) {
      for (const int64_t place : places[c])
        found.select(1, static_cast<int64_t>(c)).add_(weights.select(1, place));
    }
    shares.layers.push_back(found);
  }
  return shares;
}

void draw_candidate_shares(const CandidateShares& shares, const std::string& title,
                           const std::filesystem::path& picture) {
  std::vector<rendering::BarPanel> panels;
  for (size_t layer = 0; layer < shares.layers.size(); ++layer) {
    rendering::BarPanel panel{"layer " + std::to_string(layer), {}};
    const auto values = shares.layers[layer].accessor<float, 2>();
    for (int64_t head = 0; head < values.size(0); ++head) {
      rendering::BarGroup group{"head " + std::to_string(head), {}};
      for (int64_t c = 0; c < values.size(1); ++c) group.values.push_back(values[head][c]);
      panel.groups.push_back(group);
    }
    panels.push_back(panel);
  }
  rendering::draw_grouped_bars(panels, shares.candidates, {.title = title, .y_title = "share of attention"},
                               picture);
}

}  // namespace heed::tasks
