// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/weights_option.h"

#include <string>

#include "heed/core/error.h"
#include "heed/nn/inference_scope.h"

namespace heed::cli {

void add_weights(CLI::App* verb, nn::WeightType& type) {
  const auto unknown = [](const std::string& name) {
    try {
      nn::parse_weight_type(name);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  verb->add_option_function<std::string>(
          "--weights", [&type](const std::string& name) { type = nn::parse_weight_type(name); },
          "type of the weights in memory, on the CPU: float32 (exact), bfloat16 (half the bytes), int8 (a "
          "quarter, a little less exact): the fewer bytes, the faster a model decodes")
      ->check(CLI::Validator(unknown, "float32|bfloat16|int8"))
      ->default_str("float32");
}

void use_weights(torch::nn::Module& model, nn::WeightType type) {
  if (type != nn::WeightType::kFloat32 && !nn::device_of(model).is_cpu())
    throw Error(ErrorKind::kUsage, nn::weight_type_name(type) + " goes with --device cpu alone", "--weights");
  nn::set_weight_type(model, type);
}

}  // namespace heed::cli
