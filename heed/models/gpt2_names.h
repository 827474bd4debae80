// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace heed::models {

/// A weight of GPT-2 under the names that files of several programs give it.
struct Gpt2Name {
  std::string heed;          ///< "layers.3.expand.weight"
  std::string hugging_face;  ///< "h.3.mlp.c_fc.weight"; files of language models put "transformer." before it
  std::string gguf;          ///< "blk.3.ffn_up.weight"
  bool conv1d = false;       ///< [in, out] in Hugging Face's files ("Conv1D"), [out, in] in heed and GGUF
};

/// Every weight of a GPT-2 of that many layers, in the order of the model.
std::vector<Gpt2Name> gpt2_names(int64_t layers);

/// The output layer of a model that is not tied; Hugging Face's name has no "transformer." before it.
Gpt2Name gpt2_output_name();

/// True for the causal masks that older files of Hugging Face keep beside the weights: "h.3.attn.bias" and
/// "h.3.attn.masked_bias", after any prefix.
bool is_gpt2_mask(const std::string& hugging_face);

}  // namespace heed::models
