// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace heed::rendering {

/// One curve. Where x or y is not finite the line breaks; a point alone between breaks is a dot.
struct PlotSeries {
  std::string name = {};  ///< in the legend; without a name it is not listed
  std::vector<double> x = {}, y = {};
  std::vector<double> low = {}, high = {};  ///< a band around the curve, as long as y, or empty
  bool dashed = false;
  bool dots = false;  ///< a dot at every point
  int color = -1;     ///< of the palette; -1 takes the series' place in the plot
};

/// An upright dashed line with its label at the top, "training length".
struct PlotMarker {
  double x = 0;
  std::string label = {};
};

enum class AxisScale { kLinear, kLog };

struct PlotOptions {
  int width = 960, height = 580;
  std::string title = {}, x_title = {}, y_title = {};
  AxisScale x_scale = AxisScale::kLinear;
  std::vector<PlotMarker> markers = {};
  /// Limits of the y axis; not a number means that the data decide. What lies outside is cut off.
  double y_low = std::numeric_limits<double>::quiet_NaN();
  double y_high = std::numeric_limits<double>::quiet_NaN();
};

/// Curves over one axis as PNG: training curves, loss against position. Light grid at round numbers, legend
/// in the corner where it hides least of the curves, colours of series_color. On a logarithmic axis x <= 0 is
/// left out.
///
/// Throws std::invalid_argument when x, y and band of a series differ in length, Error(kSystem) when the file
/// cannot be written.
void draw_plot(std::span<const PlotSeries> series, const PlotOptions& options,
               const std::filesystem::path& path);

}  // namespace heed::rendering
