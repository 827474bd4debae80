// SPDX-License-Identifier: Apache-2.0
#include "heed/models/gpt2_names.h"

#include <array>

namespace heed::models {
namespace {

struct Row {
  const char *heed, *hugging_face, *gguf;
  bool conv1d = false;
};

// The one table of names. Each row stands for a weight and a bias.
constexpr std::array kLayer{
    Row{"attention_norm", "ln_1", "attn_norm"},
    Row{"attention.query_key_value", "attn.c_attn", "attn_qkv", true},
    Row{"attention.output", "attn.c_proj", "attn_output", true},
    Row{"feed_forward_norm", "ln_2", "ffn_norm"},
    Row{"expand", "mlp.c_fc", "ffn_up", true},
    Row{"contract", "mlp.c_proj", "ffn_down", true},
};

void add(std::vector<Gpt2Name>& names, const Row& row, const std::string& number) {
  const auto in_layer = [&](const char* stack, const char* name) {
    return number.empty() ? std::string(name) : stack + number + name;
  };
  const Gpt2Name name{in_layer("layers.", row.heed), in_layer("h.", row.hugging_face),
                      in_layer("blk.", row.gguf)};
  names.push_back({name.heed + ".weight", name.hugging_face + ".weight", name.gguf + ".weight", row.conv1d});
  names.push_back({name.heed + ".bias", name.hugging_face + ".bias", name.gguf + ".bias"});
}

}  // namespace

std::vector<Gpt2Name> gpt2_names(int64_t layers) {
  std::vector<Gpt2Name> names{{"tokens.weight", "wte.weight", "token_embd.weight"},
                              {"positions.weight", "wpe.weight", "position_embd.weight"}};
  for (int64_t i = 0; i < layers; ++i)
    for (const Row& row : kLayer) add(names, row, std::to_string(i) + ".");
  add(names, {"norm", "ln_f", "output_norm"}, "");
  return names;
}

Gpt2Name gpt2_output_name() {
  return {"output.weight", "lm_head.weight", "output.weight"};
}

bool is_gpt2_mask(const std::string& hugging_face) {
  return hugging_face.ends_with(".attn.bias") || hugging_face.ends_with(".attn.masked_bias");
}

}  // namespace heed::models
