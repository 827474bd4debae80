// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/graph_schema_json.h"

#include <nlohmann/json.hpp>

#include "heed/core/error.h"

namespace heed::graph {
namespace {
using Json = nlohmann::ordered_json;

Json to_json(const Dictionary& dictionary) {
  return {{"name", dictionary.name}, {"values", dictionary.values}};
}
Dictionary dictionary_of(const Json& json) {
  return {json.at("name").get<std::string>(), json.at("values").get<std::vector<std::string>>()};
}

Json to_json(const std::vector<Dictionary>& columns) {
  Json list = Json::array();
  for (const auto& column : columns) list.push_back(to_json(column));
  return list;
}
std::vector<Dictionary> dictionaries_of(const Json& json) {
  std::vector<Dictionary> columns;
  for (const auto& column : json) columns.push_back(dictionary_of(column));
  return columns;
}

const char* level_word(Level level) {
  return level == Level::kNone ? "none" : level == Level::kNode ? "node" : "graph";
}
Level level_of(const std::string& word) {
  for (const Level level : {Level::kNone, Level::kNode, Level::kGraph})
    if (word == level_word(level)) return level;
  throw nlohmann::json::other_error::create(501, "unknown level " + word, nullptr);
}

}  // namespace

std::string format_schema(const GraphSchema& schema) {
  const Json json{{"directed", schema.directed},
                  {"coordinates", schema.coordinates},
                  {"node_features", schema.node_features},
                  {"node_feature_names", schema.node_feature_names},
                  {"node_categories", to_json(schema.node_categories)},
                  {"edge_features", schema.edge_features},
                  {"edge_feature_names", schema.edge_feature_names},
                  {"edge_categories", to_json(schema.edge_categories)},
                  {"target_level", level_word(schema.target_level)},
                  {"classes", to_json(schema.classes)},
                  {"target_names", schema.target_names}};
  return json.dump(2) + "\n";
}

GraphSchema parse_schema(std::string_view text, const std::string& place) {
  try {
    const auto json = Json::parse(text);
    GraphSchema schema;
    json.at("directed").get_to(schema.directed);
    json.at("coordinates").get_to(schema.coordinates);
    json.at("node_features").get_to(schema.node_features);
    json.at("node_feature_names").get_to(schema.node_feature_names);
    schema.node_categories = dictionaries_of(json.at("node_categories"));
    json.at("edge_features").get_to(schema.edge_features);
    json.at("edge_feature_names").get_to(schema.edge_feature_names);
    schema.edge_categories = dictionaries_of(json.at("edge_categories"));
    schema.target_level = level_of(json.at("target_level").get<std::string>());
    schema.classes = dictionary_of(json.at("classes"));
    json.at("target_names").get_to(schema.target_names);
    return schema;
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorKind::kCheckpoint, std::string("does not describe graphs: ") + error.what(), place);
  }
}

}  // namespace heed::graph
