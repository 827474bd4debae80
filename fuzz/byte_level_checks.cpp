// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/checks.h"
#include "fuzz/promises.h"

#include "heed/data/text/byte_level_bpe.h"
#include "heed/data/text/byte_level_files.h"
#include "heed/data/text/byte_level_pretokenizer.h"
#include "heed/data/text/utf8.h"
#include "heed/data/text/utf8_stream.h"

namespace heed::fuzz {
namespace {

using text::ByteLevelBpe;
using text::SpecialTokens;
using text::Tokens;

std::string_view as_text(std::span<const std::byte> file) {
  return {reinterpret_cast<const char*>(file.data()), file.size()};
}

void check_round_trip(const ByteLevelBpe& bpe, std::string_view given) {
  for (const auto special : {SpecialTokens::kAsText, SpecialTokens::kAsSpecial}) {
    const Tokens tokens = bpe.encode(given, special);
    require(bpe.decode(tokens) == given, "decoding gives the text back");
    require(tokens.size() <= given.size(), "there are no more tokens than bytes");
    if (special == SpecialTokens::kAsText)
      for (const int32_t id : tokens) require(!bpe.is_special(id), "text yields no special token");
  }
}

/// A vocabulary from a file: its own bytes serve as a text.
void check_vocabulary(const ByteLevelBpe& bpe, std::string_view file) {
  constexpr size_t kMost = 4096;
  check_round_trip(bpe, file.substr(0, kMost));
  check_round_trip(bpe, "Hello  world\n <|endoftext|> it's \xE2\x82\xAC \xFF 12");
  for (int32_t id = 0; id < bpe.size(); ++id) require(!bpe.token_bytes(id).empty(), "a token has bytes");
  if (const auto end = bpe.end_of_text()) require(bpe.is_special(*end), "the end of text is special");
  const std::string json = bpe.json();
  require(ByteLevelBpe::parse(json).json() == json, "a vocabulary survives writing");
}

void check_pieces(std::string_view given) {
  std::string joined;
  text::for_each_byte_level_piece(given, [&](std::string_view piece) {
    require(!piece.empty(), "a piece is not empty");
    joined += piece;
  });
  require(joined == given, "the pieces are the text");
}

void check_stream(std::string_view bytes) {
  const std::string whole = text::replace_malformed_parts(bytes);
  require(text::well_formed_prefix(whole) == whole.size(), "what a stream gives out is UTF-8");
  for (const size_t step : {size_t{1}, size_t{2}, size_t{3}, size_t{7}}) {
    text::Utf8Stream stream;
    std::string joined;
    for (size_t at = 0; at < bytes.size(); at += step) {
      const std::string part = stream.push(bytes.substr(at, step));
      require(text::well_formed_prefix(part) == part.size(), "each part is UTF-8");
      joined += part;
    }
    require(joined + stream.finish() == whole, "cuts do not change the text");
  }
}

const ByteLevelBpe& learned() {
  static const auto bpe = ByteLevelBpe::train(
      std::vector<std::string>{
          "the other the others aaaa aaaa \n\n\n \t\t  1 11 111 it's it's \xC3\xA9\xC3\xA9 \xC3\xA9 ... ..."},
      {.size = 300, .special_tokens = {"<|endoftext|>", "<|end"}});
  return bpe;
}

}  // namespace

void check_tokenizer_json(std::span<const std::byte> file) {
  accepts(ErrorKind::kData,
          [&] { check_vocabulary(ByteLevelBpe::parse(as_text(file), kName), as_text(file)); });
}

/// vocab.json, merges.txt and added_tokens.json, parted by zero bytes.
void check_vocabulary_and_merges(std::span<const std::byte> file) {
  std::array<std::string_view, 3> parts;
  std::string_view rest = as_text(file);
  for (auto& part : parts) {
    part = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  }
  accepts(ErrorKind::kData, [&] {
    const ByteLevelBpe bpe(text::parse_vocabulary_and_merges(parts[0], parts[1], parts[2], kName));
    check_vocabulary(bpe, as_text(file));
  });
}

void check_byte_level_text(std::span<const std::byte> file) {
  const std::string_view given = as_text(file);
  check_pieces(given);
  check_round_trip(learned(), given);
  check_stream(given);
  if (given.empty()) return;
  const text::ByteLevelBpeOptions options{.size = 300, .special_tokens = {"<|endoftext|>"}};
  check_round_trip(ByteLevelBpe::train(std::vector<std::string_view>{given}, options), given);
}

}  // namespace heed::fuzz
