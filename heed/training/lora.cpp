// SPDX-License-Identifier: Apache-2.0
#include "heed/training/lora.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>

#include "heed/core/error.h"
#include "heed/core/names.h"
#include "heed/nn/linear.h"
#include "heed/training/run_folder.h"
#include "heed/training/weights_fit.h"

namespace heed::training {
namespace {

constexpr const char *kDown = "lora_a", *kUp = "lora_b";

/// One adapted layer.
struct Adapter {
  std::shared_ptr<nn::LinearImpl> layer;
  at::Tensor weight;    ///< of the layer itself, frozen
  at::Tensor down, up;  ///< A [rank, in], B [out, rank]
};

std::vector<std::pair<std::string, std::shared_ptr<nn::LinearImpl>>> linear_layers(
    torch::nn::Module& module) {
  std::vector<std::pair<std::string, std::shared_ptr<nn::LinearImpl>>> layers;
  for (const auto& item : module.named_modules("", /*include_self=*/false))
    if (auto layer = std::dynamic_pointer_cast<nn::LinearImpl>(item.value()))
      layers.emplace_back(item.key(), layer);
  return layers;
}

bool is_target(const std::string& name, const LoraOptions& options) {
  return std::any_of(options.targets.begin(), options.targets.end(),
                     [&](const std::string& target) { return name.find(target) != std::string::npos; });
}

Adapter add_adapter(const std::shared_ptr<nn::LinearImpl>& layer, int64_t rank,
                    const at::Generator& generator) {
  const at::Tensor weight = layer->weight;
  const auto options = at::TensorOptions().dtype(weight.scalar_type());
  const double bound = 1.0 / std::sqrt(static_cast<double>(weight.size(1)));
  const at::Tensor down = at::empty({rank, weight.size(1)}, options).uniform_(-bound, bound, generator);
  const at::Tensor up = at::zeros({weight.size(0), rank}, options);
  return {layer, weight, layer->register_parameter(kDown, down.to(weight.device())),
          layer->register_parameter(kUp, up.to(weight.device()))};
}

/// An objective whose module computes with W + scale * B A. The layers hold that sum in place of W from one
/// pass to the next; the registered parameter stays W.
class AdaptedObjective : public Objective {
 public:
  AdaptedObjective(std::unique_ptr<Objective> inner, const LoraOptions& options, uint64_t seed)
      : inner_(std::move(inner)), options_(options) {
    const auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    std::vector<std::string> names;
    for (const auto& [name, layer] : linear_layers(inner_->module())) {
      names.push_back(name);
      if (is_target(name, options) && layer->weight.requires_grad())
        adapters_.push_back(add_adapter(layer, options.rank, generator));
    }
    if (adapters_.empty()) {
      throw Error(ErrorKind::kConfig,
                  "'targets': no linear layer that is trained has a name with " +
                      comma_list(options.targets) + "; there is " + list_names(names),
                  "[lora]");
    }
  }

  torch::nn::Module& module() override { return inner_->module(); }
  Loss training_loss(int64_t index) override {
    apply();
    return inner_->training_loss(index);
  }
  Validation validate() override {
    apply();
    return inner_->validate();
  }
  int64_t indices_per_epoch() const override { return inner_->indices_per_epoch(); }
  int64_t tokens_per_index() const override { return inner_->tokens_per_index(); }
  void write_assets(const std::filesystem::path& run) override { inner_->write_assets(run); }

 private:
  void apply() {
    for (auto& adapter : adapters_) {
      at::Tensor down = adapter.down;
      if (options_.dropout > 0 && module().is_training()) {
        const at::Tensor kept = at::full({1, down.size(1)}, 1 - options_.dropout, down.options());
        down = down * at::bernoulli(kept) / (1 - options_.dropout);
      }
      adapter.layer->weight = adapter.weight.add(adapter.up.mm(down), options_.scale());
    }
  }

  std::unique_ptr<Objective> inner_;
  LoraOptions options_;
  std::vector<Adapter> adapters_;
};

/// "X" of "X.lora_a"; empty for other names.
std::string adapted_layer(const std::string& name) {
  const std::string ending = std::string(".") + kDown;
  return name.ends_with(ending) ? name.substr(0, name.size() - ending.size()) : "";
}

}  // namespace

Fields fields(LoraOptions& options) {
  return {
      {"rank", &options.rank, "rank of the adapters; 0: none, all weights are trained", between(0, 1 << 16)},
      {"alpha", &options.alpha, "adapters are scaled by alpha / rank", above(0)},
      {"dropout", &options.dropout, "share of the input features that adapters do not see in a step",
       between(0, 0.95)},
      {"targets", &options.targets,
       "parts of the names of linear layers to adapt, such as attention, expand"},
  };
}

std::unique_ptr<Objective> with_adapters(std::unique_ptr<Objective> objective, const LoraOptions& options,
                                         const std::vector<std::string>& loaded, uint64_t seed) {
  auto adapted = std::make_unique<AdaptedObjective>(std::move(objective), options, seed);
  const std::set<std::string> frozen(loaded.begin(), loaded.end());
  for (auto& item : adapted->module().named_parameters())
    if (frozen.count(item.key()) > 0) item.value().set_requires_grad(false);
  return adapted;
}

void merge_adapters(torch::nn::Module& module, const Safetensors& adapters, double scale) {
  const c10::NoGradGuard no_grad;
  const TensorMap weights = distinct_weights(module);
  const auto fail = [&](const std::string& name) {
    throw Error(ErrorKind::kCheckpoint, "the adapter does not fit the model: " + name, adapters.name());
  };
  for (const auto& [name, view] : adapters.tensors()) {
    if (name.ends_with(std::string(".") + kUp)) continue;
    const std::string layer = adapted_layer(name);
    const auto found = weights.find(layer.empty() ? name : layer + ".weight");
    if (found == weights.end()) fail(name);
    at::Tensor weight = found->second;
    const at::Tensor value = to_tensor(view).to(weight.device());
    if (layer.empty()) {
      if (value.sizes() != weight.sizes()) fail(name);
      weight.copy_(value);
      continue;
    }
    const at::Tensor up = to_tensor(adapters.at(layer + "." + kUp)).to(weight.device());
    if (value.dim() != 2 || up.dim() != 2 || value.size(0) != up.size(1) || weight.size(0) != up.size(0) ||
        weight.size(1) != value.size(1))
      fail(name);
    weight.add_(up.mm(value), scale);
  }
}

bool has_adapters(const torch::nn::Module& module) {
  for (const auto& item : module.named_parameters())
    if (!adapted_layer(item.key()).empty()) return true;
  return false;
}

const char* weights_file(const torch::nn::Module& module) {
  return has_adapters(module) ? "adapter.safetensors" : "model.safetensors";
}

}  // namespace heed::training
