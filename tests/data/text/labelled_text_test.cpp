// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/labelled_text.h"

#include "tests/data/text/text_files.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/error.h"

namespace heed::text {
namespace {
using ::testing::ElementsAre;
using testing::Files;
using ::testing::HasSubstr;

std::string shown(const std::vector<LabelledText>& texts) {
  std::string text;
  for (const auto& t : texts) text += t.label + ":" + t.text + (t.pair.empty() ? "" : "|" + t.pair) + ";";
  return text;
}

TEST(LabelledText, TablesHaveTextsPairsAndLabels) {
  const Files files;
  const auto train = files.write("train.jsonl", R"({"a": "one", "b": "two", "c": "x"})"
                                                "\n");
  files.write("valid.tsv", "a\tb\tc\nthree\tfour\ty\n");
  LabelledTextOptions options;
  options.text_fields = "b, a";
  options.label_field = "c";
  auto corpus = read_labelled_texts({files.path()}, options);
  EXPECT_EQ(shown(corpus.splits["train"]), "x:two\none;");
  EXPECT_EQ(shown(corpus.splits["valid"]), "y:four\nthree;");
  options.text_fields = "a";
  options.pair_fields = "b";
  corpus = read_labelled_texts({files.path()}, options);
  EXPECT_EQ(shown(corpus.splits["train"]), "x:one|two;");
}

TEST(LabelledText, FoldersAreClassesAndSplits) {
  const Files files;
  files.write("train/spam/1.txt", "buy");
  files.write("train/ham/1.txt", "hello");
  files.write("valid/spam/2.txt", "buy now");
  auto corpus = read_labelled_texts({files.path()}, {});
  EXPECT_EQ(shown(corpus.splits["train"]), "ham:hello;spam:buy;");
  EXPECT_EQ(shown(corpus.splits["valid"]), "spam:buy now;");
}

TEST(LabelledText, ValidationByHashIsAShareAndTheSameEachTime) {
  const Files files;
  std::string lines = "label\ttext\n";
  for (int i = 0; i < 1000; ++i) lines += "x\ttext number " + std::to_string(i) + "\n";
  const auto file = files.write("all.tsv", lines);
  auto corpus = read_labelled_texts({file}, {});
  EXPECT_EQ(corpus.splits["train"].size() + corpus.splits["valid"].size(), 1000U);
  EXPECT_NEAR(static_cast<double>(corpus.splits["valid"].size()), 100, 35);
  EXPECT_EQ(shown(corpus.splits["valid"]), shown(read_labelled_texts({file}, {}).splits["valid"]));
}

TEST(LabelledText, RowsWithoutLabelOrTextAreCounted) {
  const Files files;
  files.write("train.tsv", "label\ttext\n\tno label\nx\t  \ny\tfine\n");
  files.write("valid.tsv", "label\ttext\ny\tfine too\n");
  const auto corpus = read_labelled_texts({files.path()}, {});
  EXPECT_EQ(corpus.without_label, 1);
  EXPECT_EQ(corpus.without_text, 1);
  EXPECT_EQ(shown(corpus.splits.at("train")), "y:fine;");
}

TEST(LabelledText, PlainTextHasNoLabels) {
  const Files files;
  const auto file = files.write("notes.txt", "text");
  try {
    read_labelled_texts({file}, {});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("has no labels: give JSON lines, .tsv or .csv"));
  }
}

TEST(LabelledText, FrequentLabelsAreSortedByName) {
  const std::vector<LabelledText> texts{
      {"", "", "b"}, {"", "", "c"}, {"", "", "c"}, {"", "", "a"}, {"", "", "b"}};
  EXPECT_THAT(frequent_labels(texts, 0), ElementsAre("a", "b", "c"));
  EXPECT_THAT(frequent_labels(texts, 2), ElementsAre("b", "c"));
}

TEST(LabelledText, LinesToLabelHaveATabBetweenPairs) {
  const Files files;
  LabelledTextOptions options;
  const auto file = files.write("in.txt", "one\ttwo\nthree\tfour\n");
  EXPECT_EQ(shown(read_unlabelled_texts(file, options)), ":one\ttwo;:three\tfour;");
  options.pair_fields = "other";
  EXPECT_EQ(shown(read_unlabelled_texts(file, options)), ":one|two;:three|four;");
  EXPECT_THROW(unlabelled_line("one", true, "stdin, line 1"), Error);
}

}  // namespace
}  // namespace heed::text
