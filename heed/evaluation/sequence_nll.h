// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "heed/nn/sequence_model.h"

namespace heed::evaluation {

/// How much of a piece the model sees at once.
struct WindowOptions {
  int64_t context = 0;             ///< tokens a window feeds to the model; 0: the whole piece
  int64_t stride = 0;              ///< how far windows move on, at most `context`; 0: half of it
  int64_t batch = 8;               ///< windows in one pass; changes speed and memory, and numbers by rounding
  int64_t period = 1;              ///< tokens of a step: restarted positions keep their place in it
  bool restart_positions = false;  ///< positions count from 0 in each window, not from the piece's beginning
};

/// A sum of -ln p and what it sums over.
struct NllTotal {
  double nats = 0;
  int64_t tokens = 0;
  double mean() const { return tokens > 0 ? nats / static_cast<double>(tokens) : 0; }
  NllTotal& operator+=(const NllTotal& other);
};

/// -ln p of each token of a piece but its first, which is given (the begin mark): value i is of tokens[i +
/// 1], so there are tokens.size() - 1 values, none for a piece of one token.
///
/// Windows of `context` tokens slide by `stride`, and each scores only tokens that no window before it did:
/// the first all of its own, later ones those beyond the reach of their predecessor, with at least
/// context - stride tokens of context. The last window is moved back so that it is full. No token is scored
/// twice. Log-softmax in float32, sums in float64.
/// The model runs in eval mode, without gradient, on the device of its weights.
/// Throws c10::Error on an empty piece or a stride beyond the context.
std::vector<double> token_nll(nn::SequenceModel& model, std::span<const int64_t> tokens,
                              const WindowOptions& options = {});

NllTotal total_nll(std::span<const double> nll);

}  // namespace heed::evaluation
