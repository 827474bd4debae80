// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/equivariance.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <utility>

#include "heed/rendering/plot.h"

namespace heed::tasks {
namespace {

void draw(const std::vector<EquivarianceResult>& results, const std::string& title,
          const std::filesystem::path& path) {
  constexpr int64_t kMostPoints = 2000;
  const double gap = std::numeric_limits<double>::quiet_NaN();
  std::vector<rendering::PlotSeries> series;
  double low = std::numeric_limits<double>::max(), high = std::numeric_limits<double>::lowest();
  for (const auto& result : results) {
    rendering::PlotSeries dots{.name = result.name};
    for (int64_t i = 0; i < std::min(kMostPoints, result.before.numel()); ++i) {
      const double x = result.before[i].item<double>(), y = result.after[i].item<double>();
      low = std::min({low, x, y}), high = std::max({high, x, y});
      dots.x.insert(dots.x.end(), {x, gap});
      dots.y.insert(dots.y.end(), {y, gap});
    }
    series.push_back(std::move(dots));
  }
  series.push_back({.name = "equal", .x = {low, high}, .y = {low, high}, .dashed = true});
  rendering::draw_plot(
      series,
      {.width = 640, .height = 640, .title = title, .x_title = "output before", .y_title = "output after"},
      path);
}

}  // namespace

double EquivarianceResult::largest() const {
  return (before - after).abs().max().item<double>();
}

double EquivarianceResult::spread() const {
  return before.numel() > 1 ? before.std().item<double>() : 0;
}

void report_equivariance(const std::vector<EquivarianceResult>& results, const std::string& title,
                         const std::filesystem::path& picture, Answer& answer) {
  for (const auto& result : results) {
    const double root = (result.before - result.after).square().mean().sqrt().item<double>();
    answer.json[result.name] = {{"largest_difference", result.largest()},
                                {"rms_difference", root},
                                {"spread", result.spread()},
                                {"outputs", result.before.numel()}};
    char line[240];
    std::snprintf(
        line, sizeof line,
        "%-8s largest difference %.2g, root of the mean square %.2g, in %lld outputs, whose standard "
        "deviation is %.3g",
        result.name.c_str(), result.largest(), root, static_cast<long long>(result.before.numel()),
        result.spread());
    answer.lines.emplace_back(line);
  }
  if (picture.empty()) return;
  draw(results, title, picture);
  answer.json["picture"] = picture.string();
}

}  // namespace heed::tasks
