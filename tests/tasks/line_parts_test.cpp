// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/line_parts.h"

#include "tests/core/expect_error.h"
#include "tests/data/text/toy_language.h"
#include <gtest/gtest.h>

#include "heed/tasks/translation/translation_inspection.h"

namespace heed::tasks {
namespace {

using Texts = std::vector<std::string>;

const text::SubwordVocabulary& toy_vocabulary() {
  static const auto vocabulary = [] {
    text::SubwordOptions options;
    options.size = 120;
    return text::SubwordVocabulary::train(text::testing::toy_german(), options);
  }();
  return vocabulary;
}

struct Rule {
  PartRule rule = PartRule::kAuto;
  SourceText sources{};
  int64_t max_pieces = 200;
};

std::vector<LinePart> parts(const std::string& line, const Rule& rule) {
  return LineParter(toy_vocabulary(), rule.sources, "de", rule.rule, rule.max_pieces).parts(line);
}

Texts texts(const std::string& line, const Rule& rule) {
  Texts all;
  for (const auto& part : parts(line, rule)) all.push_back(part.text);
  return all;
}

int64_t pieces(const std::string& line) {
  return std::ssize(toy_vocabulary().encode(line));
}

constexpr const char* kThree = "der Hund. der Hund. der Hund.";

TEST(LineParts, SentencesAloneForAModelOfSingleSentences) {
  const SourceText single{.pieces = 10, .with_several_sentences = 0.01};
  EXPECT_EQ(texts(kThree, {.sources = single}), (Texts{"der Hund.", "der Hund.", "der Hund."}));
  EXPECT_EQ(texts(kThree, {.rule = PartRule::kFit, .sources = single}), (Texts{kThree}));
}

TEST(LineParts, AsManyTogetherAsTrainingSourcesHeld) {
  const SourceText several{.pieces = pieces("der Hund. der Hund."), .with_several_sentences = 0.5};
  EXPECT_EQ(texts(kThree, {.sources = several}), (Texts{"der Hund. der Hund.", "der Hund."}));
  EXPECT_EQ(texts(kThree, {.rule = PartRule::kSentences, .sources = several}).size(), 3U);
  const std::string one = "der Hund der Hund der Hund der Hund der Hund.";
  EXPECT_EQ(texts(one, {.sources = several}), (Texts{one})) << "a long sentence stays whole";
}

TEST(LineParts, OnlyTheWholeSentencesOfTheBeginning) {
  const int64_t two = pieces("der Hund. der Hund.");
  EXPECT_EQ(texts(kThree, {.rule = PartRule::kBeginning}), (Texts{kThree}));
  EXPECT_EQ(texts(kThree, {.rule = PartRule::kBeginning, .max_pieces = two}), (Texts{"der Hund. der Hund."}));
  const auto long_one =
      parts("der Hund der Hund der Hund.", {.rule = PartRule::kBeginning, .max_pieces = pieces("der Hund")});
  ASSERT_EQ(long_one.size(), 1U);
  EXPECT_LE(std::ssize(long_one[0].tokens), pieces("der Hund"));
}

TEST(LineParts, OnlyWhatIsTooLongWhereNothingIsKnown) {
  EXPECT_EQ(texts(kThree, {}), (Texts{kThree}));
  EXPECT_EQ(texts(kThree, {.max_pieces = pieces("der Hund.")}).size(), 3U);
}

TEST(LineParts, SaysWhatWasCutAndNoPartIsTooLong) {
  const std::string one = "der Hund der Hund der Hund der Hund. Ja.";
  const auto found = parts(one, {.rule = PartRule::kSentences, .max_pieces = pieces("der Hund der")});
  ASSERT_GT(found.size(), 2U);
  EXPECT_TRUE(found.front().cut);
  EXPECT_FALSE(found.back().cut);
  for (const auto& part : found) EXPECT_LE(std::ssize(part.tokens), pieces("der Hund der"));
}

TEST(LineParts, WordsAreCountedInTheLine) {
  std::vector<size_t> first;
  for (const auto& part : parts("  ge zu. en ig.\t ge\u3002zu en.", {.rule = PartRule::kSentences}))
    first.push_back(part.first_word);
  EXPECT_EQ(first, (std::vector<size_t>{0, 2, 4, 4})) << "a stop within a word begins no other word";
  first.clear();
  for (const auto& part : parts("zuzuzuzuzuzuzuzu ge", {.max_pieces = 3})) first.push_back(part.first_word);
  ASSERT_GT(first.size(), 2U);
  EXPECT_EQ(first[1], 0U);
  EXPECT_EQ(first.back(), 1U);
}

TEST(LineParts, NoneOfALineOfBlanks) {
  EXPECT_TRUE(parts("", {}).empty());
  EXPECT_TRUE(parts(" \t ", {.rule = PartRule::kSentences}).empty());
}

TEST(LineParts, RulesHaveNames) {
  EXPECT_EQ(parse_part_rule("fit"), PartRule::kFit);
  EXPECT_EQ(parse_part_rule("beginning"), PartRule::kBeginning);
  error_of(ErrorKind::kUsage, [] { parse_part_rule("half"); });
}

TEST(SourceText, TellsLengthsAndWhetherSentencesStandAlone) {
  std::vector<text::SentencePair> pairs;
  std::vector<EncodedPair> encoded;
  const auto add = [&](const std::string& line) {
    pairs.push_back({line, "x"});
    encoded.push_back({toy_vocabulary().encode(line), {5}});
  };
  for (int i = 0; i < 196; ++i) add("der Hund.");
  for (int i = 0; i < 4; ++i) add("der Hund. der Hund. der Hund.");
  const auto single = describe_sources(pairs, encoded, "de", 256);
  EXPECT_EQ(single.pieces, pieces(kThree));
  EXPECT_DOUBLE_EQ(single.with_several_sentences, 0.02);
  EXPECT_TRUE(single.of_single_sentences());
  for (int i = 0; i < 20; ++i) add("der Hund. der Hund.");
  EXPECT_FALSE(describe_sources(pairs, encoded, "de", 256).of_single_sentences());
  EXPECT_EQ(describe_sources(pairs, encoded, "de", pieces("der Hund.") + 1).pieces, pieces("der Hund."))
      << "of what is trained on";
  EXPECT_FALSE(describe_sources({}, {}, "de", 256).known());

  toml::table about;
  single.write(about);
  EXPECT_EQ(SourceText::read(about).pieces, single.pieces);
  EXPECT_DOUBLE_EQ(SourceText::read(about).with_several_sentences, 0.02);
  EXPECT_FALSE(SourceText::read({}).known());
}

TEST(PairLabels, ARowOfCrossAttentionIsNamedByWhatItPredicts) {
  const TranslationVocabulary vocabulary{toy_vocabulary(), toy_vocabulary(), true};
  const EncodedPair pair{toy_vocabulary().encode("der Hund"), toy_vocabulary().encode("ja")};
  const auto piece = [](int32_t id) { return toy_vocabulary().piece(id); };
  const auto cross = pair_labels(nn::AttentionPart::kCross, pair, vocabulary);
  ASSERT_EQ(cross.rows.size(), pair.target.size() + 1);
  EXPECT_EQ(cross.rows.front(), piece(pair.target.front()));
  EXPECT_EQ(cross.rows.back(), piece(toy_vocabulary().end()));
  EXPECT_EQ(cross.keys.size(), pair.source.size() + 1);
  const auto decoder = pair_labels(nn::AttentionPart::kDecoder, pair, vocabulary);
  EXPECT_EQ(decoder.rows.front(), piece(toy_vocabulary().begin()));
  EXPECT_EQ(decoder.rows, decoder.keys);
}

}  // namespace
}  // namespace heed::tasks
