// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/language/gpt2_files.h"

#include <functional>
#include <span>

#include <nlohmann/json.hpp>

#include <ATen/core/grad_mode.h>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/safetensors.h"
#include "heed/models/gpt2_names.h"
#include "heed/models/gpt2_options.h"
#include "heed/training/tensor_file.h"
#include "heed/training/weights_fit.h"

namespace heed::tasks {
namespace fs = std::filesystem;
namespace {

using models::Gpt2Name;
using models::Transformer;
using models::TransformerOptions;

constexpr uint64_t kMaxConfigBytes = 1 << 20;
constexpr const char* kPrefix = "transformer.";

std::vector<Gpt2Name> names_of(const TransformerOptions& options) {
  auto names = models::gpt2_names(options.layers);
  if (!options.tie_embeddings) names.push_back(models::gpt2_output_name());
  return names;
}

/// The parameters by the names that `name_of` gives them.
training::TensorMap parameters_by(const Transformer& model,
                                  const std::function<std::string(const Gpt2Name&)>& name_of, bool conv1d) {
  const auto parameters = model.named_parameters();
  training::TensorMap found;
  for (const Gpt2Name& name : names_of(model.options())) {
    const at::Tensor parameter = parameters[name.heed].detach();
    found[name_of(name)] = conv1d && name.conv1d ? parameter.t() : parameter;
  }
  return found;
}

nlohmann::json read_config(const fs::path& path) {
  if (!fs::exists(path))
    throw Error(ErrorKind::kData, "has no config.json: is it a folder of a Hugging Face model?",
                path.parent_path().string());
  auto config = nlohmann::json::parse(read_text(path, kMaxConfigBytes), nullptr, /*allow_exceptions=*/false);
  if (config.is_discarded()) throw Error(ErrorKind::kData, "is not valid JSON", path.string());
  return config;
}

Safetensors read_weights(const fs::path& folder) {
  if (fs::exists(folder / "model.safetensors")) return Safetensors::read(folder / "model.safetensors");
  const bool split = fs::exists(folder / "model.safetensors.index.json");
  throw Error(ErrorKind::kData,
              std::string("has no model.safetensors") +
                  (split ? ", but parts of one: join them" : "; older formats are not read: convert them") +
                  " with transformers, AutoModelForCausalLM.from_pretrained(FOLDER).save_pretrained(NEW)" +
                  (split ? " and max_shard_size='100GB'" : ""),
              folder.string());
}

/// A file of Hugging Face's, and how it names and lays out GPT-2's weights.
struct HuggingFaceFile {
  explicit HuggingFaceFile(Safetensors read) : file(std::move(read)) {
    prefix = file.contains(std::string(kPrefix) + "wte.weight") ? kPrefix : "";
    if (!file.contains(prefix + "wte.weight"))
      throw Error(ErrorKind::kCheckpoint,
                  "holds no 'wte.weight', with or without 'transformer.' before it: is it a GPT-2?",
                  file.name());
  }

  std::string name(const Gpt2Name& of) const {
    return of.hugging_face == output ? output : prefix + of.hugging_face;
  }
  /// True unless the first layer's c_attn is [3 d_model, d_model].
  bool conv1d() const {
    const auto joined = file.tensors().find(prefix + "h.0.attn.c_attn.weight");
    if (joined == file.tensors().end() || joined->second.shape.size() != 2) return true;
    return joined->second.shape[0] <= joined->second.shape[1];
  }
  /// True when there is an output layer of its own.
  bool untied() const {
    if (!file.contains(output)) return false;
    const TensorView &words = file.at(prefix + "wte.weight"), &out = file.at(output);
    return words.dtype != out.dtype || words.shape != out.shape ||
           !std::equal(words.bytes.begin(), words.bytes.end(), out.bytes.begin());
  }
  void check_dtypes() const {
    for (const auto& [tensor, view] : file.tensors()) {
      if (models::is_gpt2_mask(tensor) || view.dtype == Dtype::kF32 || view.dtype == Dtype::kF16 ||
          view.dtype == Dtype::kBF16)
        continue;
      throw Error(ErrorKind::kCheckpoint,
                  "tensor '" + tensor + "' is " + dtype_name(view.dtype) + "; heed reads F32, F16 and BF16",
                  file.name());
    }
  }
  /// Shapes of the weights: without masks, and without an output layer that repeats the embeddings.
  training::ShapeMap weight_shapes(bool tied) const {
    auto shapes = training::shapes_of(file);
    std::erase_if(shapes, [](const auto& entry) { return models::is_gpt2_mask(entry.first); });
    if (tied) shapes.erase(output);
    return shapes;
  }

  Safetensors file;
  std::string prefix, output = models::gpt2_output_name().hugging_face;
};

}  // namespace

std::shared_ptr<Transformer> read_gpt2_folder(const fs::path& folder) {
  TransformerOptions options =
      models::gpt2_options(read_config(folder / "config.json"), (folder / "config.json").string());
  const HuggingFaceFile from(read_weights(folder));
  from.check_dtypes();
  if (from.untied()) options.tie_embeddings = false;
  const auto model = std::make_shared<Transformer>(options);
  const auto weights = parameters_by(
      *model, [&](const Gpt2Name& name) { return from.name(name); }, from.conv1d());
  training::check_weights_fit(weights, from.weight_shapes(options.tie_embeddings), from.file.name());
  training::read_tensors(from.file, weights);
  return model;
}

std::shared_ptr<Transformer> read_gpt2_gguf(const Gguf& file) {
  TransformerOptions options = models::gpt2_options(file);
  options.tie_embeddings = file.tensors().count(models::gpt2_output_name().gguf) == 0;
  const auto model = std::make_shared<Transformer>(options);
  const auto weights = parameters_by(
      *model, [](const Gpt2Name& name) { return name.gguf; }, /*conv1d=*/false);
  training::ShapeMap shapes;
  for (const auto& [name, tensor] : file.tensors()) shapes[name] = tensor.shape;
  training::check_weights_fit(weights, shapes, file.name());
  for (const auto& [name, weight] : weights)
    file.copy(name, {weight.mutable_data_ptr<float>(), static_cast<size_t>(weight.numel())});
  return model;
}

void write_gpt2_folder(const Transformer& model, const fs::path& folder, const Gpt2Description& description) {
  auto config = models::gpt2_config(model.options(), description.place);
  for (const char* mark : {"bos_token_id", "eos_token_id"})
    config[mark] = description.end_of_text ? nlohmann::ordered_json(*description.end_of_text) : nullptr;
  const auto name = [](const Gpt2Name& each) {
    return each.hugging_face == models::gpt2_output_name().hugging_face ? each.hugging_face
                                                                        : kPrefix + each.hugging_face;
  };
  const auto weights = parameters_by(model, name, /*conv1d=*/true);
  write_atomically(folder / "config.json", config.dump(2) + "\n");
  write_atomically(folder / "model.safetensors", [&](FileWriter& writer) {
    training::write_tensors(writer, weights, {{"format", "pt"}}, at::kFloat);
  });
}

}  // namespace heed::tasks
