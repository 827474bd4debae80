// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/byte_level_model.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "heed/core/error.h"
#include "heed/core/shown_text.h"
#include "heed/data/text/byte_alphabet.h"

namespace heed::text {
namespace {

constexpr int32_t kAbsent = -1;

class ModelMaker {
 public:
  explicit ModelMaker(const ByteLevelParts& parts) : parts_(parts) {}

  ByteLevelModel make() {
    add_tokens();
    fill_tokens();
    find_bytes();
    join_merges();
    check_special();
    return std::move(model_);
  }

 private:
  [[noreturn]] void refuse(const std::string& message) const {
    throw Error(ErrorKind::kData, message, parts_.vocabulary_place);
  }

  // The size is known once the added tokens have joined: they may go beyond the vocabulary, or be in it.
  void add_tokens() {
    if (parts_.added.size() > ByteLevelBounds::kAddedTokens)
      refuse("has " + std::to_string(parts_.added.size()) + " added tokens; the limit is " +
             std::to_string(ByteLevelBounds::kAddedTokens));
    size_t size = parts_.vocabulary.size();
    for (const auto& token : parts_.added) {
      if (token.text.empty()) refuse("an added token is empty");
      const auto same = parts_.vocabulary.find(token.text);
      if (same == parts_.vocabulary.end()) {
        ++size;
      } else if (same->second != token.id) {
        refuse("added token " + shown_token(token.text) + " has id " + std::to_string(token.id) + ", but " +
               std::to_string(same->second) + " in the vocabulary");
      }
    }
    if (size > ByteLevelBounds::kTokens)
      refuse("has " + std::to_string(size) + " tokens; the limit is " +
             std::to_string(ByteLevelBounds::kTokens));
    model_.tokens.resize(size);
    is_added_.resize(size);
  }

  void fill_tokens() {
    for (const auto& token : parts_.added) {
      put(token.text, token.id, token.text);
      is_added_[token.id] = true;
    }
    for (const auto& [text, id] : parts_.vocabulary) {
      if (id >= 0 && id < size() && is_added_[id] && model_.tokens[id] == text) continue;
      const auto bytes = from_byte_alphabet(text);
      if (!bytes || bytes->empty())
        refuse("token " + shown_token(text) + " (" + std::to_string(id) +
               ") is not written in the byte-level alphabet; is this a vocabulary of another kind?");
      put(text, id, *bytes);
    }
    model_.added = parts_.added;
    std::sort(model_.added.begin(), model_.added.end(),
              [](const auto& a, const auto& b) { return a.id < b.id; });
  }

  // As many tokens as ids, each in range and used once: then no id is missing.
  void put(const std::string& text, int64_t id, const std::string& bytes) {
    if (bytes.size() > ByteLevelBounds::kTokenBytes)
      refuse("token " + std::to_string(id) + " has " + std::to_string(bytes.size()) +
             " bytes; the limit is " + std::to_string(ByteLevelBounds::kTokenBytes));
    if (id < 0 || id >= size())
      refuse("token " + shown_token(text) + " has id " + std::to_string(id) + "; the ids of " +
             std::to_string(size()) + " tokens must be 0 to " + std::to_string(size() - 1) +
             ", without gaps");
    if (!model_.tokens[id].empty())
      refuse("id " + std::to_string(id) + " belongs to two tokens; one is " + shown_token(text));
    model_.tokens[id] = bytes;
  }

  void find_bytes() {
    model_.byte_ids.fill(kAbsent);
    for (int64_t id = 0; id < size(); ++id) {
      const auto& token = model_.tokens[id];
      if (token.size() == 1 && key(id) == to_byte_alphabet(token))
        model_.byte_ids[static_cast<unsigned char>(token[0])] = static_cast<int32_t>(id);
    }
    for (int byte = 0; byte < 256; ++byte) {
      const std::string text(1, static_cast<char>(byte));
      if (model_.byte_ids[byte] == kAbsent)
        refuse("lacks byte " + std::to_string(byte) + ", in the byte-level alphabet " +
               shown_token(to_byte_alphabet(text)) + ": texts that contain it could not be encoded");
    }
  }

  void join_merges() {
    model_.merges.reserve(parts_.merges.size());
    for (size_t rank = 0; rank < parts_.merges.size(); ++rank) {
      const auto& [left, right] = parts_.merges[rank];
      const auto id_of = [&](const std::string& token) {
        const auto found = parts_.vocabulary.find(token);
        if (found != parts_.vocabulary.end()) return static_cast<int32_t>(found->second);
        throw Error(ErrorKind::kData,
                    "merges to or from " + shown_token(token) + ", which is not in the vocabulary",
                    parts_.merges_place + std::to_string(parts_.first_merge + rank));
      };
      model_.merges.push_back({id_of(left), id_of(right), id_of(left + right)});
    }
  }

  void check_special() const {
    std::vector<bool> comes_from_text(model_.tokens.size());
    for (const int32_t id : model_.byte_ids) comes_from_text[id] = true;
    for (const auto& merge : model_.merges) comes_from_text[merge.result] = true;
    for (const auto& token : model_.added) {
      if (!comes_from_text[token.id]) continue;
      if (token.special)
        refuse("special token " + shown_token(token.text) +
               " is also a byte or made by a merge, so that ordinary text could contain it");
      if (from_byte_alphabet(token.text) != token.text)
        refuse("added token " + shown_token(token.text) +
               " stands for other bytes as a token of the vocabulary");
    }
  }

  std::string key(int64_t id) const {
    return is_added_[id] ? model_.tokens[id] : to_byte_alphabet(model_.tokens[id]);
  }
  int64_t size() const { return static_cast<int64_t>(model_.tokens.size()); }

  const ByteLevelParts& parts_;
  ByteLevelModel model_;
  std::vector<bool> is_added_;
};

}  // namespace

std::string shown_token(std::string_view token) {
  constexpr size_t kMost = 60;
  return "'" + cut_to_columns(printable(token), kMost) + "'";
}

ByteLevelModel make_model(const ByteLevelParts& parts) {
  return ModelMaker(parts).make();
}

ByteLevelParts parts_of(const ByteLevelModel& model) {
  std::vector<std::string> keys;
  keys.reserve(model.tokens.size());
  for (const auto& token : model.tokens) keys.push_back(to_byte_alphabet(token));
  for (const auto& token : model.added) keys[token.id] = token.text;
  ByteLevelParts parts;
  parts.added = model.added;
  for (size_t id = 0; id < keys.size(); ++id) parts.vocabulary.emplace(keys[id], id);
  for (const auto& merge : model.merges) parts.merges.emplace_back(keys[merge.left], keys[merge.right]);
  return parts;
}

}  // namespace heed::text
