// SPDX-License-Identifier: Apache-2.0
// Reads JSON lines from stdin and answers each with a line, for byte_level_bpe_compare.py and bench/peers/byte_level_bpe.py:
//   {"load": PATH}                                a vocabulary to use from now on; answers its size
//   {"train": [text...], "size": N, "min_frequency": N, "special_tokens": [...]}   learns one; its model
//   {"write": FOLDER}                             writes it; null
//   {"encode": [text...], "special": true|false}  a list of lists of ids
//   {"pieces": [text...]}                         a list of lists of texts, before merging
//   {"unknown": [character...]}                   those that ICU's version of Unicode does not have
//   {"decode": [[id...]...]}                      a list of texts
//   {"time_encode": [text...], "rounds": N}       {"seconds": [...], "tokens": N}, of all texts
//   {"time_train": [text...], "rounds": N, and the options of "train"}   {"seconds": [...]}
// A failure is answered by {"error": message}.
#include <chrono>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <unicode/uchar.h>

#include "heed/core/error.h"
#include "heed/data/text/byte_level_bpe.h"
#include "heed/data/text/byte_level_pretokenizer.h"
#include "heed/data/text/utf8.h"
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

json pieces(const json& request) {
  json result = json::array();
  for (const auto& text : request["pieces"]) {
    json of_text = json::array();
    heed::text::for_each_byte_level_piece(text.get_ref<const std::string&>(),
                                          [&](std::string_view piece) { of_text.push_back(piece); });
    result.push_back(std::move(of_text));
  }
  return result;
}

json unknown(const json& request) {
  json result = json::array();
  for (const auto& character : request["unknown"]) {
    const auto code = heed::text::decode_utf8(character.get_ref<const std::string&>()).value;
    if (u_charType(static_cast<UChar32>(code)) == U_UNASSIGNED) result.push_back(character);
  }
  return result;
}

json decode(const ByteLevelBpe& bpe, const json& request) {
  json result = json::array();
  for (const auto& ids : request["decode"])
    result.push_back(heed::text::replace_malformed_parts(bpe.decode(ids.get<heed::text::Tokens>())));
  return result;
}

heed::text::ByteLevelBpeOptions options_of(const json& request) {
  return {.size = request["size"],
          .min_frequency = request["min_frequency"],
          .special_tokens = request["special_tokens"].get<std::vector<std::string>>()};
}

/// Seconds of each of so many rounds.
template <class Work>
json seconds_of(const json& rounds, Work work) {
  json seconds = json::array();
  for (int64_t round = 0; round < rounds.get<int64_t>(); ++round) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return seconds;
}

json time_encode(const ByteLevelBpe& bpe, const json& request) {
  const auto texts = request["time_encode"].get<std::vector<std::string>>();
  size_t tokens = 0;
  json seconds = seconds_of(request["rounds"], [&] {
    tokens = 0;
    for (const auto& text : texts) tokens += bpe.encode(text).size();
  });
  return {{"seconds", std::move(seconds)}, {"tokens", tokens}};
}

json time_train(const json& request) {
  const auto texts = request["time_train"].get<std::vector<std::string>>();
  return {
      {"seconds", seconds_of(request["rounds"], [&] { ByteLevelBpe::train(texts, options_of(request)); })}};
}

json answer(std::optional<ByteLevelBpe>& bpe, const json& request) {
  if (request.contains("load")) {
    bpe = ByteLevelBpe::load(request["load"].get<std::string>());
    return bpe->size();
  }
  if (request.contains("unknown")) return unknown(request);
  if (request.contains("pieces")) return pieces(request);
  if (request.contains("time_train")) return time_train(request);
  if (request.contains("time_encode")) return time_encode(bpe.value(), request);
  if (request.contains("train")) {
    bpe = ByteLevelBpe::train(request["train"].get<std::vector<std::string>>(), options_of(request));
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
