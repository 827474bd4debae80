// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "heed/core/gguf.h"
#include "heed/models/transformer.h"

/// GPT-2's weights in the files of other programs. models/gpt2_names.h has the names, models/gpt2_options.h the settings.
namespace heed::tasks {

/// Reads config.json and model.safetensors of a folder in Hugging Face's layout.
///
/// Names may have "transformer." before them or not; causal masks are ignored; weights are float32, float16 or
/// bfloat16. Linear layers are Hugging Face's Conv1D, [in, out], or [out, in] as minGPT has them: the shape of the first
/// layer's c_attn tells. With an lm_head that differs from the embeddings the model is not tied. The file is mapped and
/// passed through once; memory: the model's parameters and one tensor.
///
/// Throws Error(kData) for a config that heed cannot compute, and Error(kCheckpoint) for weights that do not fit it, with
/// their names.
std::shared_ptr<models::Transformer> read_gpt2_folder(const std::filesystem::path& folder);

/// Reads the weights of a GGUF file of llama.cpp: float32, float16, bfloat16 or q8_0. Errors as above.
std::shared_ptr<models::Transformer> read_gpt2_gguf(const Gguf& file);

struct Gpt2Description {
  std::string place;                        ///< the model's name in error messages
  std::optional<int32_t> end_of_text = {};  ///< token that begins and ends a text
};
/// Writes config.json and model.safetensors (float32) that GPT2LMHeadModel.from_pretrained loads. The folder exists.
/// Throws Error(kUsage) for a model that is no GPT-2.
void write_gpt2_folder(const models::Transformer& model, const std::filesystem::path& folder,
                       const Gpt2Description& description);

}  // namespace heed::tasks
