// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/byte_level_json.h"

#include <utility>

#include "heed/core/error.h"
#include "heed/core/shown_text.h"
#include "heed/data/text/byte_level_files.h"

namespace heed::text {
namespace {

using Json = nlohmann::json;

class TokenizerReader {
 public:
  explicit TokenizerReader(const std::string& place) : place_(place) {}

  ByteLevelParts read(std::string_view text) {
    const Json root = parse_flat_json(text, place_);
    if (!root.is_object() || !root.contains("model")) refuse("is no tokenizer.json: it has no \"model\"");
    if (!root.value("normalizer", Json()).is_null()) refuse_kind("normalizer", root["normalizer"]);
    check_pre_tokenizer(root.value("pre_tokenizer", Json()));
    const Json decoder = root.value("decoder", Json());
    if (!decoder.is_null() && type_of(decoder) != "ByteLevel") refuse_kind("decoder", decoder);
    ByteLevelParts parts;
    parts.vocabulary_place = place_;
    parts.merges_place = place_ + ", merge ";
    read_model(root["model"], parts);
    read_added(root.value("added_tokens", Json::array()), parts);
    return parts;
  }

 private:
  [[noreturn]] void refuse(const std::string& message) const {
    throw Error(ErrorKind::kData, message, place_);
  }
  [[noreturn]] void refuse_kind(const std::string& part, const Json& value) const {
    const std::string type = type_of(value);
    if (type.empty()) refuse(part + " is absent or has no type");
    refuse(part + " " + shown_token(type) + " is not supported: it would change which ids a text has");
  }

  static std::string type_of(const Json& value) {
    if (!value.is_object() || !value.contains("type") || !value["type"].is_string()) return "";
    return value["type"].get<std::string>();
  }

  /// Whether a setting is off, however that is written.
  static bool is_off(const Json& value) {
    return value.is_null() || value == false || value == "" || (value.is_number() && value == 0);
  }

  void check_pre_tokenizer(const Json& value) const {
    if (type_of(value) != "ByteLevel") refuse_kind("pre_tokenizer", value);
    if (value.value("add_prefix_space", Json()) != false)
      refuse("pre_tokenizer.add_prefix_space must be false: heed puts no blank before a text");
    if (value.value("use_regex", Json(true)) != true)
      refuse("pre_tokenizer.use_regex must be true: heed cuts texts as GPT-2 does");
  }

  void read_model(const Json& model, ByteLevelParts& parts) const {
    if (!model.is_object()) refuse("\"model\" must be an object");
    if (model.contains("type") && model["type"] != "BPE") refuse_kind("model", model);
    for (const auto& [name, value] : model.items()) {
      const bool harmless =
          name == "type" || name == "vocab" || name == "merges" || name == "unk_token" || name == "fuse_unk";
      if (!harmless && !is_off(value))
        refuse("model." + cut_to_columns(printable(name), 60) +
               " is not supported: it would change which ids a text has");
    }
    parts.vocabulary = token_ids(model.value("vocab", Json()), place_ + ", model.vocab");
    read_merges(model.value("merges", Json()), parts);
  }

  void read_merges(const Json& merges, ByteLevelParts& parts) const {
    if (!merges.is_array()) refuse("model.merges must be a list");
    for (const auto& merge : merges) {
      const bool pair = merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string();
      if (pair) {
        parts.merges.emplace_back(merge[0].get<std::string>(), merge[1].get<std::string>());
      } else if (!merge.is_string() || !add_merge(merge.get_ref<const std::string&>(), parts)) {
        throw Error(ErrorKind::kData, R"(a merge must be written as ["a", "b"] or as "a b")",
                    parts.merges_place + std::to_string(parts.merges.size()));
      }
    }
  }

  static bool add_merge(const std::string& text, ByteLevelParts& parts) {
    const size_t blank = text.find(' ');
    if (blank == std::string::npos || text.find(' ', blank + 1) != std::string::npos) return false;
    parts.merges.emplace_back(text.substr(0, blank), text.substr(blank + 1));
    return true;
  }

  void read_added(const Json& tokens, ByteLevelParts& parts) const {
    if (tokens.is_null()) return;
    if (!tokens.is_array()) refuse("\"added_tokens\" must be a list");
    for (const auto& token : tokens) {
      const bool whole = token.is_object() && token.value("id", Json()).is_number_integer() &&
                         token.value("content", Json()).is_string();
      if (!whole) refuse("an added token must have an \"id\" and a \"content\"");
      const auto text = token["content"].get<std::string>();
      for (const char* option : {"single_word", "lstrip", "rstrip"})
        if (!is_off(token.value(option, Json())))
          refuse("added token " + shown_token(text) + ": " + option + " is not supported");
      const auto id = token["id"].get<int64_t>();
      if (id < 0 || id >= static_cast<int64_t>(ByteLevelBounds::kTokens))
        refuse("added token " + shown_token(text) + " has id " + std::to_string(id) +
               ", which is out of range");
      const bool special = flag(token, "special", false);
      parts.added.push_back({text, static_cast<int32_t>(id), special, flag(token, "normalized", !special)});
    }
  }

  bool flag(const Json& token, const char* name, bool if_absent) const {
    const Json value = token.value(name, Json(if_absent));
    if (!value.is_boolean()) refuse(std::string("\"") + name + "\" of an added token must be true or false");
    return value.get<bool>();
  }

  const std::string& place_;
};

}  // namespace

Json parse_flat_json(std::string_view text, const std::string& place) {
  constexpr int kDepth = 16;
  const auto check_depth = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > kDepth) throw Error(ErrorKind::kData, "contains JSON that nests too deeply", place);
    return true;
  };
  try {
    return Json::parse(text, check_depth);
  } catch (const Json::parse_error& error) {
    throw Error(ErrorKind::kData, "is not JSON", at_byte(place, error.byte));
  } catch (const Json::exception&) {
    throw Error(ErrorKind::kData, "contains JSON that cannot be read (a number out of range?)", place);
  }
}

std::unordered_map<std::string, int64_t> token_ids(const Json& object, const std::string& place) {
  if (!object.is_object()) throw Error(ErrorKind::kData, "must be an object {\"token\": id}", place);
  std::unordered_map<std::string, int64_t> ids;
  ids.reserve(object.size());
  for (const auto& [token, id] : object.items()) {
    if (!id.is_number_integer())
      throw Error(ErrorKind::kData, "the id of token " + shown_token(token) + " is not a whole number",
                  place);
    ids.emplace(token, id.get<int64_t>());
  }
  return ids;
}

ByteLevelParts parse_tokenizer_json(std::string_view json, const std::string& place) {
  return TokenizerReader(place).read(json);
}

}  // namespace heed::text
