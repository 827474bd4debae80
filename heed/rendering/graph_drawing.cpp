// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/graph_drawing.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "heed/rendering/shade.h"

namespace heed::rendering {
namespace {

constexpr double kBorder = 70, kHeadline = 50;

/// Places in pixels, with one scale for both directions.
std::vector<Point> pixels_of(std::span<const DrawnNode> nodes, Rect area) {
  constexpr double kMost = std::numeric_limits<double>::max();
  Point low{kMost, kMost}, high{-kMost, -kMost};
  for (const auto& node : nodes) {
    low = {std::min(low.x, node.place.x), std::min(low.y, node.place.y)};
    high = {std::max(high.x, node.place.x), std::max(high.y, node.place.y)};
  }
  const double width = std::max(high.x - low.x, 1e-9), height = std::max(high.y - low.y, 1e-9);
  const double scale = std::min({area.width / width, area.height / height, area.width / 1.2});
  const Point middle{area.x + area.width / 2, area.y + area.height / 2};
  std::vector<Point> pixels;
  for (const auto& node : nodes) {
    pixels.push_back({middle.x + scale * (node.place.x - (low.x + high.x) / 2),
                      middle.y + scale * (node.place.y - (low.y + high.y) / 2)});
  }
  return pixels;
}

double nearest_distance(const std::vector<Point>& places) {
  double nearest = std::numeric_limits<double>::max();
  for (size_t i = 0; i < places.size(); ++i)
    for (size_t j = i + 1; j < places.size(); ++j)
      nearest = std::min(nearest, std::hypot(places[i].x - places[j].x, places[i].y - places[j].y));
  return nearest;
}

Color node_color(const DrawnNode& node) {
  return mix(series_color(node.color), kWhite, 0.55);
}

}  // namespace

void draw_graph(std::span<const DrawnNode> nodes, std::span<const DrawnEdge> edges,
                const GraphDrawingOptions& options, const std::filesystem::path& path) {
  double most = 0;
  for (const auto& edge : edges) {
    if (edge.from >= nodes.size() || edge.to >= nodes.size())
      throw std::invalid_argument("an edge of a drawing leads to a node that is not there");
    if (std::isfinite(edge.weight)) most = std::max(most, edge.weight);
  }
  const double side = options.size;
  const bool vectors = path.extension() == ".svg";
  Canvas canvas(options.size, options.size, kWhite, vectors ? Canvas::Kind::kVectors : Canvas::Kind::kPixels);
  canvas.text(options.title, {kBorder / 2, 34}, {.size = 17, .bold = true, .max_width = side - kBorder});
  canvas.text(options.note, {kBorder / 2, side - 18},
              {.size = 13, .color = kMuted, .max_width = side - kBorder});
  const auto places = pixels_of(
      nodes, {kBorder, kBorder + kHeadline / 2, side - 2 * kBorder, side - 2 * kBorder - kHeadline / 2});
  // Of few nodes labels stay readable, also where a view from the side lays nodes over each other.
  constexpr size_t kFew = 40;
  const double radius =
      std::clamp(0.32 * nearest_distance(places), nodes.size() <= kFew ? 0.014 * side : 4.0, 26.0);
  for (const auto& edge : edges)
    if (edge.bond && edge.from != edge.to)
      canvas.line(places[edge.from], places[edge.to], {.color = kGrid, .width = std::max(2.0, radius / 2)});
  // Light ones first, so that heavy ones lie on top.
  std::vector<DrawnEdge> weighted(edges.begin(), edges.end());
  std::erase_if(weighted, [](const DrawnEdge& edge) { return !(edge.weight > 0); });
  std::sort(weighted.begin(), weighted.end(),
            [](const auto& a, const auto& b) { return a.weight < b.weight; });
  for (const auto& edge : weighted) {
    const double share = edge.weight / most;
    const Stroke stroke{.color = with_alpha(shade(0.35 + 0.65 * share), 0.25 + 0.75 * share),
                        .width = 1 + share * radius * 0.4};
    if (edge.from == edge.to)
      canvas.outline_circle(places[edge.to], radius * 1.45, stroke);
    else
      canvas.line(places[edge.to], places[edge.from], stroke);
  }
  for (size_t i = 0; i < nodes.size(); ++i) {
    canvas.fill_circle(places[i], radius, node_color(nodes[i]));
    canvas.outline_circle(places[i], radius,
                          {.color = nodes[i].ring ? kInk : kAxis, .width = nodes[i].ring ? 3.0 : 1.0});
    if (radius >= 8)
      canvas.text(
          nodes[i].label, places[i],
          {.size = std::min(15.0, radius * 0.9), .align_x = AlignX::kCenter, .align_y = AlignY::kMiddle});
  }
  canvas.write(path);
}

}  // namespace heed::rendering
