// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/byte_level_files.h"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <vector>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/data/text/byte_alphabet.h"
#include "heed/data/text/byte_level_json.h"

namespace heed::text {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr const char* kTokenizer = "tokenizer.json";
struct Pair {
  const char *vocabulary, *merges;
};
constexpr std::array<Pair, 2> kPairs{{{"vocab.json", "merges.txt"}, {"encoder.json", "vocab.bpe"}}};
constexpr const char* kAdded = "added_tokens.json";
constexpr std::string_view kVersion = "#version";

std::string read_bounded(const std::filesystem::path& file) {
  return read_text(file, ByteLevelBounds::kFileBytes);
}

bool in_brackets(std::string_view text) {
  return text.size() > 2 &&
         ((text.front() == '<' && text.back() == '>') || (text.front() == '[' && text.back() == ']'));
}

std::string_view take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

void parse_merges(std::string_view text, ByteLevelParts& parts) {
  if (text.starts_with(kVersion)) take_line(text);
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.empty() && text.empty()) break;
    const size_t blank = line.find(' ');
    if (blank == std::string_view::npos || line.find(' ', blank + 1) != std::string_view::npos)
      throw Error(ErrorKind::kData,
                  "a merge must be two tokens and a blank between, got " + shown_token(line),
                  parts.merges_place + std::to_string(parts.first_merge + parts.merges.size()));
    parts.merges.emplace_back(line.substr(0, blank), line.substr(blank + 1));
  }
}

/// Adds the tokens in brackets that text cannot yield.
void find_special(ByteLevelParts& parts) {
  std::unordered_set<std::string> made;
  for (const auto& [left, right] : parts.merges) made.insert(left + right);
  for (const auto& [text, id] : parts.vocabulary) {
    if (in_brackets(text) && !made.contains(text) && id >= 0 &&
        id < static_cast<int64_t>(ByteLevelBounds::kTokens))
      parts.added.push_back({text, static_cast<int32_t>(id)});
  }
}

void parse_added(std::string_view json, const std::string& place, ByteLevelParts& parts) {
  for (const auto& [text, id] : token_ids(parse_flat_json(json, place), place)) {
    if (id < 0 || id >= static_cast<int64_t>(ByteLevelBounds::kTokens))
      throw Error(ErrorKind::kData, "id " + std::to_string(id) + " is out of range", place);
    const auto same = [&text = text](const AddedToken& token) { return token.text == text; };
    if (std::any_of(parts.added.begin(), parts.added.end(), same)) continue;
    parts.added.push_back({text, static_cast<int32_t>(id), in_brackets(text), !in_brackets(text)});
  }
}

ByteLevelParts read_pair(const std::filesystem::path& folder, const Pair& pair) {
  const auto added = folder / kAdded;
  auto parts =
      parse_vocabulary_and_merges(read_bounded(folder / pair.vocabulary), read_bounded(folder / pair.merges),
                                  exists(added) ? read_bounded(added) : std::string(), folder);
  parts.vocabulary_place = (folder / pair.vocabulary).string();
  return parts;
}

OrderedJson vocabulary_json(const std::unordered_map<std::string, int64_t>& ids) {
  std::vector<std::pair<int64_t, const std::string*>> by_id;
  for (const auto& [text, id] : ids) by_id.emplace_back(id, &text);
  std::sort(by_id.begin(), by_id.end());
  OrderedJson::object_t object;
  object.reserve(by_id.size());
  // Past the look for an equal key, which goes through all keys.
  for (const auto& [id, text] : by_id) object.OrderedJson::object_t::Container::emplace_back(*text, id);
  return object;
}

std::string merges_text(const ByteLevelParts& parts) {
  std::string text = std::string(kVersion) + ": 0.2\n";
  for (const auto& [left, right] : parts.merges) text += left + ' ' + right + '\n';
  return text;
}

