// SPDX-License-Identifier: Apache-2.0
// catalogue_dump FILE...: prints what heed reads from each catalogue, one JSON object per line: {"header",
// "obsolete", "messages": [{"context", "id", "plural", "translations", "fuzzy"}]} or {"error"}.
// catalogue_compare.py reads it.
#include <iostream>
#include <string>

#include <nlohmann/json.hpp>

#include "heed/core/error.h"
#include "heed/data/text/catalogue_pairs.h"

namespace {

nlohmann::json to_json(const heed::text::Catalogue& catalogue) {
  auto messages = nlohmann::json::array();
  for (const auto& message : catalogue.messages) {
    messages.push_back({{"context", message.context ? nlohmann::json(*message.context) : nlohmann::json()},
                        {"id", message.id},
                        {"plural", message.plural_id ? nlohmann::json(*message.plural_id) : nlohmann::json()},
                        {"translations", message.translations},
                        {"fuzzy", message.fuzzy}});
  }
  return {{"header", catalogue.header}, {"obsolete", catalogue.obsolete}, {"messages", messages}};
}

}  // namespace

int main(int count, char** arguments) {
  for (int i = 1; i < count; ++i) {
    nlohmann::json line;
    try {
      line = to_json(heed::text::read_catalogue(arguments[i]));
    } catch (const heed::Error& error) {
      line = {{"error", error.what()}};
    }
    std::cout << line.dump() << '\n';
  }
}
