// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/subword_vocabulary.h"

#include <algorithm>
#include <exception>
#include <future>
#include <mutex>

#include <sentencepiece_processor.h>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/data/text/subword_model_check.h"
#include "heed/data/text/utf8.h"

namespace heed::text {
namespace {

void require(const sentencepiece::util::Status& status, const char* what) {
  if (!status.ok()) throw Error(ErrorKind::kData, std::string(what) + ": " + status.error_message());
}

void check_length(std::string_view sentence) {
  if (sentence.size() <= SubwordVocabulary::kMaxSentenceBytes) return;
  throw Error(ErrorKind::kData, "a sentence has " + std::to_string(sentence.size()) +
                                    " bytes; the limit is " +
                                    std::to_string(SubwordVocabulary::kMaxSentenceBytes));
}

// Returns the word index of each byte. Blanks belong to the following word; final blanks to the last word.
std::vector<size_t> word_of_each_byte(std::string_view sentence) {
  const auto words = split_words(sentence);
  std::vector<size_t> result(sentence.size() + 1, words.empty() ? 0 : words.size() - 1);
  auto next = result.begin();
  for (size_t i = 0; i < words.size(); ++i) {
    const auto end = result.begin() + (words[i].data() + words[i].size() - sentence.data());
    std::fill(next, end, i);
    next = end;
  }
  return result;
}

std::shared_ptr<const sentencepiece::SentencePieceProcessor> make_processor(const std::string& model,
                                                                            const std::string& place) {
  auto processor = std::make_shared<sentencepiece::SentencePieceProcessor>();
  std::string reason;
  try {
    const auto status = processor->LoadFromSerializedProto(model);
    if (!status.ok()) reason = status.error_message();
  } catch (const std::exception& error) {  // the library's trie code throws
    reason = error.what();
  }
  if (!reason.empty()) throw Error(ErrorKind::kData, "not a SentencePiece model: " + reason, place);
  return processor;
}

// The library has one generator per thread, which takes the seed when the thread first draws from it.
class SeededThread {
 public:
  explicit SeededThread(uint64_t seed) : one_at_a_time_(mutex()) {
    const auto folded = static_cast<uint32_t>(seed ^ (seed >> 32));
    sentencepiece::SetRandomGeneratorSeed(folded == UINT32_MAX ? 0 : folded);  // UINT32_MAX means "any seed"
  }
  template <class Work>
  auto run(Work work) {
    return std::async(std::launch::async, work).get();
  }

 private:
  static std::mutex& mutex() {
    static std::mutex only;
    return only;
  }
  std::lock_guard<std::mutex> one_at_a_time_;
};

}  // namespace

SubwordVocabulary SubwordVocabulary::parse(std::string_view model, const std::string& place) {
  SubwordVocabulary result;
  result.bytes_ = checked_subword_model(model, place);
  result.processor_ = make_processor(result.bytes_, place);
  result.size_ = result.processor_->GetPieceSize();
  result.unknown_ = result.processor_->unk_id();
  result.begin_ = result.processor_->bos_id();
  result.end_ = result.processor_->eos_id();
  if (result.unknown_ < 0 || result.begin_ < 0 || result.end_ < 0)
    throw Error(ErrorKind::kData, "the model lacks an unknown piece, a begin mark or an end mark", place);
  result.pad_ = result.processor_->pad_id() >= 0 ? result.processor_->pad_id() : result.end_;
  return result;
}

SubwordVocabulary SubwordVocabulary::load(const std::filesystem::path& path) {
  return parse(read_text(path, SubwordModelBounds::kModelBytes), path.string());
}

void SubwordVocabulary::write(const std::filesystem::path& path) const {
  write_atomically(path, bytes_);
}

Tokens SubwordVocabulary::encode(std::string_view sentence) const {
  check_length(sentence);
  Tokens tokens;
  require(processor_->Encode(sentence, &tokens), "cannot encode the sentence");
  return tokens;
}

std::vector<SubwordPiece> SubwordVocabulary::pieces(std::string_view sentence) const {
  check_length(sentence);
  sentencepiece::ImmutableSentencePieceText encoded;
  require(processor_->Encode(sentence, encoded.mutable_proto()), "cannot encode the sentence");
  const auto words = word_of_each_byte(sentence);
  std::vector<SubwordPiece> result;
  for (const auto& piece : encoded.pieces()) {
    const size_t begin = std::min<size_t>(piece.begin(), sentence.size());
    result.push_back({piece.piece(), static_cast<int32_t>(piece.id()), begin,
                      std::min<size_t>(piece.end(), sentence.size()), words[begin]});
  }
  return result;
}

std::vector<Tokens> SubwordVocabulary::sample(std::span<const std::string_view> sentences, double alpha,
                                              uint64_t seed) const {
  if (!(alpha >= 0 && alpha <= 1)) throw Error(ErrorKind::kConfig, "alpha must be from 0 to 1");
  for (const auto sentence : sentences) check_length(sentence);
  constexpr int kAllWays = -1;
  return SeededThread(seed).run([&] {
    std::vector<Tokens> result(sentences.size());
    for (size_t i = 0; i < sentences.size(); ++i) {
      const auto status =
          processor_->SampleEncode(sentences[i], kAllWays, static_cast<float>(alpha), &result[i]);
      if (!status.ok())
        throw Error(ErrorKind::kConfig,
                    std::string("this vocabulary does not support sampling: ") + status.message());
    }
    return result;
  });
}

std::string SubwordVocabulary::decode(std::span<const int32_t> tokens) const {
  for (const int32_t id : tokens) check_id(id);
  std::string sentence;
  require(processor_->Decode(std::vector<int>(tokens.begin(), tokens.end()), &sentence),
          "cannot decode the tokens");
  return sentence;
}

const std::string& SubwordVocabulary::piece(int32_t id) const {
  check_id(id);
  return processor_->IdToPiece(id);
}

int32_t SubwordVocabulary::id(std::string_view piece) const {
  return piece.empty() ? unknown_ : processor_->PieceToId(piece);
}

void SubwordVocabulary::check_id(int32_t id) const {
  if (id >= 0 && id < size_) return;
  throw Error(ErrorKind::kData,
              "token " + std::to_string(id) + " is outside a vocabulary of " + std::to_string(size_));
}

std::vector<std::string_view> split_words(std::string_view sentence) {
  std::vector<std::string_view> words;
  bool inside = false;
  for (size_t i = 0; i < sentence.size();) {
    const CodePoint character = next_character(sentence.substr(i));
    const bool blank = is_space(character.value);
    if (!blank && !inside) words.push_back(sentence.substr(i, 0));
    if (!blank) words.back() = {words.back().data(), words.back().size() + character.bytes};
    inside = !blank;
    i += character.bytes;
  }
  return words;
}

}  // namespace heed::text
