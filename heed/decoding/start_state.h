// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "heed/decoding/decode.h"
#include "heed/nn/pixel_model.h"
#include "heed/nn/sequence_model.h"
#include "heed/nn/sequence_to_sequence.h"

/// Start states of each kind of model. The arguments must outlive the returned function.
namespace heed::decoding {

/// Rows of at most `capacity` tokens each, including the prompt; up to rows_per_input of an input.
StartState start_sequences(nn::SequenceModel& model, int64_t capacity, int64_t rows_per_input = 1);
/// Input i is sentence i of `source`, with room for `rows` rows of `capacity` target tokens.
StartState start_sentences(nn::SequenceToSequenceModel& model, const nn::Source& source, int64_t rows,
                           int64_t capacity);
/// Input i is conditioned on row i of the condition.
StartState start_images(nn::PixelModel& model, const nn::ImageCondition& condition);

}  // namespace heed::decoding
