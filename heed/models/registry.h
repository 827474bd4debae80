// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <toml++/toml.h>

#include "heed/nn/image_model.h"
#include "heed/nn/sequence_model.h"
#include "heed/nn/sequence_to_sequence.h"

namespace heed::models {

/// Pieces of the two languages that a model reads and writes; `source` 0 where it reads none.
struct VocabularySizes {
  int64_t source = 0, target = 0;
};

/// A model that configs can name in `[model] kind`, made for data of a `Size`.
template <class Model, class Size>
struct ModelKindOf {
  std::string name;
  std::string paper;  ///< one line for `heed info`
  /// Makes the model from the fields of its section (without `kind`); writes the resolved fields back.
  std::function<std::shared_ptr<Model>(toml::table& section, const Size&)> make;
  std::function<std::string()> help;  ///< every field with its default
};
using ModelKind = ModelKindOf<nn::SequenceModel, VocabularySizes>;
using SequenceToSequenceKind = ModelKindOf<nn::SequenceToSequenceModel, VocabularySizes>;
using ImageModelKind = ModelKindOf<nn::ImageModel, nn::ImageDomain>;

/// The one list of autoregressive models of sequences, that of models that turn one sequence into another,
/// and that of models of images. A new model adds a file pair and a line here.
const std::vector<ModelKind>& model_kinds();
const std::vector<SequenceToSequenceKind>& sequence_to_sequence_kinds();
const std::vector<ImageModelKind>& image_model_kinds();

/// The model that section [model] describes; the section comes back resolved. `kind` defaults to
/// "transformer", of images to "image_transformer". Throws Error(kConfig) on unknown kinds, keys and values.
std::shared_ptr<nn::SequenceModel> make_model(toml::table& section, int64_t vocabulary);
std::shared_ptr<nn::SequenceToSequenceModel> make_sequence_to_sequence(toml::table& section,
                                                                       const VocabularySizes& vocabulary);
std::shared_ptr<nn::ImageModel> make_image_model(toml::table& section, const nn::ImageDomain& domain);

}  // namespace heed::models
