// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/plot.h"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "tests/rendering/picture.h"

namespace heed::rendering {
namespace {

using PlotTest = RenderingTest;
const double kNan = std::nan("");

PlotSeries falling(const std::string& name, double height) {
  PlotSeries series{.name = name};
  for (int i = 1; i <= 100; ++i) {
    series.x.push_back(i);
    series.y.push_back(height + 1.0 / i);
  }
  return series;
}

TEST_F(PlotTest, EverySeriesHasItsColourAndTheSizeIsKept) {
  const std::vector<PlotSeries> series{falling("a", 0), falling("b", 1), falling("c", 2)};
  draw_plot(series, {.width = 501, .height = 333, .title = "loss"}, file("plot.png"));
  const Picture picture(file("plot.png"));
  EXPECT_EQ(picture.width(), 501);
  EXPECT_EQ(picture.height(), 333);
  for (size_t i = 0; i < 3; ++i) EXPECT_GT(picture.count(series_color(i)), 100) << i;
  EXPECT_EQ(picture.count(series_color(3)), 0);
}

TEST_F(PlotTest, OnePointIsADot) {
  draw_plot(std::vector<PlotSeries>{{.x = {3}, .y = {2}}}, {}, file("plot.png"));
  EXPECT_GT(Picture(file("plot.png")).count(series_color(0)), 15);
}

TEST_F(PlotTest, NumbersThatAreNoneBreakTheLineAndNothingElse) {
  const std::vector<PlotSeries> series{
      {.name = "gap", .x = {1, 2, 3, 4, kNan}, .y = {1, kNan, 2, INFINITY, 3}},
      {.name = "none", .x = {1, 2}, .y = {kNan, kNan}}};
  for (const AxisScale scale : {AxisScale::kLinear, AxisScale::kLog}) {
    draw_plot(series, {.x_scale = scale, .markers = {{kNan, "nowhere"}}}, file("plot.png"));
    EXPECT_GT(Picture(file("plot.png")).count(series_color(0)), 30);
  }
}

TEST_F(PlotTest, NothingMakesAPicture) {
  draw_plot({}, {.title = "nothing"}, file("none.png"));
  draw_plot(std::vector<PlotSeries>{{.name = "empty"}}, {.x_scale = AxisScale::kLog}, file("empty.png"));
  draw_plot(std::vector<PlotSeries>{{.x = {-1, 0}, .y = {1, 2}}}, {.x_scale = AxisScale::kLog},
            file("log.png"));
  EXPECT_EQ(files(), 3);
}

TEST_F(PlotTest, MarkersStandAtTheirX) {
  PlotOptions options{.width = 600, .height = 400, .markers = {{50, ""}}};
  draw_plot(std::vector<PlotSeries>{falling("", 0)}, options, file("marked.png"));
  options.markers.clear();
  draw_plot(std::vector<PlotSeries>{falling("", 0)}, options, file("plain.png"));
  const Picture marked(file("marked.png")), plain(file("plain.png"));
  EXPECT_GT(marked.count(kMuted, 250, 400), plain.count(kMuted, 250, 400) + 60);
  EXPECT_EQ(marked.count(kMuted, 450, 530), plain.count(kMuted, 450, 530));
}

TEST_F(PlotTest, ABandIsLighterThanItsLine) {
  PlotSeries series = falling("band", 1);
  for (const double y : series.y) series.low.push_back(y - 1), series.high.push_back(y + 1);
  draw_plot(std::vector<PlotSeries>{series}, {}, file("plot.png"));
  EXPECT_GT(Picture(file("plot.png")).count(mix(kWhite, series_color(0), 0.16)), 20000);
}

TEST_F(PlotTest, LengthsThatDifferAreTheCallersMistake) {
  EXPECT_THROW(draw_plot(std::vector<PlotSeries>{{.x = {1, 2}, .y = {1}}}, {}, file("a.png")),
               std::invalid_argument);
  EXPECT_THROW(draw_plot(std::vector<PlotSeries>{{.x = {1}, .y = {1}, .low = {0}}}, {}, file("a.png")),
               std::invalid_argument);
  EXPECT_EQ(files(), 0);
}

}  // namespace
}  // namespace heed::rendering
