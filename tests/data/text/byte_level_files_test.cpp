// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/byte_level_files.h"

#include <utility>

#include "tests/core/expect_error.h"
#include "tests/data/text/byte_level_fixtures.h"
#include "tests/data/text/text_files.h"

#include "heed/data/text/byte_level_bpe.h"

namespace heed::text {
namespace {

using nlohmann::json;
using testing::byte_level_cases;
using testing::byte_level_fixtures;
using ::testing::HasSubstr;
using testing::tokenizer_fixture;

void expect_fixture(const ByteLevelBpe& bpe, int32_t size = 600) {
  EXPECT_EQ(bpe.size(), size);
  for (const auto& one : byte_level_cases()) {
    const auto text = one["text"].get<std::string>();
    EXPECT_EQ(bpe.encode(text), one["ids"].get<Tokens>()) << one["text"];
    EXPECT_EQ(bpe.encode(text, SpecialTokens::kAsSpecial), one["marked"].get<Tokens>()) << one["text"];
  }
}

std::string refusal(const json& tokenizer) {
  return error_of(ErrorKind::kData, [&] { ByteLevelBpe::parse(tokenizer.dump(), "tokenizer.json"); });
}

/// The refusal of the fixture with one value changed.
std::string refusal_of(const std::string& pointer, const json& value) {
  json tokenizer = tokenizer_fixture();
  tokenizer[json::json_pointer(pointer)] = value;
  return refusal(tokenizer);
}

class VocabularyFolder : public testing::Files {
 public:
  VocabularyFolder() {
    for (const char* name : {"vocab.json", "merges.txt"})
      std::filesystem::copy_file(byte_level_fixtures() / name, path() / name);
  }
  std::string text(const char* name) const { return read_text(path() / name); }
  std::string refusal() const {
    return error_of(ErrorKind::kData, [&] { ByteLevelBpe::load(path()); });
  }
};

TEST(ByteLevelFiles, ReadsMergesAsPairsAndAsTexts) {
  json tokenizer = tokenizer_fixture();
  expect_fixture(ByteLevelBpe::parse(tokenizer.dump()));
  for (auto& merge : tokenizer["model"]["merges"])
    merge = merge[0].get<std::string>() + " " + merge[1].get<std::string>();
  tokenizer["model"].erase("type");  // as in files of old versions
  expect_fixture(ByteLevelBpe::parse(tokenizer.dump()));
}

TEST(ByteLevelFiles, ReadsVocabularyAndMergesUnderBothNames) {
  const VocabularyFolder folder;
  for (const char* name : {"", "vocab.json", "merges.txt"})
    expect_fixture(ByteLevelBpe::load(folder.path() / name));
  std::filesystem::rename(folder.path() / "vocab.json", folder.path() / "encoder.json");
  std::filesystem::rename(folder.path() / "merges.txt", folder.path() / "vocab.bpe");
  for (const char* name : {"", "encoder.json", "vocab.bpe"})
    expect_fixture(ByteLevelBpe::load(folder.path() / name));
}

TEST(ByteLevelFiles, ReadsMergesWithoutTheVersionLineAndWithCarriageReturns) {
  const VocabularyFolder folder;
  const std::string merges = folder.text("merges.txt");
  folder.write("merges.txt", merges.substr(merges.find('\n') + 1));
  expect_fixture(ByteLevelBpe::load(folder.path()));
  std::string other;
  for (const char c : merges) other += c == '\n' ? std::string("\r\n") : std::string(1, c);
  folder.write("merges.txt", other);
  expect_fixture(ByteLevelBpe::load(folder.path()));
}

TEST(ByteLevelFiles, OnlyTheFirstLineOfMergesIsAComment) {
  const VocabularyFolder folder;
  json vocabulary = json::parse(folder.text("vocab.json"));
  vocabulary["##"] = 600;
  folder.write("vocab.json", vocabulary.dump());
  folder.write("merges.txt", "#version: 0.2\n# #\nt h\n");
  EXPECT_EQ(ByteLevelBpe::load(folder.path()).encode("##"), Tokens{600});
}

TEST(ByteLevelFiles, ReadsAddedTokensBesideThePair) {
  const VocabularyFolder folder;
  folder.write("added_tokens.json", R"({"<|sep|>": 600, "covid": 601, "<|pad|>": 1})");
  const auto bpe = ByteLevelBpe::load(folder.path());
  EXPECT_EQ(bpe.size(), 602);
  EXPECT_TRUE(bpe.is_special(600));
  EXPECT_EQ(bpe.encode("covid"), Tokens{601});
  EXPECT_GT(bpe.encode("<|sep|>").size(), 1U);
}

TEST(ByteLevelFiles, WhatIsWrittenReadsBackTheSame) {
  const testing::Files folder;
  for (const char* name : {"tokenizer.json", "added-words.json"}) {
    const auto bpe = ByteLevelBpe::load(byte_level_fixtures() / name);
    bpe.write(folder.path() / "made" / name);
    const auto again = ByteLevelBpe::load(folder.path() / "made" / name);
    EXPECT_EQ(again.json(), bpe.json());
    EXPECT_EQ(ByteLevelBpe::parse(bpe.json()).json(), bpe.json());
    const auto pair = ByteLevelBpe::load(folder.path() / "made" / name / "vocab.json");
    EXPECT_EQ(pair.json(), bpe.json());
    EXPECT_EQ(again.encode("a covid-19 the"), bpe.encode("a covid-19 the"));
  }
  EXPECT_EQ(read_text(folder.path() / "made" / "tokenizer.json" / "merges.txt"),
            read_text(byte_level_fixtures() / "merges.txt"));
}

TEST(ByteLevelFiles, RefusesByNameWhatChangesTheIds) {
  const std::vector<std::pair<std::pair<const char*, json>, const char*>> cases{
      {{"/normalizer", {{"type", "NFC"}}}, "normalizer 'NFC'"},
      {{"/pre_tokenizer", {{"type", "Metaspace"}}}, "pre_tokenizer 'Metaspace'"},
      {{"/pre_tokenizer", nullptr}, "pre_tokenizer is absent or has no type"},
      {{"/pre_tokenizer/add_prefix_space", true}, "pre_tokenizer.add_prefix_space must be false"},
      {{"/pre_tokenizer/use_regex", false}, "pre_tokenizer.use_regex must be true"},
      {{"/decoder", {{"type", "Metaspace"}}}, "decoder 'Metaspace'"},
      {{"/model/type", "Unigram"}, "model 'Unigram'"},
      {{"/model/dropout", 0.1}, "model.dropout is not supported"},
      {{"/model/ignore_merges", true}, "model.ignore_merges is not supported"},
      {{"/model/byte_fallback", true}, "model.byte_fallback is not supported"},
      {{"/model/end_of_word_suffix", "</w>"}, "model.end_of_word_suffix is not supported"},
      {{"/model/continuing_subword_prefix", "##"}, "model.continuing_subword_prefix is not supported"},
      {{"/model/of_tomorrow", 3}, "model.of_tomorrow is not supported"},
      {{"/added_tokens/1/lstrip", true}, "added token '<|pad|>': lstrip is not supported"},
      {{"/added_tokens/1/rstrip", true}, "added token '<|pad|>': rstrip is not supported"},
      {{"/added_tokens/1/single_word", true}, "added token '<|pad|>': single_word is not supported"},
  };
  for (const auto& [change, message] : cases)
    EXPECT_THAT(refusal_of(change.first, change.second),
                HasSubstr(std::string("tokenizer.json: ") + message));
}

TEST(ByteLevelFiles, RefusesVocabulariesThatDoNotHoldTogether) {
  EXPECT_THAT(refusal_of("/model/vocab/the", 5000), HasSubstr("must be 0 to 600, without gaps"));
  EXPECT_THAT(refusal_of("/model/vocab/!", 3), HasSubstr("id 3 belongs to two tokens"));
  EXPECT_THAT(refusal_of("/model/vocab/!", -1), HasSubstr("without gaps"));
  EXPECT_THAT(refusal_of("/model/vocab/!", "0"),
              HasSubstr("model.vocab: the id of token '!' is not a whole number"));
  EXPECT_THAT(refusal_of("/model/vocab/\u65e5 ", 600), HasSubstr("not written in the byte-level alphabet"));
  EXPECT_THAT(refusal_of("/model/vocab/", 600), HasSubstr("not written in the byte-level alphabet"));
  EXPECT_THAT(refusal_of("/model/merges/7", {"x", "qqq"}), HasSubstr("merge 7: merges to or from 'qqq'"));
  EXPECT_THAT(refusal_of("/model/merges/7", {"x", "y"}), HasSubstr("merge 7: merges to or from 'xy'"));
  for (const json& wrong : {json("x"), json("x y z"), json(3), json({"x"}), json({"x", 1})})
    EXPECT_THAT(refusal_of("/model/merges/7", wrong), HasSubstr("merge 7: a merge must be written as"));
  EXPECT_THAT(refusal_of("/added_tokens/0/id", 7), HasSubstr("has id 7, but 0 in the vocabulary"));
  EXPECT_THAT(refusal_of("/added_tokens/0/content", ""), HasSubstr("an added token is empty"));
  EXPECT_THAT(refusal_of("/added_tokens/0/id", 1LL << 40), HasSubstr("out of range"));
  EXPECT_THAT(refusal_of("/added_tokens/0", "x"), HasSubstr("must have an \"id\" and a \"content\""));
  EXPECT_THAT(refusal_of("/added_tokens/0/special", 1), HasSubstr("must be true or false"));
  EXPECT_THAT(refusal_of("/model/vocab", json::array()), HasSubstr("must be an object"));
  EXPECT_THAT(refusal_of("/model/merges", nullptr), HasSubstr("model.merges must be a list"));
}

TEST(ByteLevelFiles, RefusesAVocabularyThatLacksAByte) {
  json tokenizer = tokenizer_fixture();
  tokenizer["model"]["vocab"].erase("\u0120");
  tokenizer["model"]["vocab"]["x!"] = 222;
  EXPECT_THAT(refusal(tokenizer), HasSubstr("lacks byte 32, in the byte-level alphabet '\u0120'"));
}

TEST(ByteLevelFiles, RefusesSpecialTokensThatTextCanYield) {
  json tokenizer = tokenizer_fixture();
  json added{{"id", tokenizer["model"]["vocab"]["en"]}, {"content", "en"}, {"special", true}};
  EXPECT_THAT(refusal_of("/added_tokens/2", added),
              HasSubstr("special token 'en' is also a byte or made by a merge"));
  added["special"] = false;
  tokenizer["added_tokens"].push_back(added);
  EXPECT_EQ(ByteLevelBpe::parse(tokenizer.dump()).size(), 600);
  const json other{
      {"id", tokenizer["model"]["vocab"]["\u0120the"]}, {"content", "\u0120the"}, {"special", false}};
  EXPECT_THAT(refusal_of("/added_tokens/2", other), HasSubstr("stands for other bytes as a token"));
}

TEST(ByteLevelFiles, RefusesWhatIsNoVocabularyAtAll) {
  const testing::Files files;
  const auto wrong = [&](std::string_view content) {
    files.write("tokenizer.json", content);
    return error_of(ErrorKind::kData, [&] { ByteLevelBpe::load(files.path() / "tokenizer.json"); });
  };
  EXPECT_THAT(wrong("{\"model\": 1"), HasSubstr("tokenizer.json, byte 12: is not JSON"));
  EXPECT_THAT(wrong("[1]"), HasSubstr("it has no \"model\""));
  EXPECT_THAT(wrong("{}"), HasSubstr("it has no \"model\""));
  EXPECT_THAT(wrong("{\"model\": \"\\ud800\"}"), HasSubstr("is not JSON"));
  EXPECT_THAT(wrong("\xFF"), HasSubstr("is not JSON"));
  EXPECT_THAT(wrong(std::string(100000, '[')), HasSubstr("nests too deeply"));
  EXPECT_THAT(wrong("{\"model\": 1e999}"), HasSubstr("cannot be read"));
  const testing::Files empty;
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { ByteLevelBpe::load(empty.path()); }),
              HasSubstr("has neither a tokenizer.json nor a vocab.json with a merges.txt"));
  error_of(ErrorKind::kData, [&] { ByteLevelBpe::load(empty.path() / "absent"); });
}

TEST(ByteLevelFiles, RefusesMergesThatAreNoPairsWithTheLine) {
  const VocabularyFolder folder;
  for (const char* wrong : {"one", "a b c", " ", ""}) {
    folder.write("merges.txt", "#version: 0.2\nt h\n" + std::string(wrong) + "\ni n\n");
    EXPECT_THAT(folder.refusal(), HasSubstr("merges.txt, line 3: ")) << wrong;
  }
  folder.write("merges.txt", "t h\nt \n");
  EXPECT_THAT(folder.refusal(), HasSubstr("merges.txt, line 2: merges to or from ''"));
}

}  // namespace
}  // namespace heed::text
