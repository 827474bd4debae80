// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "heed/decoding/policy.h"
#include "heed/decoding/proposer.h"
#include "heed/nn/decoder.h"

namespace heed::decoding {

/// Makes the state for some of the inputs, given by index, with a row for each in that order. Several threads
/// may call it at once.
using StartState = std::function<std::unique_ptr<nn::DecoderState>(const std::vector<int64_t>& inputs)>;

struct DecodeOptions {
  int64_t rows_per_input = 1;  ///< maximum number of rows per policy; used to divide the work
  std::stop_token stop = {};   ///< ends the work within one step; policies then have partial results
  /// Called after each step, by one thread at a time; may throw to end.
  std::function<void()> after_step = {};
  StartProposer start_proposer = {};  ///< who guesses; empty: nobody
  bool drops = false;  ///< whether policies may begin again; needs states that forget all tokens
};

/// The loop behind all decoding: steps the model until every policy is done. Finished inputs and dropped rows
/// leave the batch. Prompts of different lengths share passes; long ones are split. With a proposer a row may consume
/// several guesses in a step, and each row keeps its own number of them.
///
/// Runs in eval mode, without gradients, on the device of the weights. In float32 on the CPU the result of an
/// input does not depend on the others, to the last bit. Several threads therefore each take a share of a
/// large batch, instead of waiting for each other at every product.
void decode(nn::Decoder& model, const StartState& start, const std::vector<Policy*>& policies,
            const DecodeOptions& options = {});

}  // namespace heed::decoding
