// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace heed::rendering {

/// A curve. The line breaks where x or y is not finite; a single point between breaks becomes a dot.
struct PlotSeries {
  std::string name = {};  ///< name in the legend; empty: not listed
  std::vector<double> x = {}, y = {};
  std::vector<double> low = {}, high = {};  ///< limits of a band around the curve, as long as y, or empty
  bool dashed = false;
  bool dots = false;  ///< draw a dot at every point
  int color = -1;     ///< index in the palette; -1: index of the series
};

/// A vertical dashed line with a label at the top, such as "training length".
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
  /// Limits of the y axis; NaN: chosen by the data. Points outside are clipped.
  double y_low = std::numeric_limits<double>::quiet_NaN();
  double y_high = std::numeric_limits<double>::quiet_NaN();
};

/// Draws curves over a common axis as PNG: training curves, loss by position. Light grid at round numbers, a
/// legend in the corner where it hides the least, the colours of series_color. On a logarithmic axis, points
/// with x <= 0 are skipped.
///
/// Throws std::invalid_argument if x, y and band of a series differ in length, Error(kSystem) if the file
/// cannot be written.
void draw_plot(std::span<const PlotSeries> series, const PlotOptions& options,
               const std::filesystem::path& path);

}  // namespace heed::rendering
