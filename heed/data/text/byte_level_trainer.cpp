// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/byte_level_trainer.h"

#include <array>
#include <set>
#include <utility>

#include "heed/core/error.h"
#include "heed/data/text/byte_alphabet.h"
#include "heed/data/text/byte_level_pretokenizer.h"
#include "heed/data/text/pair_counts.h"

namespace heed::text {
namespace {

constexpr int64_t kByteTokens = 256;

[[noreturn]] void refuse_option(const std::string& message) {
  throw Error(ErrorKind::kConfig, message, "vocabulary");
}

void check_options(const ByteLevelBpeOptions& options) {
  ByteLevelBpeOptions copy = options;
  for (const auto& field : fields(copy)) {
    const std::string wrong = field.check ? field.check(field.value) : "";
    if (!wrong.empty()) refuse_option(field.name + " " + wrong);
  }
  std::set<std::string_view> seen;
  for (const std::string& token : options.special_tokens) {
    const auto bytes = from_byte_alphabet(token);
    if (token.empty() || (bytes && bytes->size() == 1))
      refuse_option("special token " + shown_token(token) + " is " + (token.empty() ? "empty" : "a byte"));
    if (!seen.insert(token).second) refuse_option("special token " + shown_token(token) + " is a duplicate");
  }
  const int64_t given = kByteTokens + static_cast<int64_t>(options.special_tokens.size());
  if (options.size < given)
    refuse_option("size must be at least " + std::to_string(given) +
                  ", the number of bytes and special tokens");
}

/// The vocabulary while it grows.
class Growing {
 public:
  explicit Growing(const std::vector<std::string>& special_tokens) {
    for (const auto& text : special_tokens) {
      parts_.added.push_back({text, add(text)});
      special_.insert(text);
    }
    for (const uint8_t byte : byte_alphabet_order())
      byte_ids_[byte] = add(to_byte_alphabet(std::string(1, static_cast<char>(byte))));
  }

  int64_t size() const { return static_cast<int64_t>(texts_.size()); }
  std::vector<int32_t> bytes_of(std::string_view piece) const {
    std::vector<int32_t> ids;
    ids.reserve(piece.size());
    for (const char byte : piece) ids.push_back(byte_ids_[static_cast<unsigned char>(byte)]);
    return ids;
  }

  bool is_special(const PairCounts::Pair& pair) const {
    return special_.contains(texts_[pair.left] + texts_[pair.right]);
  }
  /// Adds the merge; returns the id of its result, which may be that of another merge that spells the same.
  int32_t add_merge(const PairCounts::Pair& pair) {
    parts_.merges.emplace_back(texts_[pair.left], texts_[pair.right]);
    const std::string text = texts_[pair.left] + texts_[pair.right];
    const auto same = parts_.vocabulary.find(text);
    return same != parts_.vocabulary.end() ? static_cast<int32_t>(same->second) : add(text);
  }
  const ByteLevelParts& parts() const { return parts_; }

 private:
  int32_t add(const std::string& text) {
    const auto id = static_cast<int32_t>(texts_.size());
    parts_.vocabulary.emplace(text, id);
    texts_.push_back(text);
    return id;
  }

  ByteLevelParts parts_;
  std::vector<std::string> texts_;
  std::set<std::string> special_;
  std::array<int32_t, kByteTokens> byte_ids_{};
};

}  // namespace

Fields fields(ByteLevelBpeOptions& options) {
  return {
      {"size", &options.size, "number of tokens, including the 256 bytes and special tokens",
       between(static_cast<double>(kByteTokens), static_cast<double>(ByteLevelBounds::kTokens))},
      {"min_frequency", &options.min_frequency, "how often a pair must occur to become a token", at_least(1)},
      {"special_tokens", &options.special_tokens,
       "tokens that no text yields unless asked, such as an end of text"},
  };
}

ByteLevelTrainer::ByteLevelTrainer(const ByteLevelBpeOptions& options) : options_(options) {
  check_options(options_);
}

void ByteLevelTrainer::add(std::string_view text) {
  for_each_byte_level_piece(text, [this](std::string_view piece) {
    for (; piece.size() > kLongestPiece; piece.remove_prefix(kLongestPiece))
      count(piece.substr(0, kLongestPiece));
    count(piece);
  });
}

void ByteLevelTrainer::count(std::string_view piece) {
  const auto found = pieces_.find(piece);
  if (found != pieces_.end()) {
    ++found->second;
  } else {
    pieces_.emplace(piece, 1);
  }
}

ByteLevelBpe ByteLevelTrainer::train() const {
  if (pieces_.empty()) throw Error(ErrorKind::kData, "there is no text to learn tokens from", "vocabulary");
  Growing growing(options_.special_tokens);
  PairCounts pairs;
  for (const auto& [piece, count] : pieces_) pairs.add_word(growing.bytes_of(piece), count);
  while (growing.size() < options_.size) {
    const auto best = pairs.best();
    if (!best || best->count < options_.min_frequency) break;
    if (growing.is_special(*best)) {
      pairs.drop(*best);
    } else {
      pairs.merge(*best, growing.add_merge(*best));
    }
  }
  return ByteLevelBpe(growing.parts());
}

ByteLevelBpe ByteLevelBpe::train(std::span<const std::string_view> texts,
                                 const ByteLevelBpeOptions& options) {
  ByteLevelTrainer trainer(options);
  for (const auto text : texts) trainer.add(text);
  return trainer.train();
}

ByteLevelBpe ByteLevelBpe::train(std::span<const std::string> texts, const ByteLevelBpeOptions& options) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  return train(std::span<const std::string_view>(views), options);
}

}  // namespace heed::text
