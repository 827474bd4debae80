// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "heed/data/music/encoding.h"
#include "heed/nn/sequence_model.h"

namespace heed::tasks {

struct MusicAttentionOptions {
  int64_t layer = 0;
  std::vector<int64_t> heads{0};
  double begin_seconds = 0, end_seconds = 0;  ///< stretch to draw; an end of 0: to the end of the piece
  double query_seconds =
      -1;               ///< queries are the last notes struck before this; below 0: the last of the picture
  int64_t queries = 4;  ///< query tokens
  int64_t top = 12;     ///< heaviest keys of each query and head, of those in the stretch
  bool map = false;     ///< draw a heat map of all queries and keys instead of arcs
  std::string title;
};

/// Draws the attention of chosen heads over a piece as PNG: arcs over its piano roll, after the figures of Huang et al.
/// 2018, or maps. Throws Error(kUsage) for layers and heads that the model does not have.
void draw_music_attention(nn::SequenceModel& model, const music::Encoding& encoding,
                          const music::Score& score, const MusicAttentionOptions& options,
                          const std::filesystem::path& picture);

}  // namespace heed::tasks
