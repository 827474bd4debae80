// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/sentence_piece_text.h"

#include <charconv>

#include "heed/data/text/utf8.h"

namespace heed::text {
namespace {

constexpr std::string_view kBlank = "\u2581";

/// Calls `line` with each line, and `end` at each line end. Lines over the limit of a sentence are cut.
template <class Line, class End>
void each_line(std::string_view text, const Line& line, const End& end) {
  while (!text.empty()) {
    const size_t length = std::min(text.find('\n'), text.size());
    for (std::string_view rest = text.substr(0, length); !rest.empty();) {
      const size_t cut = well_formed_prefix(rest.substr(0, SubwordVocabulary::kMaxSentenceBytes));
      line(rest.substr(0, cut));
      rest.remove_prefix(cut);
    }
    if (length == text.size()) return;
    end();
    text.remove_prefix(length + 1);
  }
}

/// Lines up to a number of bytes, evenly from a text of unknown length: when they are too many, every second
/// line goes, and from then on every second line is passed over.
class EvenSample {
 public:
  explicit EvenSample(size_t most_bytes) : most_bytes_(most_bytes) {}
  void add(std::string_view line) {
    if (seen_++ % stride_ != 0) return;
    lines_.emplace_back(line);
    bytes_ += line.size();
    while (bytes_ > most_bytes_ && lines_.size() > 1) halve();
  }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  void halve() {
    bytes_ = 0;
    for (size_t i = 0; 2 * i < lines_.size(); ++i) {
      if (i > 0) lines_[i] = std::move(lines_[2 * i]);
      bytes_ += lines_[i].size();
    }
    lines_.resize((lines_.size() + 1) / 2);
    stride_ *= 2;
  }

  size_t most_bytes_, seen_ = 0, stride_ = 1, bytes_ = 0;
  std::vector<std::string> lines_;
};

/// "<0x0A>": a byte of a model with byte fallback.
bool read_byte_piece(const std::string& piece, std::string& byte) {
  if (piece.size() != 6 || !piece.starts_with("<0x") || piece.back() != '>') return false;
  unsigned value = 0;
  const char* end = piece.data() + 5;
  if (std::from_chars(piece.data() + 3, end, value, 16).ptr != end) return false;
  byte.assign(1, static_cast<char>(value));
  return true;
}

}  // namespace

TextVocabularyPtr SentencePieceText::load(const std::filesystem::path& file) {
  return std::make_shared<SentencePieceText>(SubwordVocabulary::load(file));
}

TextVocabularyPtr SentencePieceText::learn(int64_t size, const EachText& text) {
  constexpr size_t kSampleBytes = 40'000'000;
  EvenSample sample(kSampleBytes);
  text([&](std::string_view part) {
    each_line(
        part, [&](std::string_view line) { sample.add(line); }, [] {});
  });
  SubwordOptions options;
  options.size = size;
  options.byte_fallback = true;
  options.exact_size = false;
  return std::make_shared<SentencePieceText>(
      SubwordVocabulary::train(std::span<const std::string>(sample.lines()), options));
}

void SentencePieceText::encode(std::string_view text, Tokens& tokens) const {
  each_line(
      text,
      [&](std::string_view line) {
        const Tokens some = pieces_.encode(line);
        tokens.insert(tokens.end(), some.begin(), some.end());
      },
      [&] { tokens.push_back(pieces_.end()); });
}

std::string SentencePieceText::token_bytes(int32_t token) const {
  const std::string& piece = pieces_.piece(token);
  if (token == pieces_.end()) return "\n";
  if (token == pieces_.begin() || token == pieces_.pad()) return "";
  if (token == pieces_.unknown()) return encode_utf8(kReplacement);
  std::string bytes;
  if (read_byte_piece(piece, bytes)) return bytes;
  for (size_t i = 0; i < piece.size();) {
    const bool blank = std::string_view(piece).substr(i).starts_with(kBlank);
    bytes += blank ? ' ' : piece[i];
    i += blank ? kBlank.size() : 1;
  }
  return bytes;
}

}  // namespace heed::text
