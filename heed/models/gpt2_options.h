// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "heed/core/gguf.h"
#include "heed/models/transformer.h"

/// GPT-2 (Radford et al. 2019, Language Models are Unsupervised Multitask Learners) as options of the Transformer.
namespace heed::models {

/// GPT-2 small: 12 layers, width 768, 12 heads, 1,024 positions, 50,257 tokens.
TransformerOptions gpt2_options();

/// The options that a config.json of Hugging Face's transformers describes; `place` is its name in messages. A missing
/// key has the default of GPT2Config. `tie_embeddings` is what the file says or implies.
///
/// Throws Error(kData) if it is not a GPT-2, if a size is wrong, or if a setting asks for arithmetic that heed does not
/// have; the message names the key.
TransformerOptions gpt2_options(const nlohmann::json& config, const std::string& place);

/// The options that the metadata of a GGUF file describes. Throws Error(kData) or Error(kCheckpoint) likewise.
TransformerOptions gpt2_options(const Gguf& file);

/// The config.json for a model. Throws Error(kUsage) naming the option if GPT2LMHeadModel cannot compute it.
nlohmann::ordered_json gpt2_config(const TransformerOptions& options, const std::string& place);

}  // namespace heed::models
