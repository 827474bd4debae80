// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/weight_type.h"

#include "heed/core/error.h"
#include "heed/core/names.h"
#include "heed/nn/packed_weight.h"

namespace heed::nn {
namespace {

struct Named {
  const char* name;
  WeightType type;
};
constexpr Named kTypes[] = {
    {"float32", WeightType::kFloat32}, {"bfloat16", WeightType::kBfloat16}, {"int8", WeightType::kInt8}};

}  // namespace

std::string weight_type_name(WeightType type) {
  for (const auto& named : kTypes) {
    if (type == named.type) return named.name;
  }
  return "?";
}

std::vector<std::string> weight_type_names() {
  std::vector<std::string> names;
  for (const auto& named : kTypes) names.emplace_back(named.name);
  return names;
}

WeightType parse_weight_type(const std::string& name) {
  for (const auto& named : kTypes) {
    if (name == named.name) return named.type;
  }
  throw Error(ErrorKind::kConfig, unknown_name_message("weight type", name, weight_type_names()));
}

void set_weight_type(torch::nn::Module& module, WeightType type) {
  module.apply([type](torch::nn::Module& each) {
    auto* keeper = dynamic_cast<KeepsPackedWeights*>(&each);
    if (keeper == nullptr) return;
    for (PackedWeight* packed : keeper->packed_weights()) packed->set_type(type);
  });
}

}  // namespace heed::nn
