// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "heed/decoding/policy.h"
#include "heed/nn/decoder.h"

namespace heed::decoding {

/// Makes the state for some of the inputs, by their numbers, with a row for each in that order. May be called
/// by several threads at once.
using StartState = std::function<std::unique_ptr<nn::DecoderState>(const std::vector<int64_t>& inputs)>;

struct DecodeOptions {
  int64_t rows_per_input = 1;  ///< most rows that a policy goes on with: what work is shared out by
  std::stop_token stop = {};   ///< ends the work within one step; policies then hold what they have
  std::function<void()>
      after_step;  ///< called after each step, never twice at once; what it throws ends the work
};

/// The loop that decodes everything: steps the model until every policy is done. Inputs that are done leave
/// the batch, and so do rows that a policy drops; prompts of different lengths share the passes, long ones in
/// pieces.
///
/// Runs in eval mode, without gradient, on the device of the weights. What one input gets depends on no
/// other, to the last bit in float32 on the CPU, so threads take a share of a large batch each and do not
/// wait for one another at every product.
void decode(nn::Decoder& model, const StartState& start, const std::vector<Policy*>& policies,
            const DecodeOptions& options = {});

}  // namespace heed::decoding
