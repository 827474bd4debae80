// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "heed/rendering/legend.h"

namespace heed::rendering {

/// The attention weight of head `head` from token `from` (the query) to token `to` (the key).
struct AttentionArc {
  int from = 0, to = 0;
  int head = 0;
  double weight = 0;
};

/// The arcs of a picture: which are drawn, in which order, and the colour of each head.
class ArcChoice {
 public:
  /// Keeps arcs with a finite weight above zero and of at least `threshold`; with `top` above 0 only the `top`
  /// heaviest of each query and head. Throws std::invalid_argument for an arc with a token that is not among
  /// `tokens`; `caller` begins its message.
  ArcChoice(std::span<const AttentionArc> arcs, int64_t tokens, double threshold, int top,
            const char* caller);

  /// Light ones first, so that heavy ones are on top.
  const std::vector<AttentionArc>& kept() const { return kept_; }
  /// The queries of the arcs, ascending.
  std::vector<int> queries() const;
  /// The weight of an arc relative to the heaviest one, 0 to 1.
  double share(const AttentionArc& arc) const { return arc.weight / kept_.back().weight; }
  /// Index of a head among those of all arcs, and their number.
  size_t index(int head) const;
  size_t heads() const { return heads_.size(); }
  Color color(int head) const { return series_color(index(head)); }
  Stroke stroke(const AttentionArc& arc) const;
  /// The dot that marks a key, at `at`.
  void paint_key(Canvas& canvas, Point at, const AttentionArc& arc) const;
  /// A colour for each head of all arcs. A head whose attention is spread thin has no arc, which is said.
  std::vector<LegendEntry> legend() const;

 private:
  double threshold_;
  std::vector<int> heads_;
  std::vector<AttentionArc> kept_;
};

}  // namespace heed::rendering
