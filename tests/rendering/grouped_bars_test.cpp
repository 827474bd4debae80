// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/grouped_bars.h"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "tests/rendering/picture.h"

namespace heed::rendering {
namespace {

using GroupedBarsTest = RenderingTest;
const std::vector<std::string> kSeries{"animal", "street"};

TEST_F(GroupedBarsTest, TheAreaOfABarIsInProportionToItsValue) {
  const std::vector<BarPanel> panels{{"layer 0", {{"head 0", {0.8, 0.2}}}}};
  draw_grouped_bars(panels, kSeries, {.panel_height = 200, .highest = 1}, file("bars.png"));
  const Picture picture(file("bars.png"));
  const int legend = 12 * 12;
  EXPECT_NEAR((picture.count(series_color(0)) - legend) / double(picture.count(series_color(1)) - legend), 4,
              0.1);
}

TEST_F(GroupedBarsTest, PanelsShareAnAxisAndOddValuesHaveNoBar) {
  const std::vector<BarPanel> panels{{"a", {{"", {1, NAN}}, {"", {-1, 0}}}}, {"b", {{"", {0.5, INFINITY}}}}};
  draw_grouped_bars(panels, kSeries, {}, file("odd.png"));
  const Picture picture(file("odd.png"));
  EXPECT_LT(picture.count(series_color(1)), 200) << "the legend alone";
  draw_grouped_bars({}, {}, {}, file("none.png"));
  EXPECT_EQ(Picture(file("none.png")).width(), 900);
}

TEST_F(GroupedBarsTest, AGroupWithoutAValueForEverySeriesIsTheCallersMistake) {
  const std::vector<BarPanel> panels{{"a", {{"head 0", {1}}}}};
  EXPECT_THROW(draw_grouped_bars(panels, kSeries, {}, file("bad.png")), std::invalid_argument);
  EXPECT_EQ(files(), 0);
}

}  // namespace
}  // namespace heed::rendering
