// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "heed/data/music/note.h"
#include "heed/rendering/attention_arc.h"

namespace heed::rendering {

/// The position of a token in the music. A token without a pitch (a rest, a time shift, a velocity) has pitch
/// < 0 and is drawn on the line below the roll.
struct ArcPoint {
  double seconds = 0;
  double pitch = -1;
};

struct AttentionArcsOptions {
  int width = 1600;         ///< pixels
  double threshold = 0.02;  ///< smaller weights are not drawn; neither is a weight of zero
  int top = 0;              ///< number of heaviest arcs drawn per query and head; 0: all
  bool bars = false;        ///< label the time axis by bars
  /// Range shown; an end of 0 means the end of the music.
  double begin_seconds = 0, end_seconds = 0;
  std::string title = {};
};

/// Draws attention over a piano roll as PNG, after the figures of Huang et al. 2018, Music Transformer: grey
/// notes in one row, and arcs from each query note to the notes that it attends to. Each head has a colour,
/// shown in a legend; heavier weights are wider and stronger; a ring marks each query, a dot each key.
///
/// points  one per token
/// arcs    in any order; weights that are zero, negative or NaN are not drawn
/// Throws std::invalid_argument for an arc with a token outside `points`, Error(kSystem) if the file cannot
/// be written.
void draw_attention_arcs(const music::Score& score, std::span<const ArcPoint> points,
                         std::span<const AttentionArc> arcs, const AttentionArcsOptions& options,
                         const std::filesystem::path& path);

}  // namespace heed::rendering