/// The pair of files tells special tokens by their brackets; the other added tokens have a file of their own.
void write_pair(const std::filesystem::path& folder, const ByteLevelParts& parts) {
  auto vocabulary = parts.vocabulary;
  OrderedJson added = OrderedJson::object();
  for (const auto& token : parts.added) {
    if (in_brackets(token.text)) continue;
    vocabulary.erase(token.text);
    added[token.text] = token.id;
  }
  write_atomically(folder / kPairs[0].vocabulary, vocabulary_json(vocabulary).dump() + '\n');
  write_atomically(folder / kPairs[0].merges, merges_text(parts));
  if (!added.empty()) write_atomically(folder / kAdded, added.dump(1) + '\n');
}

OrderedJson added_json(const ByteLevelParts& parts) {
  OrderedJson tokens = OrderedJson::array();
  for (const auto& token : parts.added) {
    tokens.push_back({{"id", token.id},
                      {"content", token.text},
                      {"single_word", false},
                      {"lstrip", false},
                      {"rstrip", false},
                      {"normalized", token.normalized},
                      {"special", token.special}});
  }
  return tokens;
}

OrderedJson config_json(const ByteLevelParts& parts) {
  OrderedJson config{
      {"tokenizer_class", "GPT2Tokenizer"}, {"add_prefix_space", false}, {"add_bos_token", false}};
  for (const auto& token : parts.added) {
    if (token.text == "<|endoftext|>")
      for (const char* role : {"bos_token", "eos_token", "unk_token"}) config[role] = token.text;
  }
  return config;
}

}  // namespace

ByteLevelParts parse_vocabulary_and_merges(std::string_view vocabulary, std::string_view merges,
                                           std::string_view added, const std::filesystem::path& folder) {
  ByteLevelParts parts;
  parts.vocabulary_place = (folder / kPairs[0].vocabulary).string();
  parts.merges_place = (folder / kPairs[0].merges).string() + ", line ";
  parts.first_merge = merges.starts_with(kVersion) ? 2 : 1;
  parts.vocabulary = token_ids(parse_flat_json(vocabulary, parts.vocabulary_place), parts.vocabulary_place);
  parse_merges(merges, parts);
  find_special(parts);
  if (!added.empty()) parse_added(added, (folder / kAdded).string(), parts);
  return parts;
}

ByteLevelParts read_byte_level(const std::filesystem::path& path) {
  for (const auto& pair : kPairs)
    if (path.filename() == pair.vocabulary || path.filename() == pair.merges)
      return read_pair(path.parent_path(), pair);
  if (!is_directory(path)) return parse_tokenizer_json(read_bounded(path), path.string());
  if (exists(path / kTokenizer))
    return parse_tokenizer_json(read_bounded(path / kTokenizer), (path / kTokenizer).string());
  for (const auto& pair : kPairs)
    if (exists(path / pair.vocabulary) && exists(path / pair.merges)) return read_pair(path, pair);
  throw Error(ErrorKind::kData, "has neither a tokenizer.json nor a vocab.json with a merges.txt",
              path.string());
}

std::string tokenizer_json(const ByteLevelParts& parts) {
  OrderedJson merges = OrderedJson::array();
  for (const auto& [left, right] : parts.merges) merges.push_back(OrderedJson::array({left, right}));
  const OrderedJson byte_level{
      {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", false}, {"use_regex", true}};
  const OrderedJson root{{"version", "1.0"},
                         {"truncation", nullptr},
                         {"padding", nullptr},
                         {"added_tokens", added_json(parts)},
                         {"normalizer", nullptr},
                         {"pre_tokenizer", byte_level},
                         {"post_processor", byte_level},
                         {"decoder", byte_level},
                         {"model",
                          {{"type", "BPE"},
                           {"dropout", nullptr},
                           {"unk_token", nullptr},
                           {"continuing_subword_prefix", nullptr},
                           {"end_of_word_suffix", nullptr},
                           {"fuse_unk", false},
                           {"byte_fallback", false},
                           {"ignore_merges", false},
                           {"vocab", vocabulary_json(parts.vocabulary)},
                           {"merges", merges}}}};
  return root.dump(1) + '\n';
}

void write_byte_level(const std::filesystem::path& folder, const ByteLevelParts& parts) {
  make_folder(folder);
  write_pair(folder, parts);
  write_atomically(folder / kTokenizer, tokenizer_json(parts));
  write_atomically(folder / "tokenizer_config.json", config_json(parts).dump(1) + '\n');
}

}  // namespace heed::text
