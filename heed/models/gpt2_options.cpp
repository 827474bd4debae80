// SPDX-License-Identifier: Apache-2.0
#include "heed/models/gpt2_options.h"

#include <array>
#include <utility>

#include "heed/core/error.h"
#include "heed/core/names.h"

namespace heed::models {
namespace {

using Json = nlohmann::json;

constexpr int64_t kMaxSize = 1 << 24;  ///< of any dimension; more is a damaged file

struct ActivationName {
  const char *hugging_face, *heed;
};
/// The first name of an activation is the one that export writes.
constexpr std::array kActivations{ActivationName{"gelu_new", "gelu_tanh"},
                                  ActivationName{"gelu_pytorch_tanh", "gelu_tanh"},
                                  ActivationName{"gelu", "gelu"}, ActivationName{"relu", "relu"}};

/// A setting that heed has with this value alone, which is also its default.
struct Fixed {
  const char* key;
  bool value;
  const char* otherwise;
};
constexpr std::array kFixed{
    Fixed{"scale_attn_weights", true, "attention without the factor head_dim^-1/2"},
    Fixed{"scale_attn_by_inverse_layer_idx", false, "attention divided by the layer's number"},
    Fixed{"reorder_and_upcast_attn", false, "attention in another order and dtype"},
    Fixed{"add_cross_attention", false, "cross-attention"}};

class ConfigFile {
 public:
  ConfigFile(const Json& config, const std::string& place) : config_(config), place_(place) {}

  [[noreturn]] void fail(const std::string& message) const { throw Error(ErrorKind::kData, message, place_); }

  /// Null for a key that is missing or null.
  const Json& at(const std::string& key) const {
    static const Json kNone;
    const auto found = config_.find(key);
    return found == config_.end() ? kNone : *found;
  }
  int64_t size(const std::string& key, int64_t missing) const {
    const Json& value = at(key);
    if (value.is_null()) return missing;
    if (!value.is_number_integer() || value < 1 || value > kMaxSize)
      fail("'" + key + "' must be a whole number of at least 1, got " + value.dump());
    return value.get<int64_t>();
  }
  double share(const std::string& key, double missing) const {
    const Json& value = at(key);
    if (value.is_null()) return missing;
    if (!value.is_number() || value < 0 || value > 0.95)
      fail("'" + key + "' must be a number from 0 to 0.95, got " + value.dump());
    return value.get<double>();
  }
  bool flag(const std::string& key, bool missing) const {
    const Json& value = at(key);
    if (value.is_null()) return missing;
    if (!value.is_boolean()) fail("'" + key + "' must be true or false, got " + value.dump());
    return value.get<bool>();
  }
  std::string text(const std::string& key, const std::string& missing) const {
    const Json& value = at(key);
    if (value.is_null()) return missing;
    if (!value.is_string()) fail("'" + key + "' must be a text, got " + value.dump());
    return value.get<std::string>();
  }

