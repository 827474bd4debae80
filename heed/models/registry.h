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

/// Sizes of the source and target vocabularies; `source` is 0 for models without a source.
struct VocabularySizes {
  int64_t source = 0, target = 0;
};

/// A model kind for `[model] kind` in configs. `Size` describes the data.
template <class Model, class Size>
struct ModelKindOf {
  std::string name;
  std::string paper;  ///< one line for `heed info`
  /// Makes a model from the fields of its section (without `kind`) and writes the resolved fields back.
  std::function<std::shared_ptr<Model>(toml::table& section, const Size&)> make;
  std::function<std::string()> help;  ///< lists every field with its default
};
using ModelKind = ModelKindOf<nn::SequenceModel, VocabularySizes>;
using SequenceToSequenceKind = ModelKindOf<nn::SequenceToSequenceModel, VocabularySizes>;
using ImageModelKind = ModelKindOf<nn::ImageModel, nn::ImageDomain>;

/// The lists of sequence models, sequence-to-sequence models and image models. A new model adds a file pair
/// and a line here.
const std::vector<ModelKind>& model_kinds();
const std::vector<SequenceToSequenceKind>& sequence_to_sequence_kinds();
const std::vector<ImageModelKind>& image_model_kinds();

/// Makes the model that section [model] describes and resolves the section. `kind` defaults to "transformer",
/// for images to "image_transformer". Throws Error(kConfig) for unknown kinds, keys and values.
std::shared_ptr<nn::SequenceModel> make_model(toml::table& section, int64_t vocabulary);
std::shared_ptr<nn::SequenceToSequenceModel> make_sequence_to_sequence(toml::table& section,
                                                                       const VocabularySizes& vocabulary);
std::shared_ptr<nn::ImageModel> make_image_model(toml::table& section, const nn::ImageDomain& domain);

}  // namespace heed::models
