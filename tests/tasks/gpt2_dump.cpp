// SPDX-License-Identifier: Apache-2.0
// The program whose output gpt2_compare.py compares with transformers.
//   gpt2_dump logits MODEL TOKENS.safetensors OUTPUT.safetensors NEW
//     MODEL is a folder of Hugging Face's or a GGUF file; "tokens" [batch, length] int64. Writes "logits" of the full
//     pass, "stepped" of the same tokens one by one, and "generated" [batch, NEW]: greedy, with a cache.
//   gpt2_dump export MODEL FOLDER
//     writes the model in Hugging Face's layout
#include <cstdio>
#include <exception>
#include <string>

#include <ATen/ATen.h>

#include "heed/core/files.h"
#include "heed/decoding/generate.h"
#include "heed/nn/inference_scope.h"
#include "heed/tasks/language/gpt2_files.h"
#include "heed/training/tensor_file.h"

namespace {

namespace fs = std::filesystem;
using heed::models::Transformer;

std::shared_ptr<Transformer> read_model(const fs::path& path) {
  return fs::is_directory(path) ? heed::tasks::read_gpt2_folder(path)
                                : heed::tasks::read_gpt2_gguf(heed::Gguf::read(path));
}

/// Logits [batch, length, vocabulary] of the tokens taken one by one.
at::Tensor stepped_logits(Transformer& model, const at::Tensor& tokens) {
  const auto state = model.start(tokens.size(0), tokens.size(1));
  std::vector<at::Tensor> logits;
  for (int64_t i = 0; i < tokens.size(1); ++i)
    logits.push_back(model.step({tokens.select(1, i).contiguous(), {}}, *state));
  return at::stack(logits, 1);
}

at::Tensor greedy(Transformer& model, const at::Tensor& tokens, int64_t count) {
  heed::decoding::GenerateRequest request;
  for (int64_t i = 0; i < tokens.size(0); ++i) {
    const auto* begin = tokens[i].const_data_ptr<int64_t>();
    request.prompts.emplace_back(begin, begin + tokens.size(1));
  }
  request.count = tokens.size(0);
  request.max_new_tokens = count;
  request.sampling.temperature = 0;
  std::vector<at::Tensor> rows;
  for (const auto& sample : heed::decoding::generate(model, request).samples)
    rows.push_back(at::tensor(sample.tokens, at::kLong));
  return at::stack(rows);
}

void write_logits(char** arguments) {
  const auto model = read_model(arguments[0]);
  const heed::nn::InferenceScope scope(*model);
  const auto file = heed::Safetensors::read(arguments[1]);
  const at::Tensor tokens = heed::training::to_tensor(file.at("tokens"));
  heed::write_atomically(fs::path(arguments[2]), [&](heed::FileWriter& writer) {
    heed::training::write_tensors(writer, {{"logits", model->forward({tokens, {}, {}})},
                                           {"stepped", stepped_logits(*model, tokens)},
                                           {"generated", greedy(*model, tokens, std::stoll(arguments[3]))}});
  });
}

int usage() {
  std::fputs("gpt2_dump logits MODEL TOKENS OUTPUT NEW | gpt2_dump export MODEL FOLDER\n", stderr);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  try {
    if (what == "logits" && argc == 6) return write_logits(argv + 2), 0;
    if (what != "export" || argc != 4) return usage();
    heed::tasks::write_gpt2_folder(*read_model(argv[2]), argv[3], {.place = argv[2]});
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gpt2_dump: %s\n", error.what());
    return 1;
  }
}
