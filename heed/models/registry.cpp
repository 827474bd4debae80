// SPDX-License-Identifier: Apache-2.0
#include "heed/models/registry.h"

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/models/lstm.h"
#include "heed/models/transformer.h"

namespace heed::models {
namespace {

template <class Model, class Options>
ModelKind kind(std::string name, std::string paper) {
  return {std::move(name), std::move(paper),
          [](toml::table& section, int64_t vocabulary) -> std::shared_ptr<nn::SequenceModel> {
            Options options;
            read_fields(section, "[model]", fields(options));
            options.vocabulary = vocabulary;
            section = write_fields(fields(options));
            return std::make_shared<Model>(options);
          },
          [] {
            Options options;
            return describe_fields(fields(options));
          }};
}

}  // namespace

const std::vector<ModelKind>& model_kinds() {
  static const std::vector<ModelKind> kinds{
      kind<Transformer, TransformerOptions>(
          "transformer", "Vaswani et al. 2017; relations of Shaw et al. and Huang et al. 2018"),
      kind<Lstm, LstmOptions>("lstm",
                              "PerformanceRNN, Oore et al. 2018; with attention over its past by option"),
  };
  return kinds;
}

std::shared_ptr<nn::SequenceModel> make_model(toml::table& section, int64_t vocabulary) {
  if (section.contains("kind") && !section["kind"].is_string())
    throw Error(ErrorKind::kConfig, "'kind' must be a string", "[model]");
  const std::string name = section["kind"].value_or(std::string("transformer"));
  std::vector<std::string> names;
  for (const auto& kind : model_kinds()) names.push_back(kind.name);
  for (const auto& kind : model_kinds()) {
    if (kind.name != name) continue;
    section.erase("kind");
    try {
      auto model = kind.make(section, vocabulary);
      section.insert_or_assign("kind", name);
      return model;
    } catch (const c10::Error& error) {  // sizes that do not go together
      throw Error(ErrorKind::kConfig, error.what_without_backtrace(), "[model]");
    }
  }
  throw Error(ErrorKind::kConfig, unknown_name_message("model kind", name, names), "[model]");
}

}  // namespace heed::models
