// SPDX-License-Identifier: Apache-2.0
// Reads JSON lines from stdin and answers each with a line, for byte_level_bpe_compare.py:
//   {"load": PATH}                                a vocabulary to use from now on; answers its size
//   {"train": [text...], "size": N, "min_frequency": N, "special_tokens": [...]}   learns one; its model
//   {"write": FOLDER}                             writes it; null
//   {"encode": [text...], "special": true|false}  a list of lists of ids
//   {"decode": [[id...]...]}                      a list of texts
// A failure is answered by {"error": message}.
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "heed/core/error.h"
#include "heed/data/text/byte_level_bpe.h"
#include "heed/data/text/utf8_stream.h"

namespace {

using heed::text::ByteLevelBpe;
using nlohmann::json;

json encode(const ByteLevelBpe& bpe, const json& request) {
  const bool special = request.value("special", false);
  json result = json::array();
  for (const auto& text : request["encode"])
    result.push_back(
        bpe.encode(text.get_ref<const std::string&>(),
                   special ? heed::text::SpecialTokens::kAsSpecial : heed::text::SpecialTokens::kAsText));
  return result;
}

json decode(const ByteLevelBpe& bpe, const json& request) {
  json result = json::array();
  for (const auto& ids : request["decode"])
    result.push_back(heed::text::replace_malformed_parts(bpe.decode(ids.get<heed::text::Tokens>())));
  return result;
}

json answer(std::optional<ByteLevelBpe>& bpe, const json& request) {
  if (request.contains("load")) {
    bpe = ByteLevelBpe::load(request["load"].get<std::string>());
    return bpe->size();
  }
  if (request.contains("train")) {
    heed::text::ByteLevelBpeOptions options;
    options.size = request["size"];
    options.min_frequency = request["min_frequency"];
    options.special_tokens = request["special_tokens"].get<std::vector<std::string>>();
    bpe = ByteLevelBpe::train(request["train"].get<std::vector<std::string>>(), options);
    return json::parse(bpe->json())["model"];
  }
  if (request.contains("write")) return bpe.value().write(request["write"].get<std::string>()), json();
  if (request.contains("encode")) return encode(bpe.value(), request);
  return decode(bpe.value(), request);
}

}  // namespace

int main() {
  std::optional<ByteLevelBpe> bpe;
  for (std::string line; std::getline(std::cin, line);) {
    try {
      std::cout << answer(bpe, json::parse(line)).dump() << std::endl;
    } catch (const heed::Error& error) {
      std::cout << json{{"error", error.what()}}.dump() << std::endl;
    }
  }
}
