// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "heed/tasks/model_store.h"

/// GPT-2 between heed and other programs: weights and vocabulary together.
namespace heed::tasks {

struct ExchangedModel {
  int64_t parameters = 0, vocabulary = 0;
};

/// Converts a GPT-2 into a run folder of the task `language`, which every verb then takes. `source` is a folder in
/// Hugging Face's layout (config.json, model.safetensors, and vocab.json with merges.txt or tokenizer.json) or a GGUF
/// file. `output` must not exist, or be empty; it appears complete or not at all.
///
/// Errors are those of gpt2_files.h and of the vocabulary; Error(kData) if the vocabulary has more tokens than the model.
ExchangedModel import_gpt2(const std::filesystem::path& source, const std::filesystem::path& output);

/// Writes a language model, a run folder or a shipped name, in Hugging Face's layout, for GPT2LMHeadModel. Throws
/// Error(kUsage) for a model that is no GPT-2 or whose vocabulary is not byte-level BPE.
ExchangedModel export_gpt2(const std::string& model, const std::filesystem::path& output);

}  // namespace heed::tasks
