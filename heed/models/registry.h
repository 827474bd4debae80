// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <toml++/toml.h>

#include "heed/nn/graph_model.h"
#include "heed/nn/pixel_model.h"
#include "heed/nn/sequence_model.h"
#include "heed/nn/sequence_to_sequence.h"

namespace heed::models {

/// Tokens of the two vocabularies that a model reads and writes; `source` is 0 for a model that reads none.
struct VocabularySizes {
  int64_t source = 0, target = 0;
};

/// What a model must know of its data, for each interface that configs can name models of.
template <class Model>
struct DataOf;
template <>
struct DataOf<nn::SequenceModel> {
  using type = VocabularySizes;
  static constexpr const char* kDefaultKind = "transformer";
};
template <>
struct DataOf<nn::SequenceToSequenceModel> {
  using type = VocabularySizes;
  static constexpr const char* kDefaultKind = "transformer";
};
template <>
struct DataOf<nn::PixelModel> {
  using type = nn::ImageDomain;
  static constexpr const char* kDefaultKind = "image_transformer";
};
template <>
struct DataOf<nn::GraphModel> {
  using type = nn::GraphDomain;
  static constexpr const char* kDefaultKind = "gat";
};

/// A model that configs can name in `[model] kind`.
template <class Model>
struct Kind {
  std::string name;
  std::string paper;  ///< one line for `heed info`
  /// Makes the model from the fields of its section (without `kind`) and writes the resolved fields back.
  std::function<std::shared_ptr<Model>(toml::table& section, const typename DataOf<Model>::type& data)> make;
  std::function<std::string()> help;  ///< every field with its default
};

/// The one table of an interface. A new model adds a file pair and a line to the table of its interface:
/// sequence_models.cpp, sequence_to_sequence_models.cpp, image_models.cpp or graph_models.cpp.
template <class Model>
const std::vector<Kind<Model>>& kinds();
template <>
const std::vector<Kind<nn::SequenceModel>>& kinds();
template <>
const std::vector<Kind<nn::SequenceToSequenceModel>>& kinds();
template <>
const std::vector<Kind<nn::PixelModel>>& kinds();
template <>
const std::vector<Kind<nn::GraphModel>>& kinds();

/// The model that section [model] describes; the section comes back resolved. Throws Error(kConfig) on unknown kinds,
/// keys and values, and on sizes that do not fit each other.
template <class Model>
std::shared_ptr<Model> make_model(toml::table& section, const typename DataOf<Model>::type& data);

/// Each kind with its paper and its fields, for `heed info --fields`.
template <class Model>
std::string describe_kinds();

}  // namespace heed::models
