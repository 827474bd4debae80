// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <toml++/toml.h>

#include "heed/training/weight_transfer.h"

namespace heed::tasks {

/// [model] of an encoder-decoder Transformer of the shape of a decoder-only one, for its weights: Rothe, Narayan,
/// Severyn 2020, arXiv:1907.12461. Encoder and decoder have its layers, positions and norms; the embeddings are
/// shared as there. Throws Error(kConfig), naming the field, for what an encoder-decoder does not have, such as
/// relative positions. `place` precedes messages.
toml::table encoder_decoder_section(const toml::table& decoder_only, const std::string& place);

/// Where the weights go: each layer into encoder and decoder, whose attention to the encoder is new.
training::WeightTransfer encoder_decoder_transfer();

}  // namespace heed::tasks