 private:
  const Json& config_;
  const std::string& place_;
};

void check_arithmetic(const ConfigFile& config) {
  const std::string type = config.text("model_type", "gpt2");
  if (type != "gpt2") config.fail("is a model of type '" + type + "'; heed imports gpt2");
  for (const Fixed& fixed : kFixed) {
    if (config.flag(fixed.key, fixed.value) != fixed.value)
      config.fail("'" + std::string(fixed.key) + "' asks for " + fixed.otherwise +
                  ", which heed does not have");
  }
  if (!config.at("quantization_config").is_null())
    config.fail("'quantization_config': the weights are quantised; heed reads float32, float16 and bfloat16");
}

std::string activation_of(const ConfigFile& config) {
  const std::string name = config.text("activation_function", "gelu_new");
  std::vector<std::string> known;
  for (const ActivationName& each : kActivations) {
    if (name == each.hugging_face) return each.heed;
    known.emplace_back(each.hugging_face);
  }
  config.fail("'activation_function' is " + name + "; heed has " + comma_list(known));
}

void check_heads(const TransformerOptions& options, const std::string& place) {
  if (options.d_model % options.heads == 0) return;
  throw Error(ErrorKind::kData,
              "the width " + std::to_string(options.d_model) + " is not a multiple of the " +
                  std::to_string(options.heads) + " attention heads",
              place);
}

std::string hugging_face_activation(const std::string& heed) {
  for (const ActivationName& each : kActivations)
    if (heed == each.heed) return each.hugging_face;
  return heed;
}

/// Throws Error(kUsage) unless the model computes what GPT2LMHeadModel does.
void check_expressible(const TransformerOptions& options, const std::string& place) {
  const auto need = [&](bool holds, const std::string& option) {
    if (!holds)
      throw Error(
          ErrorKind::kUsage,
          "cannot be written as a GPT-2: that needs model." + option + "; this model has another value",
          place);
  };
  need(options.position == "learned", "position = \"learned\"");
  need(options.norm == "pre", "norm = \"pre\"");
  need(!options.scale_embeddings, "scale_embeddings = false");
  need(options.tie_embeddings || !options.output_bias, "tie_embeddings = true or model.output_bias = false");
  need(options.position_period == 0, "position_period = 0");
}

}  // namespace

TransformerOptions gpt2_options() {
  TransformerOptions options;
  options.vocabulary = 50257;
  options.d_model = 768;
  options.heads = options.layers = 12;
  options.d_ff = 3072;
  options.position = "learned";
  options.max_length = 1024;
  options.activation = "gelu_tanh";
  options.dropout = options.attention_dropout = 0.1;
  options.activation_dropout = 0;
  options.scale_embeddings = options.output_bias = false;
  options.tie_embeddings = true;
  options.initialisation = "gpt2";
  return options;
}

TransformerOptions gpt2_options(const Json& json, const std::string& place) {
  if (!json.is_object()) throw Error(ErrorKind::kData, "is not a JSON object", place);
  const ConfigFile config(json, place);
  check_arithmetic(config);
  TransformerOptions options = gpt2_options();
  options.vocabulary = config.size("vocab_size", options.vocabulary);
  options.max_length = config.size("n_positions", options.max_length);
  options.d_model = config.size("n_embd", options.d_model);
  options.layers = config.size("n_layer", options.layers);
  options.heads = config.size("n_head", options.heads);
  options.d_ff = config.size("n_inner", 4 * options.d_model);
  options.activation = activation_of(config);
  options.dropout = config.share("resid_pdrop", 0.1);
  options.embedding_dropout = config.share("embd_pdrop", 0.1);
  options.attention_dropout = config.share("attn_pdrop", 0.1);
  options.norm_epsilon = config.share("layer_norm_epsilon", 1e-5);
  options.tie_embeddings = config.flag("tie_word_embeddings", true);
  if (options.norm_epsilon <= 0) config.fail("'layer_norm_epsilon' must be above 0");
  check_heads(options, place);
  return options;
}

TransformerOptions gpt2_options(const Gguf& file) {
  const std::string& architecture = file.at<std::string>("general.architecture");
  if (architecture != "gpt2")
    throw Error(ErrorKind::kData, "is a model of the architecture '" + architecture + "'; heed imports gpt2",
                file.name());
  const auto size = [&](const std::string& key) {
    const int64_t value = file.at<int64_t>("gpt2." + key);
    if (value < 1 || value > kMaxSize)
      throw Error(ErrorKind::kData, "'gpt2." + key + "' is " + std::to_string(value), file.name());
    return value;
  };
  const auto words = file.tensors().find("token_embd.weight");
  if (words == file.tensors().end() || words->second.shape.size() != 2)
    throw Error(ErrorKind::kCheckpoint, "has no matrix 'token_embd.weight'", file.name());
  TransformerOptions options = gpt2_options();
  options.vocabulary = words->second.shape[0];
  options.max_length = size("context_length");
  options.d_model = size("embedding_length");
  options.layers = size("block_count");
  options.heads = size("attention.head_count");
  options.d_ff = size("feed_forward_length");
  options.norm_epsilon = file.at<double>("gpt2.attention.layer_norm_epsilon");
  if (!(options.norm_epsilon > 0 && options.norm_epsilon < 1) || options.vocabulary < 1)
    throw Error(ErrorKind::kData, "has no vocabulary or a wrong layer_norm_epsilon", file.name());
  check_heads(options, file.name());
  return options;
}

nlohmann::ordered_json gpt2_config(const TransformerOptions& options, const std::string& place) {
  check_expressible(options, place);
  return {{"architectures", {"GPT2LMHeadModel"}},
          {"model_type", "gpt2"},
          {"vocab_size", options.vocabulary},
          {"n_positions", options.max_length},
          {"n_embd", options.d_model},
          {"n_layer", options.layers},
          {"n_head", options.heads},
          {"n_inner", options.d_ff},
          {"activation_function", hugging_face_activation(options.activation)},
          {"resid_pdrop", options.dropout},
          {"embd_pdrop", options.embedding_dropout.value_or(options.dropout)},
          {"attn_pdrop", options.attention_dropout},
          {"layer_norm_epsilon", options.norm_epsilon},
          {"tie_word_embeddings", options.tie_embeddings},
          {"dtype", "float32"}};
}

}  // namespace heed::models
