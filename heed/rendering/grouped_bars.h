// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace heed::rendering {

/// A group of bars side by side: one for each series.
struct BarGroup {
  std::string label;  ///< below the group
  std::vector<double> values;
};

struct BarPanel {
  std::string title;
  std::vector<BarGroup> groups;
};

struct GroupedBarsOptions {
  std::string title = {}, y_title = {};
  int width = 900;       ///< pixels
  int panel_height = 0;  ///< pixels; 0: lower if there are many panels
  double highest = 0;    ///< end of the axes; 0: that of the largest value
};

/// Draws groups of bars as PNG: a panel below the other, all with the same axis from 0, a colour for each series
/// and a legend. Negative values and values that are not finite have no bar.
///
/// Throws std::invalid_argument if a group has not one value for each series, and the Errors of Canvas.
void draw_grouped_bars(std::span<const BarPanel> panels, std::span<const std::string> series,
                       const GroupedBarsOptions& options, const std::filesystem::path& path);

}  // namespace heed::rendering
