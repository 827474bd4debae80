// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/models/registry.h"

/// How the tables of models (registry.h) are written. Included by the tables alone.
namespace heed::models {

/// A kind whose options are read from the section and written back; `build(options, data)` makes the model from them.
template <class Base, class Options, class Build>
Kind<Base> kind_of(std::string name, std::string paper, Build build) {
  return {std::move(name), std::move(paper),
          [build](toml::table& section, const auto& data) -> std::shared_ptr<Base> {
            Options options;
            if constexpr (!requires { options.attention_backend; }) {
              if (section.contains("attention_backend"))
                throw Error(ErrorKind::kConfig,
                            "this kind has only one attention implementation: remove attention_backend",
                            "[model]");
            }
            read_fields(section, "[model]", fields(options));
            auto model = build(options, data);
            section = write_fields(fields(options));
            return model;
          },
          [] {
            Options options;
            return describe_fields(fields(options));
          }};
}

/// A kind of model made for vocabularies.
template <class Base, class Model, class Options>
Kind<Base> vocabulary_kind(std::string name, std::string paper) {
  return kind_of<Base, Options>(std::move(name), std::move(paper),
                                [](Options& options, const VocabularySizes& vocabulary) {
                                  options.vocabulary = vocabulary.target;
                                  if constexpr (requires { options.source_vocabulary; })
                                    options.source_vocabulary = vocabulary.source;
                                  return std::make_shared<Model>(options);
                                });
}

template <class Model>
std::shared_ptr<Model> make_model(toml::table& section, const typename DataOf<Model>::type& data) {
  if (section.contains("kind") && !section["kind"].is_string())
    throw Error(ErrorKind::kConfig, "'kind' must be a string", "[model]");
  const std::string name = section["kind"].value_or(std::string(DataOf<Model>::kDefaultKind));
  std::vector<std::string> names;
  for (const auto& kind : kinds<Model>()) {
    names.push_back(kind.name);
    if (kind.name != name) continue;
    section.erase("kind");
    try {
      auto model = kind.make(section, data);
      section.insert_or_assign("kind", name);
      return model;
    } catch (const c10::Error& error) {  // sizes that do not fit together
      throw Error(ErrorKind::kConfig, error.what_without_backtrace(), "[model]");
    }
  }
  throw Error(ErrorKind::kConfig, unknown_name_message("model kind", name, names), "[model]");
}

template <class Model>
std::string describe_kinds() {
  std::string text;
  for (const auto& kind : kinds<Model>())
    text += "[model] kind = \"" + kind.name + "\": " + kind.paper + "\n" + kind.help() + "\n";
  return text;
}

}  // namespace heed::models
