// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/subword_vocabulary.h"

#include <algorithm>

#include "tests/core/expect_error.h"
#include "tests/data/text/toy_language.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/error.h"

namespace heed::text {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::toy_german;
using testing::toy_greek;

SubwordOptions small(const std::string& model = "bpe", int64_t size = 120) {
  SubwordOptions options;
  options.model = model;
  options.size = size;
  options.character_coverage = 1;
  return options;
}

std::string failure(const std::vector<std::string>& sentences, const SubwordOptions& options,
                    ErrorKind kind) {
  try {
    SubwordVocabulary::train(sentences, options);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "a vocabulary was made";
  return "";
}

std::vector<std::string> words_of(const SubwordVocabulary& vocabulary, const std::string& sentence) {
  const auto words = split_words(sentence);
  std::vector<std::string> parts(words.size());
  for (const auto& piece : vocabulary.pieces(sentence))
    parts.at(piece.word) += sentence.substr(piece.begin, piece.end - piece.begin);
  return parts;
}

class BothModels : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(SubwordVocabulary, BothModels, ::testing::Values("bpe", "unigram"),
                         [](const auto& suite) { return suite.param; });

TEST_P(BothModels, DecodingGivesTheSentenceBack) {
  auto sentences = toy_german();
  for (const auto& sentence : toy_greek()) sentences.push_back(sentence);
  const auto vocabulary = SubwordVocabulary::train(sentences, small(GetParam(), 200));
  EXPECT_EQ(vocabulary.size(), 200);
  for (const auto& sentence : sentences) {
    const Tokens tokens = vocabulary.encode(sentence);
    EXPECT_LT(tokens.size(), sentence.size());
    ASSERT_EQ(vocabulary.decode(tokens), sentence);
  }
}

TEST_P(BothModels, TheSameSentencesGiveTheSameModelInEveryByte) {
  const auto first = SubwordVocabulary::train(toy_german(), small(GetParam()));
  EXPECT_EQ(SubwordVocabulary::train(toy_german(), small(GetParam())).bytes(), first.bytes());
  EXPECT_NE(SubwordVocabulary::train(toy_german(400, 9), small(GetParam())).bytes(), first.bytes());
}

TEST_P(BothModels, MarksHaveFixedIdsAndNeverComeFromText) {
  const auto vocabulary = SubwordVocabulary::train(toy_german(), small(GetParam()));
  EXPECT_EQ(vocabulary.unknown(), SubwordVocabulary::kUnknown);
  EXPECT_EQ(vocabulary.begin(), SubwordVocabulary::kBegin);
  EXPECT_EQ(vocabulary.end(), SubwordVocabulary::kEnd);
  EXPECT_EQ(vocabulary.pad(), SubwordVocabulary::kPad);
  EXPECT_EQ(vocabulary.piece(0) + vocabulary.piece(1) + vocabulary.piece(2) + vocabulary.piece(3),
            "<unk><s></s><pad>");
  for (const int32_t id : vocabulary.encode("<s> der </s> <pad> <unk>"))
    EXPECT_TRUE(id == 0 || id > 3) << vocabulary.piece(id);
  const Tokens der = vocabulary.encode("der");
  Tokens marked{1};
  marked.insert(marked.end(), der.begin(), der.end());
  marked.insert(marked.end(), {2, 3, 3});
  EXPECT_EQ(vocabulary.decode(marked), "der");
}

TEST_P(BothModels, ASizeTooLargeNamesTheLargestWhichThenWorks) {
  const auto sentences = toy_german(20);
  const std::string message = failure(sentences, small(GetParam(), 9000), ErrorKind::kConfig);
  ASSERT_THAT(message, HasSubstr("at most "));
  const int64_t largest = std::stoll(message.substr(message.find("at most ") + 8));
  EXPECT_EQ(SubwordVocabulary::train(sentences, small(GetParam(), largest)).size(), largest);
  auto lenient = small(GetParam(), 9000);
  lenient.exact_size = false;
  EXPECT_EQ(SubwordVocabulary::train(sentences, lenient).size(), largest);
}

TEST_P(BothModels, ASizeTooSmallNamesTheSmallestWhichThenWorks) {
  const auto sentences = toy_german();
  const std::string message = failure(sentences, small(GetParam(), 10), ErrorKind::kConfig);
  ASSERT_THAT(message, HasSubstr("alone need "));
  const int64_t smallest = std::stoll(message.substr(message.find("alone need ") + 11));
  EXPECT_EQ(SubwordVocabulary::train(sentences, small(GetParam(), smallest)).size(), smallest);
}

TEST_P(BothModels, SentencesThatTeachNothingAreErrorsAndEndNothing) {
  failure({}, small(GetParam()), ErrorKind::kData);
  failure({"", "  \t", " "}, small(GetParam()), ErrorKind::kData);
  failure({"\u200B", "\u200B\u200B"}, small(GetParam()), ErrorKind::kData);  // normalised to nothing
  auto lenient = small(GetParam());
  lenient.exact_size = false;
  failure({"\u200B", "\u200B\u200B"}, lenient, ErrorKind::kData);
  failure({std::string(5000, 'a')}, small(GetParam()), ErrorKind::kData);  // too long for training
  for (const std::string& odd : {std::string("a"), std::string(16, 'a'), std::string("\xFF\xFE"),
                                 std::string("a\0b", 3), std::string("abababababababab abab")}) {
    try {
      const auto vocabulary = SubwordVocabulary::train(std::vector{odd}, small(GetParam(), 5));
      EXPECT_EQ(vocabulary.size(), 5);
    } catch (const Error&) {
    }
  }
}

TEST_P(BothModels, TrainingIsSilent) {
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  SubwordVocabulary::train(toy_german(), small(GetParam()));
  EXPECT_THROW(SubwordVocabulary::train(toy_german(3), small(GetParam(), 9000)), Error);
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { SubwordVocabulary::parse("nothing"); }),
              HasSubstr("a field of an unknown wire type"));
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST_P(BothModels, SamplesAreAFunctionOfTheSeedAndDecodeToTheSentence) {
  const auto sentences = toy_german(40);
  const std::vector<std::string_view> views(sentences.begin(), sentences.end());
  const auto vocabulary = SubwordVocabulary::train(toy_german(), small(GetParam()));
  const auto first = vocabulary.sample(views, 0.2, 7);
  const auto other = vocabulary.sample(views, 0.2, 8);
  EXPECT_EQ(vocabulary.sample(views, 0.2, 7), first);
  EXPECT_NE(other, first);
  for (size_t i = 0; i < views.size(); ++i) EXPECT_EQ(vocabulary.decode(first[i]), sentences[i]);
  EXPECT_THAT(error_of(ErrorKind::kConfig, [&] { vocabulary.sample(views, 1.5, 1); }),
              HasSubstr("alpha must be from 0 to 1"));
}

TEST_P(BothModels, PiecesCarryTheirWordThroughNormalisationAndBlanks) {
  const auto vocabulary = SubwordVocabulary::train(toy_german(), small(GetParam()));
  for (const std::string sentence : {"der Haus.", "  der   schön \t Haus ", "ｄｅｒ Haus…", "ﬁ der ½",
                                     "漢字 der 漢 字", "x", "\xFF der"}) {
    const auto words = split_words(sentence);
    const auto parts = words_of(vocabulary, sentence);
    ASSERT_EQ(parts.size(), words.size());
    for (size_t i = 0; i < words.size(); ++i)
      EXPECT_THAT(parts[i], HasSubstr(std::string(words[i]))) << sentence;
    Tokens ids;
    for (const auto& piece : vocabulary.pieces(sentence)) ids.push_back(piece.id);
    EXPECT_EQ(ids, vocabulary.encode(sentence));
  }
  EXPECT_TRUE(vocabulary.pieces("").empty());
  EXPECT_TRUE(vocabulary.pieces(" \t").empty());
}

TEST(SubwordVocabulary, UnknownCharactersAreOnePieceUnlessBytesStandForThem) {
  auto options = small();
  const auto plain = SubwordVocabulary::train(toy_german(), options);
  const Tokens tokens = plain.encode("der 漢字 Haus");
  EXPECT_EQ(std::count_if(tokens.begin(), tokens.end(), [&](int32_t id) { return plain.is_unknown(id); }), 1);
  EXPECT_THAT(plain.decode(tokens), HasSubstr("\u2047"));
  const auto pieces = plain.pieces("der 漢字 Haus");
  const auto unknown = std::find_if(pieces.begin(), pieces.end(), [](const auto& p) { return p.id == 0; });
  ASSERT_NE(unknown, pieces.end());
  EXPECT_EQ(unknown->text, "漢字");
  EXPECT_EQ(split_words("der 漢字 Haus")[unknown->word], "漢字");

  options.byte_fallback = true;
  options.size = 400;
  const auto bytes = SubwordVocabulary::train(toy_german(), options);
  EXPECT_EQ(bytes.decode(bytes.encode("der 漢字 Haus")), "der 漢字 Haus");
}

TEST(SubwordVocabulary, NormalisationIsAChoice) {
  auto options = small();
  const auto nfkc = SubwordVocabulary::train(toy_german(), options);
  EXPECT_EQ(nfkc.decode(nfkc.encode("ｄｅｒ\u00A0\u00A0Haus")), "der Haus");
  options.normalisation = "identity";
  const auto identity = SubwordVocabulary::train(toy_german(), options);
  EXPECT_TRUE(identity.is_unknown(identity.encode("ｄ").back()));
  EXPECT_EQ(identity.decode(identity.encode("der  Haus ")), "der Haus");
}

TEST(SubwordVocabulary, UserSymbolsAreOnePieceEverywhere) {
  auto options = small();
  options.user_symbols = "<2de> a,b \"quoted\"";
  const auto vocabulary = SubwordVocabulary::train(toy_german(), options);
  for (const std::string symbol : {"<2de>", "a,b", "\"quoted\""}) {
    const int32_t id = vocabulary.id(symbol);
    EXPECT_GT(id, 3) << symbol;
    EXPECT_EQ(vocabulary.piece(id), symbol);
    EXPECT_THAT(vocabulary.encode("der" + symbol + "Haus"), ::testing::Contains(id));
  }
  options.user_symbols = "<s>";
  EXPECT_THAT(failure(toy_german(), options, ErrorKind::kConfig), HasSubstr("<s>"));
  options.user_symbols = "x x";
  EXPECT_THAT(failure(toy_german(), options, ErrorKind::kConfig), HasSubstr("is a duplicate"));
}

TEST(SubwordVocabulary, JointOneKnowsBothLanguagesAndSeparateOnesTheirOwn) {
  const auto german = toy_german(), greek = toy_greek();
  std::vector<std::string_view> both(german.begin(), german.end());
  both.insert(both.end(), greek.begin(), greek.end());
  const auto joint = SubwordVocabulary::train(both, small("bpe", 200));
  const auto separate = SubwordVocabulary::train(german, small("bpe", 120));
  EXPECT_EQ(joint.decode(joint.encode(german[0])), german[0]);
  EXPECT_EQ(joint.decode(joint.encode(greek[0])), greek[0]);
  const Tokens foreign = separate.encode(greek[0]);
  EXPECT_TRUE(
      std::any_of(foreign.begin(), foreign.end(), [&](int32_t id) { return separate.is_unknown(id); }));
}

TEST(SubwordVocabulary, WhatIsNoTextOrTooLongIsSurvived) {
  const auto vocabulary = SubwordVocabulary::train(toy_german(), small());
  EXPECT_TRUE(vocabulary.encode("").empty());
  EXPECT_NO_THROW(vocabulary.encode(std::string("\0\xFF\xC3", 3)));
  EXPECT_THAT(
      error_of(ErrorKind::kData,
               [&] { vocabulary.encode(std::string(SubwordVocabulary::kMaxSentenceBytes + 1, 'a')); }),
      HasSubstr("bytes; the limit is "));
  EXPECT_NO_THROW(vocabulary.encode(std::string(100'000, 'e')));
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { vocabulary.decode(Tokens{vocabulary.size()}); }),
              HasSubstr("is outside a vocabulary of "));
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { vocabulary.decode(Tokens{-1}); }),
              HasSubstr("token -1 is outside a vocabulary of "));
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { vocabulary.piece(vocabulary.size()); }),
              HasSubstr("is outside a vocabulary of "));
  EXPECT_EQ(vocabulary.id("no such piece"), vocabulary.unknown());
}

TEST(SubwordVocabulary, OptionsOutOfRangeAreNamed) {
  auto options = small();
  options.character_coverage = 0.5;
  EXPECT_THAT(failure(toy_german(), options, ErrorKind::kConfig), HasSubstr("character_coverage"));
  options = small("words");
  EXPECT_THAT(failure(toy_german(), options, ErrorKind::kConfig), HasSubstr("model"));
  options = small("bpe", 4);
  EXPECT_THAT(failure(toy_german(), options, ErrorKind::kConfig), HasSubstr("size"));
}

TEST(SubwordVocabulary, WordsArePartedByBlanks) {
  EXPECT_THAT(split_words(" a  bc\t\nd "), ElementsAre("a", "bc", "d"));
  EXPECT_THAT(split_words("漢\u3000字\xFF"), ElementsAre("漢", "字\xFF"));
  EXPECT_TRUE(split_words(" ").empty());
}

}  // namespace
}  // namespace heed::text
