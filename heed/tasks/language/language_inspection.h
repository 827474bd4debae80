// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "heed/tasks/language/text_attention.h"

namespace heed::tasks {

struct LanguageAttentionOptions {
  int64_t layer = 0;
  std::vector<int64_t> heads{0};
  bool all_heads = false;
  std::string at;          ///< the word that looks; empty: all
  int64_t occurrence = 0;  ///< which of several, from 1; 0: the last
  bool arcs = false;       ///< arcs over the text instead of maps
  std::optional<int64_t> top;
  std::string title;
};

/// The weights of a picture: from each of `rows` to each unit of the text.
struct ShownAttention {
  std::vector<int64_t> heads, rows;
  at::Tensor weights;  ///< [heads, rows, units] float32 on the CPU
};
/// Throws Error(kUsage) for what the model or the text does not have.
ShownAttention shown_attention(const TextAttention& attention, const LanguageAttentionOptions& options);

/// Draws a map for each head, or arcs over the text, as PNG.
void draw_language_attention(const TextAttention& attention, const ShownAttention& shown,
                             const LanguageAttentionOptions& options, const std::filesystem::path& picture);

/// The share of a word's attention that falls on candidates before it, as the lecture asks what a pronoun means.
struct CandidateShares {
  size_t at = 0;  ///< the unit that looks
  std::vector<std::string> candidates;
  std::vector<at::Tensor> layers;  ///< of each layer: [heads, candidates] float32
};
/// A candidate that occurs several times up to the word has the sum. Throws Error(kUsage), for field `among`, for one
/// that does not.
CandidateShares candidate_shares(const TextAttention& attention, size_t at,
                                 const std::vector<std::string>& candidates);
/// Draws a panel for each layer with a group of bars for each head, as PNG.
void draw_candidate_shares(const CandidateShares& shares, const std::string& title,
                           const std::filesystem::path& picture);

}  // namespace heed::tasks
