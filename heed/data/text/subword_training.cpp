// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <set>
#include <unordered_map>

#include <sentencepiece_trainer.h>

#include "heed/core/child_process.h"
#include "heed/core/error.h"
#include "heed/data/text/subword_vocabulary.h"
#include "heed/data/text/utf8.h"

namespace heed::text {
namespace {

using Arguments = std::unordered_map<std::string, std::string>;

constexpr int64_t kMarks = 4, kBytePieces = 256, kMaxSize = 1 << 20;

class Sentences : public sentencepiece::SentenceIterator {
 public:
  explicit Sentences(std::span<const std::string_view> sentences) : rest_(sentences) { take(); }
  bool done() const override { return done_; }
  void Next() override { take(); }
  const std::string& value() const override { return value_; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  void take() {
    done_ = rest_.empty();
    if (done_) return;
    value_ = rest_.front();
    rest_ = rest_.subspan(1);
  }
  std::span<const std::string_view> rest_;
  std::string value_;
  bool done_ = false;
};

[[noreturn]] void refuse(const std::string& message) {
  throw Error(ErrorKind::kConfig, message, "vocabulary");
}

std::vector<std::string> user_symbols(const SubwordOptions& options) {
  std::set<std::string_view> seen{"<unk>", "<s>", "</s>", "<pad>"};
  std::vector<std::string> symbols;
  for (const auto symbol : split_words(options.user_symbols)) {
    if (!seen.insert(symbol).second) refuse("user symbol '" + std::string(symbol) + "' is a duplicate");
    symbols.emplace_back(symbol);
  }
  return symbols;
}

// Formats symbols as one argument: quoted and separated by commas.
std::string quoted_list(const std::vector<std::string>& symbols) {
  std::string list;
  for (const auto& symbol : symbols) {
    list += list.empty() ? "\"" : ",\"";
    for (const char c : symbol) list += c == '"' ? std::string("\"\"") : std::string(1, c);
    list += '"';
  }
  return list;
}

// Number of pieces that the vocabulary has before training.
int64_t given_pieces(const SubwordOptions& options) {
  return kMarks + static_cast<int64_t>(user_symbols(options).size()) +
         (options.byte_fallback ? kBytePieces : 0);
}

void check(const SubwordOptions& options) {
  SubwordOptions copy = options;
  for (const auto& field : fields(copy)) {
    const std::string wrong = field.check ? field.check(field.value) : "";
    if (!wrong.empty()) refuse(field.name + " " + wrong);
  }
  const int64_t given =
      kMarks + static_cast<int64_t>(user_symbols(options).size()) + (options.byte_fallback ? kBytePieces : 0);
  if (options.size <= given)
    refuse("size must exceed " + std::to_string(given) + ", the number of marks, bytes and user symbols");
}

const char* text_of(bool value) {
  return value ? "true" : "false";
}

std::string text_of(double value) {
  char buffer[64];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

Arguments arguments(const SubwordOptions& options) {
  Arguments result{{"model_type", options.model},
                   {"vocab_size", std::to_string(options.size)},
                   {"character_coverage", text_of(options.character_coverage)},
                   {"byte_fallback", text_of(options.byte_fallback)},
                   {"normalization_rule_name", options.normalisation},
                   {"hard_vocab_limit", text_of(options.exact_size)},
                   {"unk_id", std::to_string(SubwordVocabulary::kUnknown)},
                   {"bos_id", std::to_string(SubwordVocabulary::kBegin)},
                   {"eos_id", std::to_string(SubwordVocabulary::kEnd)},
                   {"pad_id", std::to_string(SubwordVocabulary::kPad)},
                   {"num_threads", "1"},   // fixes the order of sums
                   {"minloglevel", "3"}};  // formatting messages takes time even if they are not shown
  if (const auto symbols = user_symbols(options); !symbols.empty())
    result.emplace("user_defined_symbols", quoted_list(symbols));
  return result;
}

constexpr char kModel = 'M', kFailure = 'F';

// Returns kModel and the model, or kFailure and the reason.
std::string learn(std::span<const std::string_view> sentences, const SubwordOptions& options) {
  Sentences iterator(sentences);
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(arguments(options), &iterator, &model);
  return status.ok() ? kModel + model : kFailure + std::string(status.error_message());
}

// Returns the digits right after `words` in `message`; "" if `words` does not occur.
std::string number_behind(const std::string& message, const std::string& words) {
  const size_t place = message.rfind(words);
  if (place == std::string::npos) return "";
  const size_t begin = place + words.size();
  return message.substr(begin, message.find_first_not_of("0123456789", begin) - begin);
}

[[noreturn]] void nothing_to_learn() {
  throw Error(ErrorKind::kData, "these sentences contain no text to learn pieces from", "vocabulary");
}

[[noreturn]] void explain(const std::string& message, const SubwordOptions& options) {
  const std::string size = "size " + std::to_string(options.size) + " is too ";
  if (const auto largest = number_behind(message, "Please set it to a value <= "); !largest.empty()) {
    if (std::stoll(largest) <= given_pieces(options)) nothing_to_learn();
    refuse(size + "large for these sentences: use at most " + largest + " (or exact_size = false)");
  }
  if (const auto smallest = number_behind(message, std::to_string(options.size) + " vs "); !smallest.empty())
    refuse(size + "small: marks and characters alone need " + smallest +
           "; increase size or lower character_coverage");
  throw Error(ErrorKind::kData, "cannot learn a vocabulary from these sentences: " + message, "vocabulary");
}

}  // namespace

std::vector<Field> fields(SubwordOptions& options) {
  return {
      {"size", &options.size, "number of pieces, including marks", between(kMarks + 1, kMaxSize)},
      {"model", &options.model, "bpe or unigram", one_of({"bpe", "unigram"})},
      {"character_coverage", &options.character_coverage, "share of characters in the text that pieces cover",
       between(0.98, 1)},
      {"byte_fallback", &options.byte_fallback, "encode unknown characters as bytes"},
      {"user_symbols", &options.user_symbols, "separated by blanks; each always becomes one piece"},
      {"normalisation", &options.normalisation, "Unicode normalisation applied first",
       one_of({"nmt_nfkc", "nmt_nfkc_cf", "nfkc", "nfkc_cf", "identity"})},
      {"exact_size", &options.exact_size, "false: allow fewer pieces if the sentences yield no more"},
  };
}

SubwordVocabulary SubwordVocabulary::train(std::span<const std::string_view> sentences,
                                           const SubwordOptions& options) {
  check(options);
  std::vector<std::string_view> kept;
  for (const auto sentence : sentences)
    if (!is_blank(sentence)) kept.push_back(sentence);
  if (kept.empty()) nothing_to_learn();
  // The library aborts the process, for example if every sentence is empty after normalisation.
  const auto outcome = run_in_child([&] { return learn(kept, options); });
  if (!outcome || outcome->empty())
    throw Error(ErrorKind::kData,
                "SentencePiece aborted on these sentences; do they contain text after normalisation?",
                "vocabulary");
  if (outcome->front() == kFailure) explain(outcome->substr(1), options);
  auto vocabulary = parse(std::string_view(*outcome).substr(1));
  if (vocabulary.size() <= given_pieces(options)) nothing_to_learn();
  return vocabulary;
}

SubwordVocabulary SubwordVocabulary::train(std::span<const std::string> sentences,
                                           const SubwordOptions& options) {
  const std::vector<std::string_view> views(sentences.begin(), sentences.end());
  return train(std::span<const std::string_view>(views), options);
}

}  // namespace heed::text
