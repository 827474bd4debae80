// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/language_model_start.h"

#include "heed/core/error.h"

namespace heed::tasks {
namespace {

/// Throws unless the field has one of the values; absent fields have the first.
void require(const toml::table& model, const char* field, std::initializer_list<const char*> values,
             const std::string& place) {
  const std::string value = model[field].value_or(std::string(*values.begin()));
  std::string list;
  for (const char* known : values) {
    if (value == known) return;
    list += (list.empty() ? "" : " or ") + std::string(known);
  }
  throw Error(ErrorKind::kConfig,
              std::string("an encoder-decoder can start from a language model with ") + field + " = " + list +
                  "; this one has " + value,
              place);
}

}  // namespace

toml::table encoder_decoder_section(const toml::table& decoder_only, const std::string& place) {
  require(decoder_only, "kind", {"transformer"}, place);
  require(decoder_only, "position", {"sinusoidal", "learned"}, place);
  if (decoder_only["position_period"].value_or(int64_t{0}) != 0)
    throw Error(ErrorKind::kConfig, "an encoder-decoder has no position_period", place);
  if (!decoder_only["scale_embeddings"].value_or(true) ||
      decoder_only["norm_epsilon"].value_or(1e-5) != 1e-5) {
    throw Error(
        ErrorKind::kConfig,
        "an encoder-decoder scales its embeddings and adds 1e-5 in its norms; this language model does "
        "not (scale_embeddings, norm_epsilon)",
        place);
  }
  toml::table section{{"kind", "transformer"}};
  for (const char* field : {"d_model", "heads", "d_ff", "position", "max_length", "norm", "activation",
                            "dropout", "attention_dropout", "attention_backend"}) {
    if (const auto* value = decoder_only.get(field)) section.insert(field, *value);
  }
  const int64_t layers = decoder_only["layers"].value_or(int64_t{0});
  section.insert("encoder_layers", layers);
  section.insert("decoder_layers", layers);
  section.insert("tie_embeddings", decoder_only["tie_embeddings"].value_or(false) ? "all" : "none");
  return section;
}

training::WeightTransfer encoder_decoder_transfer() {
  training::WeightTransfer transfer;
  transfer.complete = false;
  transfer.rules = {{"tokens.", "tokens."},       {"tokens.", "source_tokens."},
                    {"positions.", "positions."}, {"positions.", "source_positions."},
                    {"layers.", "encoder."},      {"layers.", "decoder."},
                    {"norm.", "encoder_norm."},   {"norm.", "decoder_norm."},
                    {"output.", "output."}};
  return transfer;
}

}  // namespace heed::tasks
