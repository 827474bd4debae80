// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/byte_level_bpe.h"

#include <random>
#include <thread>

#include "tests/core/expect_error.h"
#include "tests/data/text/byte_level_fixtures.h"

namespace heed::text {
namespace {

using testing::byte_level_cases;
using testing::byte_level_fixtures;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const ByteLevelBpe& small() {
  static const auto bpe = ByteLevelBpe::load(byte_level_fixtures() / "tokenizer.json");
  return bpe;
}

TEST(ByteLevelBpe, EncodesAsTokenizersDoes) {
  for (const auto& one : byte_level_cases()) {
    const auto text = one["text"].get<std::string>();
    EXPECT_EQ(small().encode(text), one["ids"].get<Tokens>()) << one["text"];
    EXPECT_EQ(small().encode(text, SpecialTokens::kAsSpecial), one["marked"].get<Tokens>()) << one["text"];
  }
}

TEST(ByteLevelBpe, FindsAddedWordsInEveryText) {
  const auto bpe = ByteLevelBpe::load(byte_level_fixtures() / "added-words.json");
  EXPECT_EQ(bpe.size(), 602);
  for (const auto& one : byte_level_cases("added-words.jsonl"))
    EXPECT_EQ(bpe.encode(one["text"].get<std::string>(), SpecialTokens::kAsSpecial),
              one["marked"].get<Tokens>())
        << one["text"];
  EXPECT_THAT(bpe.encode("covid-19"), ElementsAre(600)) << "words are no special tokens";
  EXPECT_FALSE(bpe.is_special(600));
  EXPECT_EQ(bpe.decode(Tokens{600, 601}), "covid-19 covid");
}

TEST(ByteLevelBpe, TextYieldsNoSpecialTokensUnlessAsked) {
  const auto end = small().end_of_text();
  ASSERT_TRUE(end.has_value());
  EXPECT_TRUE(small().is_special(*end));
  EXPECT_EQ(small().special("<|pad|>"), 1);
  EXPECT_EQ(small().special("<|other|>"), std::nullopt);
  const std::string text = "a<|endoftext|>b";
  for (const int32_t id : small().encode(text)) EXPECT_FALSE(small().is_special(id));
  const Tokens marked = small().encode(text, SpecialTokens::kAsSpecial);
  EXPECT_EQ(marked.size(), 3U);
  EXPECT_EQ(marked[1], *end);
  EXPECT_EQ(small().decode(marked), text);
  EXPECT_EQ(small().decode(small().encode(text)), text);
}

TEST(ByteLevelBpe, DecodingGivesAnyBytesBack) {
  std::mt19937 random(3);
  for (int round = 0; round < 500; ++round) {
    std::string bytes;
    for (size_t i = random() % 200; i > 0; --i) {
      bytes += static_cast<char>(random() % 256);
      if (random() % 4 == 0) bytes += " the Work";
    }
    EXPECT_EQ(small().decode(small().encode(bytes)), bytes);
  }
}

TEST(ByteLevelBpe, EncodesALongWordInReasonableTime) {
  const std::string word(1'000'000, 'a');
  const Tokens tokens = small().encode(word);
  EXPECT_EQ(small().decode(tokens), word);
}

TEST(ByteLevelBpe, TokenBytesAreTheirOwn) {
  EXPECT_EQ(small().token_bytes(222), " ");
  EXPECT_EQ(small().token_bytes(0), "<|endoftext|>");
  for (const int32_t wrong : {-1, small().size()}) {
    EXPECT_THAT(error_of(ErrorKind::kData, [&] { small().token_bytes(wrong); }),
                HasSubstr("outside a vocabulary of 600"));
    EXPECT_THAT(error_of(ErrorKind::kData, [&] { small().decode(Tokens{wrong}); }), HasSubstr("outside"));
  }
}

TEST(ByteLevelBpe, EveryTokenThatTextCanYieldEncodesItself) {
  size_t whole = 0;
  for (int32_t id = 2; id < small().size(); ++id)
    whole += static_cast<size_t>(small().decode(small().encode(small().token_bytes(id))) ==
                                 small().token_bytes(id));
  EXPECT_EQ(whole, 598U);
}

TEST(ByteLevelBpe, ThreadsShareAVocabulary) {
  const auto cases = byte_level_cases();
  std::vector<std::thread> threads;
  std::vector<size_t> wrong(4);
  for (size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      const ByteLevelBpe copy = small();
      for (int round = 0; round < 20; ++round)
        for (const auto& one : cases)
          wrong[t] +=
              static_cast<size_t>(copy.encode(one["text"].get<std::string>()) != one["ids"].get<Tokens>());
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(wrong, ElementsAre(0, 0, 0, 0));
}

}  // namespace
}  // namespace heed::text
