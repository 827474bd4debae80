// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <toml++/toml.h>

#include "heed/nn/sequence_model.h"

namespace heed::models {

/// A model that configs can name in `[model] kind`.
struct ModelKind {
  std::string name;
  std::string paper;  ///< one line for `heed info`
  /// Makes the model from the fields of its section (without `kind`); writes the resolved fields back.
  std::function<std::shared_ptr<nn::SequenceModel>(toml::table& section, int64_t vocabulary)> make;
  std::function<std::string()> help;  ///< every field with its default
};

/// The one list of autoregressive models. A new model adds a file pair and a line here.
const std::vector<ModelKind>& model_kinds();

/// The model that section [model] describes; the section comes back resolved. `kind` defaults to
/// "transformer". Throws Error(kConfig) on unknown kinds, keys and values.
std::shared_ptr<nn::SequenceModel> make_model(toml::table& section, int64_t vocabulary);

}  // namespace heed::models
