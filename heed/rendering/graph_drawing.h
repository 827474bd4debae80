// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "heed/rendering/canvas.h"

namespace heed::rendering {

struct DrawnNode {
  Point place;  ///< in any unit
  std::string label = {};
  size_t color = 0;   ///< nodes of one number have one colour
  bool ring = false;  ///< marked, such as the node whose attention is shown
};

struct DrawnEdge {
  size_t from = 0, to = 0;
  bool bond = false;  ///< an edge of the graph: a grey line below everything
  double weight = 0;  ///< of attention, drawn from `to` to `from`; 0: none
};

struct GraphDrawingOptions {
  std::string title = {}, note = {};
  int size = 900;  ///< pixels of a side
};

/// Draws a graph with weights on its edges as PNG or, if the file ends in ".svg", as SVG. Heavier weights are wider and darker, in
/// shares of the heaviest. A weight of a node for itself is a ring around it.
///
/// Throws std::invalid_argument for an edge with a node that is not there, Error(kSystem) if the file cannot be written.
void draw_graph(std::span<const DrawnNode> nodes, std::span<const DrawnEdge> edges,
                const GraphDrawingOptions& options, const std::filesystem::path& path);

}  // namespace heed::rendering
