// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "heed/data/music/note.h"

namespace heed::rendering {

/// Where a token stands in the music. A token without a pitch (a rest, a time shift, a velocity) has pitch <
/// 0 and is drawn on the line below the roll.
struct ArcPoint {
  double seconds = 0;
  double pitch = -1;
};

/// The weight with which head `head` at token `from` (the query) looks at token `to` (the key).
struct AttentionArc {
  int from = 0, to = 0;
  int head = 0;
  double weight = 0;
};

struct AttentionArcsOptions {
  int width = 1600;         ///< pixels
  double threshold = 0.02;  ///< weights below this are not drawn; a weight of zero never is
  int top = 0;              ///< of each query and head only this many heaviest are drawn; 0 draws all
  bool bars = false;        ///< bars along the time axis
  /// What is shown; an end of 0 means the end of the music.
  double begin_seconds = 0, end_seconds = 0;
  std::string title = {};
};

/// Attention over a piano roll as PNG, after the figures of Huang et al. 2018, Music Transformer: grey notes
/// in one row, and arcs that rise from each query note and come down on the notes it looks at. A colour for
/// each head, with a legend; heavier weights are wider and stronger; a ring marks each query, a dot each key.
///
/// points  one for each token
/// arcs    in any order; weights that are zero, negative or not a number draw nothing
/// Throws std::invalid_argument when an arc names a token that `points` does not have, Error(kSystem) when
/// the file cannot be written.
void draw_attention_arcs(const music::Score& score, std::span<const ArcPoint> points,
                         std::span<const AttentionArc> arcs, const AttentionArcsOptions& options,
                         const std::filesystem::path& path);

}  // namespace heed::rendering
