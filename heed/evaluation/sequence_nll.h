// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "heed/nn/sequence_model.h"

namespace heed::evaluation {

/// How a piece is divided into windows for the model.
struct WindowOptions {
  int64_t context = 0;             ///< tokens per window; 0: the whole piece
  int64_t stride = 0;              ///< distance between windows, at most `context`; 0: half of it
  int64_t batch = 8;               ///< windows per pass; affects speed, memory and rounding
  int64_t period = 1;              ///< tokens per step: restarted positions keep their phase
  bool restart_positions = false;  ///< count positions from 0 in each window, not from the start
};

/// A sum of -ln p and its number of tokens.
struct NllTotal {
  double nats = 0;
  int64_t tokens = 0;
  double mean() const { return tokens > 0 ? nats / static_cast<double>(tokens) : 0; }
  NllTotal& operator+=(const NllTotal& other);
};

/// Returns -ln p of each token of a piece except the first, which is given (the begin mark): value i belongs
/// to tokens[i + 1], so there are tokens.size() - 1 values, none for a piece of one token.
///
/// Windows of `context` tokens advance by `stride`. Each scores only tokens that no earlier window scored:
/// the first all of its tokens, later ones those beyond the end of their predecessor, with at least context -
/// stride tokens of context. The last window is moved back so that it is full. No token is scored twice.
/// Log-softmax is in float32, sums in float64. The model runs in eval mode, without gradients, on the device
/// of its weights. Throws c10::Error for an empty piece or a stride above the context.
std::vector<double> token_nll(nn::SequenceModel& model, std::span<const int64_t> tokens,
                              const WindowOptions& options = {});

NllTotal total_nll(std::span<const double> nll);

}  // namespace heed::evaluation
