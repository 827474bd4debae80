// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/byte_level_bpe.h"

#include <algorithm>
#include <array>
#include <utility>

#include "heed/core/error.h"
#include "heed/data/text/added_token_finder.h"
#include "heed/data/text/byte_level_files.h"
#include "heed/data/text/byte_level_pretokenizer.h"
#include "heed/data/text/merge_table.h"
#include "heed/data/text/word_table.h"

namespace heed::text {
namespace {

std::vector<AddedToken> some_of(const std::vector<AddedToken>& tokens, bool special, bool normalized) {
  std::vector<AddedToken> some;
  for (const auto& token : tokens)
    if ((special || !token.special) && token.normalized == normalized) some.push_back(token);
  return some;
}

}  // namespace

struct ByteLevelBpe::Shared {
  /// Added tokens to look for: first those that are not "normalized", in what is left the others.
  struct Finders {
    AddedTokenFinder first, second;
    Finders(const std::vector<AddedToken>& tokens, bool special)
        : first(some_of(tokens, special, false)), second(some_of(tokens, special, true)) {}
  };

  explicit Shared(ByteLevelModel checked)
      : model(std::move(checked)),
        merges(model.merges),
        words(model.tokens.size()),
        in_text(model.added, false),
        in_marked_text(model.added, true) {
    Tokens tokens;
    for (size_t id = 0; id < model.tokens.size(); ++id) {
      merge(model.tokens[id], tokens);
      if (tokens.size() == 1 && tokens[0] == static_cast<int32_t>(id))
        words.insert(model.tokens[id], static_cast<int32_t>(id));
    }
  }

  void merge(std::string_view piece, Tokens& tokens) const {
    tokens.clear();
    for (const char byte : piece) tokens.push_back(model.byte_ids[static_cast<unsigned char>(byte)]);
    merges.apply(tokens);
  }

  void encode(std::string_view text, Tokens& tokens) const {
    Tokens merged;
    for_each_byte_level_piece(text, [&](std::string_view piece) {
      if (const int32_t id = words.find(piece); id != WordTable::kNone) {
        tokens.push_back(id);
      } else {
        merge(piece, merged);
        tokens.insert(tokens.end(), merged.begin(), merged.end());
      }
    });
  }

  ByteLevelModel model;
  MergeTable merges;
  WordTable words;  // tokens that merging their bytes yields: most words of most texts
  Finders in_text, in_marked_text;
};

ByteLevelBpe::ByteLevelBpe(const ByteLevelParts& parts)
    : shared_(std::make_shared<const Shared>(make_model(parts))) {}

ByteLevelBpe ByteLevelBpe::load(const std::filesystem::path& path) {
  return ByteLevelBpe(read_byte_level(path));
}

ByteLevelBpe ByteLevelBpe::parse(std::string_view json, const std::string& place) {
  return ByteLevelBpe(parse_tokenizer_json(json, place));
}

std::string ByteLevelBpe::json() const {
  return tokenizer_json(parts_of(shared_->model));
}

void ByteLevelBpe::write(const std::filesystem::path& folder) const {
  write_byte_level(folder, parts_of(shared_->model));
}

int32_t ByteLevelBpe::size() const {
  return static_cast<int32_t>(shared_->model.tokens.size());
}

Tokens ByteLevelBpe::encode(std::string_view text, SpecialTokens special) const {
  if (text.size() > kMaxTextBytes)
    throw Error(ErrorKind::kData, "a text has " + std::to_string(text.size()) + " bytes; the limit is " +
                                      std::to_string(kMaxTextBytes) + ": encode it in parts");
  Tokens tokens;
  const auto& finders = special == SpecialTokens::kAsSpecial ? shared_->in_marked_text : shared_->in_text;
  const auto encode = [&](std::string_view part) { shared_->encode(part, tokens); };
  const auto add = [&](int32_t id) { tokens.push_back(id); };
  const auto encode_rest = [&](std::string_view part) {
    if (finders.second.empty()) {
      encode(part);
    } else {
      finders.second.split(part, encode, add);
    }
  };
  if (finders.first.empty()) {
    encode_rest(text);
  } else {
    finders.first.split(text, encode_rest, add);
  }
  return tokens;
}

std::string ByteLevelBpe::decode(std::span<const int32_t> tokens) const {
  std::string bytes;
  for (const int32_t id : tokens) bytes += token_bytes(id);
  return bytes;
}

std::string_view ByteLevelBpe::token_bytes(int32_t id) const {
  check_id(id);
  return shared_->model.tokens[id];
}

std::optional<int32_t> ByteLevelBpe::special(std::string_view text) const {
  for (const auto& token : shared_->model.added)
    if (token.special && token.text == text) return token.id;
  return std::nullopt;
}

bool ByteLevelBpe::is_special(int32_t id) const {
  const auto& added = shared_->model.added;
  const auto found =
      std::lower_bound(added.begin(), added.end(), id,
                       [](const AddedToken& token, int32_t wanted) { return token.id < wanted; });
  return found != added.end() && found->id == id && found->special;
}

std::optional<int32_t> ByteLevelBpe::end_of_text() const {
  for (const auto* name : {"<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>"})
    if (const auto id = special(name)) return id;
  return std::nullopt;
}

const ByteLevelModel& ByteLevelBpe::model() const {
  return shared_->model;
}

void ByteLevelBpe::check_id(int32_t id) const {
  if (id >= 0 && id < size()) return;
  throw Error(ErrorKind::kData,
              "token " + std::to_string(id) + " is outside a vocabulary of " + std::to_string(size()));
}

}  // namespace heed::text
