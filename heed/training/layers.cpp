// SPDX-License-Identifier: Apache-2.0
#include "heed/training/layers.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include "heed/core/error.h"
#include "heed/training/weights_fit.h"

namespace heed::training {
namespace {

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = !text.empty() && read.ec == std::errc() && read.ptr == text.data() + text.size();
  return whole ? std::optional(number) : std::nullopt;
}

/// The list of layers that a name leads through, and the number of the layer: "trunk.layers" and 2.
struct LayerPlace {
  std::string list;
  int64_t layer = 0;
};

std::optional<LayerPlace> layer_place(const std::string& name) {
  for (size_t begin = 0; begin < name.size();) {
    const size_t end = std::min(name.find('.', begin), name.size());
    const auto number = whole_number(std::string_view(name).substr(begin, end - begin));
    if (number && begin > 0) return LayerPlace{name.substr(0, begin - 1), *number};
    begin = end + 1;
  }
  return std::nullopt;
}

/// "layers:0-3": the last part of the list's name, and the layers.
struct LayerRange {
  std::string list;
  int64_t first = 0, last = 0;

  bool holds(const std::string& name) const {
    const auto place = layer_place(name);
    if (!place || place->layer < first || place->layer > last) return false;
    return place->list == list || place->list.ends_with("." + list);
  }
};

std::optional<LayerRange> layer_range(const std::string& part) {
  const size_t colon = part.find(':');
  if (colon == std::string::npos) return std::nullopt;
  const std::string_view range = std::string_view(part).substr(colon + 1);
  const size_t dash = std::min(range.find('-'), range.size());
  const auto first = whole_number(range.substr(0, dash));
  const auto last = dash < range.size() ? whole_number(range.substr(dash + 1)) : first;
  if (!first || !last || *first > *last) {
    throw Error(ErrorKind::kConfig, "'freeze' must name layers like layers:0-3, got '" + part + "'",
                "[training]");
  }
  return LayerRange{part.substr(0, colon), *first, *last};
}

bool is_part(const std::string& part, const NamedParameter& parameter) {
  if (part == "embeddings") return parameter.embeds && !layer_place(parameter.name);
  if (const auto range = layer_range(part)) return range->holds(parameter.name);
  return parameter.name.starts_with(part);
}

/// What can be frozen, for messages: names up to the number of a layer.
std::vector<std::string> parts_of(const std::vector<NamedParameter>& parameters) {
  std::map<std::string, int64_t> layers;
  std::vector<std::string> parts{"embeddings"};
  for (const auto& parameter : parameters) {
    if (const auto place = layer_place(parameter.name))
      layers[place->list] = std::max(layers[place->list], place->layer);
    else
      parts.push_back(parameter.name);
  }
  for (const auto& [list, last] : layers) parts.push_back(list + ":0-" + std::to_string(last));
  return parts;
}

}  // namespace

void freeze(torch::nn::Module& module, const std::vector<std::string>& parts) {
  const auto parameters = trainable_parameters(module);
  for (const auto& part : parts) {
    bool found = false;
    for (const auto& parameter : parameters) {
      if (!is_part(part, parameter)) continue;
      at::Tensor(parameter.value).set_requires_grad(false);
      found = true;
    }
    if (found) continue;
    throw Error(
        ErrorKind::kConfig,
        "'freeze': the model has no part '" + part + "'; there is " + list_names(parts_of(parameters)),
        "[training]");
  }
  if (!parts.empty() && trainable_parameters(module).empty())
    throw Error(ErrorKind::kConfig, "'freeze' leaves nothing to train", "[training]");
}

void set_layer_rates(std::vector<NamedParameter>& parameters, const torch::nn::Module& module, double decay) {
  std::map<std::string, int64_t> layers;  // of each list
  int64_t most = 0;
  for (const auto& item : module.named_parameters()) {
    const auto place = layer_place(item.key());
    if (!place) continue;
    auto& count = layers[place->list];
    count = std::max(count, place->layer + 1);
    most = std::max(most, count);
  }
  for (auto& parameter : parameters) {
    const auto place = layer_place(parameter.name);
    int64_t depth = parameter.embeds ? most + 1 : 0;
    if (place) depth = layers.at(place->list) - place->layer;
    parameter.rate = std::pow(decay, static_cast<double>(depth));
  }
}

}  // namespace heed::training
