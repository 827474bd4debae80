// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/byte_level_trainer.h"

#include <algorithm>
#include <map>
#include <random>
#include <tuple>

#include "tests/core/expect_error.h"
#include "tests/data/text/byte_level_fixtures.h"

namespace heed::text {
namespace {

using ::testing::HasSubstr;
using testing::tokenizer_fixture;

/// What make_byte_level_fixtures.py learns from.
std::vector<std::string> fixture_texts() {
  std::istringstream licence(read_text(std::filesystem::path(HEED_SOURCE_DIR) / "LICENSE"));
  std::vector<std::string> texts;
  for (std::string line; std::getline(licence, line);) texts.push_back(line + "\n");
  for (const char* line :
       {"naïve café, naïve café", "日本語 日本語 日本", "it's they're we've I'm he'll she'd don't",
        "## ## # #version", "x = 1234567; 1234"})
    texts.emplace_back(line);
  return texts;
}

const ByteLevelBpeOptions kLikeFixture{.size = 600, .special_tokens = {"<|endoftext|>", "<|pad|>"}};

TEST(ByteLevelTrainer, LearnsWhatTokenizersLearns) {
  const auto bpe = ByteLevelBpe::train(fixture_texts(), kLikeFixture);
  const auto model = nlohmann::json::parse(bpe.json())["model"];
  EXPECT_EQ(model["merges"], tokenizer_fixture()["model"]["merges"]);
  EXPECT_EQ(model["vocab"], tokenizer_fixture()["model"]["vocab"]);
  EXPECT_EQ(bpe.end_of_text(), 0);
  EXPECT_EQ(bpe.special("<|pad|>"), 1);
}

TEST(ByteLevelTrainer, TheOrderOfTextsDoesNotMatter) {
  auto texts = fixture_texts();
  const std::string expected = ByteLevelBpe::train(texts, kLikeFixture).json();
  std::shuffle(texts.begin(), texts.end(), std::mt19937(5));
  ByteLevelTrainer trainer(kLikeFixture);
  for (const auto& text : texts) trainer.add(text);
  EXPECT_EQ(trainer.train().json(), expected);
  EXPECT_EQ(trainer.train().json(), expected) << "learning again";
}

using Merges = std::vector<std::tuple<std::string, std::string>>;

/// The definition: counts all pairs anew for every merge.
Merges plainly_learned(const std::vector<std::string>& texts, size_t merges, int64_t min_frequency) {
  std::map<std::string, int32_t> ids;
  std::vector<std::string> tokens;
  const auto id_of = [&](const std::string& token) {
    if (ids.emplace(token, static_cast<int32_t>(tokens.size())).second) tokens.push_back(token);
    return ids[token];
  };
  for (const char* letter : {"a", "b", "c"}) id_of(letter);
  std::vector<std::vector<int32_t>> words;
  for (const auto& text : texts) {
    words.emplace_back();
    for (const char letter : text) words.back().push_back(id_of(std::string(1, letter)));
  }
  Merges learned;
  while (learned.size() < merges) {
    std::map<std::pair<int32_t, int32_t>, int64_t> counts;
    for (const auto& word : words)
      for (size_t i = 0; i + 1 < word.size(); ++i) ++counts[{word[i], word[i + 1]}];
    const auto best = std::max_element(counts.begin(), counts.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    if (best == counts.end() || best->second < min_frequency) break;
    const auto [left, right] = best->first;
    learned.emplace_back(tokens[left], tokens[right]);
    const int32_t joined = id_of(tokens[left] + tokens[right]);
    for (auto& word : words)
      for (size_t i = 0; i + 1 < word.size(); ++i)
        if (word[i] == left && word[i + 1] == right) {
          word[i] = joined;
          word.erase(word.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        }
  }
  return learned;
}

TEST(ByteLevelTrainer, EqualsTheDefinitionOnWordsOfFewLetters) {
  std::mt19937 random(17);
  for (int round = 0; round < 60; ++round) {
    std::vector<std::string> texts(1 + random() % 30);
    const size_t letters = 1 + random() % 3;
    for (auto& text : texts)
      for (size_t i = 1 + random() % 20; i > 0; --i) text += "abc"[random() % letters];
    const ByteLevelBpeOptions options{.size = 256 + 30, .min_frequency = 2, .special_tokens = {}};
    const auto bpe = ByteLevelBpe::train(texts, options);
    Merges merges;
    for (const auto& merge : bpe.model().merges)
      merges.emplace_back(bpe.token_bytes(merge.left), bpe.token_bytes(merge.right));
    EXPECT_EQ(merges, plainly_learned(texts, 30, 2)) << "round " << round;
  }
}

TEST(ByteLevelTrainer, StopsWhereNoPairIsFrequentEnough) {
  const std::vector<std::string> texts{"ab ab ab", "cd cd"};
  EXPECT_EQ(ByteLevelBpe::train(texts, {.size = 1000, .min_frequency = 3, .special_tokens = {}}).size(), 257)
      << "only ab occurs three times; ' ab' and ' cd' do not";
  EXPECT_EQ(ByteLevelBpe::train(texts, {.size = 256, .special_tokens = {}}).size(), 256);
}

TEST(ByteLevelTrainer, NeverMakesASpecialTokenOutOfText) {
  const std::vector<std::string> texts{"abab abab abab"};
  const auto bpe = ByteLevelBpe::train(texts, {.size = 400, .min_frequency = 2, .special_tokens = {"abab"}});
  EXPECT_EQ(bpe.special("abab"), 0);
  EXPECT_EQ(bpe.encode("abab").size(), 2U);
  EXPECT_EQ(bpe.encode("abab", SpecialTokens::kAsSpecial), Tokens{0});
}

TEST(ByteLevelTrainer, LearnsFromPiecesOfAnyLengthAndAnyBytes) {
  std::string text(300'000, 'a');
  for (int byte = 0; byte < 256; ++byte) text += std::string(2, static_cast<char>(byte));
  const auto bpe = ByteLevelBpe::train(std::vector<std::string>{text}, {.size = 265});
  EXPECT_EQ(bpe.size(), 265);
  EXPECT_EQ(bpe.decode(bpe.encode(text)), text);
  EXPECT_LT(bpe.encode(text).size(), 2000U);
}

TEST(ByteLevelTrainer, RefusesWrongOptions) {
  const auto refusal = [](const ByteLevelBpeOptions& options) {
    return error_of(ErrorKind::kConfig, [&] { const ByteLevelTrainer trainer(options); });
  };
  EXPECT_THAT(refusal({.size = 256}), HasSubstr("size must be at least 257"));
  EXPECT_THAT(refusal({.size = 10}), HasSubstr("vocabulary: size must be"));
  EXPECT_THAT(refusal({.size = int64_t{1} << 40}), HasSubstr("size must be"));
  EXPECT_THAT(refusal({.min_frequency = 0}), HasSubstr("min_frequency must be at least 1"));
  EXPECT_THAT(refusal({.special_tokens = {"<a>", "<a>"}}), HasSubstr("special token '<a>' is a duplicate"));
  EXPECT_THAT(refusal({.special_tokens = {""}}), HasSubstr("is empty"));
  EXPECT_THAT(refusal({.special_tokens = {"!"}}), HasSubstr("special token '!' is a byte"));
}

TEST(ByteLevelTrainer, WithoutAnyTextThereIsNothingToLearn) {
  const std::vector<std::string> none{"", ""};
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { ByteLevelBpe::train(none, {}); }),
              HasSubstr("there is no text"));
}

}  // namespace
}  // namespace heed::text
