// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/language_corpus.h"

#include "tests/core/kept_log.h"
#include "tests/data/text/text_files.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/error.h"

namespace heed::text {
namespace {
using ::testing::Contains;
using testing::Files;
using testing::gzip;
using ::testing::HasSubstr;

std::string text_of(const LanguageCorpus& corpus, const std::string& split) {
  const TokenStream& stream = corpus.split(split).tokens;
  Tokens tokens(static_cast<size_t>(stream.size()));
  stream.copy(0, tokens);
  std::string text;
  for (const int32_t token : tokens)
    text += token == corpus.vocabulary->end_of_text() ? "|" : corpus.vocabulary->token_bytes(token);
  return text;
}

LanguageCorpus read(const std::vector<std::filesystem::path>& data, const LanguageCorpusOptions& options = {},
                    const std::string& kind = "characters") {
  TextVocabularyOptions vocabulary;
  vocabulary.kind = kind;
  return read_language_corpus(data, options, vocabulary);
}

std::string json_lines(int count) {
  std::string lines;
  for (int i = 0; i < count; ++i)
    lines += R"({"id": )" + std::to_string(i) + R"(, "text": "document )" + std::to_string(i) + "\\nend\"}\n";
  return lines;
}

TEST(LanguageCorpus, ValidatesOnTheEndOfOneText) {
  const Files files;
  std::string text;
  for (int i = 0; i < 100; ++i) text += "line number " + std::to_string(1000 + i) + "\n";
  const auto corpus = read({files.write("input.txt", text)});
  const std::string train = text_of(corpus, "train"), valid = text_of(corpus, "valid");
  EXPECT_EQ(train.substr(1, train.size() - 2) + valid.substr(1, valid.size() - 2), text);
  EXPECT_TRUE(valid.starts_with("|line number 1090\n"));
  EXPECT_EQ(corpus.split("valid").counts.characters, 170);
}

TEST(LanguageCorpus, MarksTheBordersOfDocuments) {
  const Files files;
  const auto corpus =
      read({files.write("train.jsonl", json_lines(2)), files.write("valid.txt", "to end, all")});
  EXPECT_EQ(text_of(corpus, "train"), "|document 0\nend|document 1\nend|");
  EXPECT_EQ(text_of(corpus, "valid"), "|to end\uFFFD \uFFFD\uFFFD\uFFFD|");
  EXPECT_EQ(corpus.split("train").counts.documents, 2);
  EXPECT_EQ(corpus.split("valid").counts.unknown, 4);  // the comma, a and l are not in the training part
}

TEST(LanguageCorpus, SplitsManyDocumentsByTheirHash) {
  const Files files;
  LanguageCorpusOptions options;
  options.valid_share = 0.2;
  const auto one = read({files.write("a.jsonl.gz", gzip(json_lines(200)))}, options);
  EXPECT_NEAR(static_cast<double>(one.split("valid").counts.documents), 40, 15);
  // A document stays in its part when others come.
  const auto more = read({files.write("b.jsonl", json_lines(400))}, options);
  EXPECT_THAT(text_of(more, "valid"), ::testing::StartsWith(text_of(one, "valid")));
}

TEST(LanguageCorpus, ReadsParagraphsAndLinesAsDocuments) {
  const Files files;
  const auto file = files.write("train.txt", "one\ntwo\n\n\nthree\n");
  const auto valid = files.write("valid.txt", "one\n");
  LanguageCorpusOptions options;
  options.documents.documents = "paragraph";
  EXPECT_EQ(text_of(read({file, valid}, options), "train"), "|one\ntwo|three|");
  options.documents.documents = "line";
  EXPECT_EQ(text_of(read({file, valid}, options), "train"), "|one|two|three|");
}

TEST(LanguageCorpus, TakesANamedFileForValidation) {
  const Files files;
  LanguageCorpusOptions options;
  options.valid_file = files.write("book2.txt", "aab");
  EXPECT_EQ(text_of(read({files.write("book1.txt", "abba")}, options), "valid"), "|aab|");
}

TEST(LanguageCorpus, ReadsAFolderOfMixedFiles) {
  const Files files;
  LinesOfLog log;
  files.write("a.txt", "aaaa\n");
  files.write("sub/b.md.gz", gzip("bbbb\n"));
  files.write("sub/c.png", "\x89PNG");
  files.write("broken.txt", "caf\xe9\n");
  files.write(".hidden.txt", "hidden");
  files.write("valid/v.txt", "ab\n");
  EXPECT_EQ(text_of(read({files.path()}), "train"), "|aaaa\n|bbbb\n|");
  EXPECT_THAT(log.notes, Contains(HasSubstr("passed over 1 .png")));
  EXPECT_THAT(log.warnings, Contains(HasSubstr("broken.txt, line 1")));
  LanguageCorpusOptions strict;
  strict.documents.strict = true;
  EXPECT_THROW(read({files.path()}, strict), Error);
}

TEST(LanguageCorpus, SaysWhatIsWrongWithJsonLines) {
  const Files files;
  const auto error_of = [&](const std::string& content) {
    try {
      read({files.write("t.jsonl", content)});
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(error_of("{\"text\": \"a\"}\nnot json\n"), HasSubstr("t.jsonl, line 2: is not a JSON object"));
  EXPECT_THAT(error_of("{\"body\": \"a\", \"n\": 1}\n"), HasSubstr("set data.field to one of body"));
  EXPECT_THAT(error_of("{\"text\": \" \"}\n"), HasSubstr("contains no text"));
}

TEST(LanguageCorpus, IsTheSameWhenPrepared) {
  const Files files;
  const auto data = files.write("d.jsonl", json_lines(100));
  const auto raw = read({data});
  TextVocabularyOptions vocabulary;
  vocabulary.kind = "characters";
  prepare_language_corpus({data}, {}, vocabulary, files.path() / "prepared");
  const auto prepared = read({files.path() / "prepared"});
  for (const char* split : {"train", "valid"}) {
    EXPECT_EQ(text_of(prepared, split), text_of(raw, split));
    EXPECT_EQ(prepared.split(split).counts.crc32c, raw.split(split).counts.crc32c);
    EXPECT_EQ(prepared.split(split).counts.characters, raw.split(split).counts.characters);
  }
  files.write("other/file", "x");
  EXPECT_THROW(prepare_language_corpus({data}, {}, vocabulary, files.path() / "other"), Error);
}

TEST(LanguageCorpus, ChoosesAVocabularyAndSaysWhy) {
  const Files files;
  LinesOfLog log;
  const auto marked = files.write("w.txt", "the <unk> cat <unk>\nthe end\nof it\n");
  EXPECT_EQ(read({marked}, {}, "").vocabulary->kind(), "words");
  EXPECT_THAT(log.notes, Contains(HasSubstr("marks rare words with <unk>")));
  EXPECT_EQ(read({files.write("c.txt", "plain text\nof two lines\n")}, {}, "").vocabulary->kind(),
            "characters");
  EXPECT_THAT(log.notes, Contains(HasSubstr("validation: the last 10 % of the text")));
}

TEST(TokenStream, CopiesAcrossShards) {
  TokenStream stream;
  stream.add(Tokens{1, 2, 3}, 70000);
  stream.add(Tokens{40000, 5}, 70000);
  stream.add(Tokens{6}, 70000);
  Tokens tokens(4);
  stream.copy(1, tokens);
  EXPECT_EQ(tokens, (Tokens{2, 3, 40000, 5}));
  stream.copy(2, tokens);
  EXPECT_EQ(tokens, (Tokens{3, 40000, 5, 6}));
  EXPECT_THROW(stream.copy(3, tokens), std::out_of_range);
}

TEST(TokenStream, RefusesTokensOutsideTheVocabulary) {
  const Files files;
  const auto file = files.path() / "s.safetensors";
  write_token_shard(file, Tokens{1, 2, 299}, 300);
  TokenStream stream;
  stream.add_file(file, 300);
  stream.add_file(file, 301);
  EXPECT_EQ(stream.size(), 6);
  EXPECT_THROW(stream.add_file(file, 299), Error);
  EXPECT_THROW(stream.add_file(file, 70000), Error);  // another type
}

TEST(TokenShards, HaveAFixedSize) {
  std::vector<size_t> sizes;
  TokenShards shards([&](std::span<const int32_t> shard) { sizes.push_back(shard.size()); }, 4);
  for (int i = 0; i < 3; ++i) shards.add(Tokens{1, 2, 3});
  shards.finish();
  EXPECT_EQ(sizes, (std::vector<size_t>{4, 4, 1}));
}

}  // namespace
}  // namespace heed::text
