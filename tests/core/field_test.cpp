// SPDX-License-Identifier: Apache-2.0
#include "heed/core/field.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/error.h"
#include "heed/core/field_json.h"

namespace heed {
namespace {
using testing::ElementsAre;
using Json = nlohmann::ordered_json;

struct Options {
  int64_t count = 1;
  uint64_t seed = 1;
  double share = 0.5;
  bool wav = false;
  std::string split = "valid";
  std::filesystem::path output;
  std::optional<int64_t> bars;
  std::optional<double> seconds;
  std::vector<int64_t> heads{0};
  std::vector<double> temperatures{1};
  std::vector<std::string> classes;
  std::vector<std::filesystem::path> data;
};

Fields fields(Options& o) {
  return Fields{required({"output", &o.output, "folder to write"}),
                {"count", &o.count, "pieces", at_least(1)},
                {"seed", &o.seed, "seed"},
                {"share", &o.share, "share", between(0, 1)},
                {"wav", &o.wav, "sound"},
                {"split", &o.split, "split", one_of({"train", "valid", "test"})}} +
         under("More", {excludes({"bars", &o.bars, "bars", at_least(1)}, {"seconds"}),
                        {"seconds", &o.seconds, "seconds", above(0)},
                        {"heads", &o.heads, "heads", at_least(0)},
                        needs({"temperatures", &o.temperatures, "temperatures", at_least(0)}, {"count"}),
                        {"classes", &o.classes, "classes", one_of({"cat", "dog"})},
                        {"data", &o.data, "data"}});
}

/// The message and the field of the error that `run` throws.
template <class Run>
std::pair<std::string, std::string> error_of(Run run) {
  try {
    run();
  } catch (const Error& error) {
    return {error.field(), error.message()};
  }
  return {"", "no error"};
}

std::pair<std::string, std::string> json_error(const char* text) {
  Options options;
  return error_of([&] { read_json(Json::parse(text), fields(options)); });
}

TEST(FieldJson, ReadsEveryTypeOfField) {
  Options o;
  read_json(
      Json::parse(R"({"output": "a/b", "count": 3, "seed": 18446744073709551615, "share": 1, "wav": true,
                           "split": "test", "bars": 4, "heads": [0, 3], "temperatures": [0.5, 1], "classes": ["dog"],
                           "data": ["x", "y"]})"),
      fields(o));
  EXPECT_EQ(o.output, "a/b");
  EXPECT_EQ(o.count, 3);
  EXPECT_EQ(o.seed, UINT64_MAX);
  EXPECT_EQ(o.share, 1);
  EXPECT_TRUE(o.wav);
  EXPECT_EQ(o.split, "test");
  EXPECT_EQ(o.bars, 4);
  EXPECT_FALSE(o.seconds);
  EXPECT_THAT(o.heads, ElementsAre(0, 3));
  EXPECT_THAT(o.temperatures, ElementsAre(0.5, 1));
  EXPECT_THAT(o.classes, ElementsAre("dog"));
  EXPECT_THAT(o.data, ElementsAre("x", "y"));
}

TEST(FieldJson, NamesTheFieldThatIsWrong) {
  EXPECT_EQ(json_error(R"({"output": "a", "cuont": 3})"),
            std::pair(std::string("cuont"), std::string("unknown field 'cuont'; did you mean 'count'?")));
  EXPECT_EQ(json_error(R"({"output": "a", "count": 1.5})"),
            std::pair(std::string("count"), std::string("must be a whole number")));
  EXPECT_EQ(json_error(R"({"output": "a", "seed": -1})").second, "must be a whole number, 0 or above");
  EXPECT_EQ(json_error(R"({"output": "a", "heads": [0, "x"]})").second,
            "must be a list, each element a whole number");
  EXPECT_EQ(json_error(R"({"output": "a", "heads": 0})").second, "must be a list");
  EXPECT_EQ(json_error("[]").second, "a request must be a JSON object");
}

TEST(FieldJson, ChecksHoldForEveryElement) {
  EXPECT_EQ(json_error(R"({"output": "a", "heads": [0, -2]})"),
            std::pair(std::string("heads"), std::string("must be at least 0, got -2")));
  EXPECT_EQ(json_error(R"({"output": "a", "seconds": 0})").second, "must be above 0, got 0");
  EXPECT_EQ(json_error(R"({"output": "a", "share": 1.5})").second, "must be between 0 and 1, got 1.5");
  EXPECT_EQ(json_error(R"({"output": "a", "classes": ["cat", "dgo"]})").second,
            "must be one of cat, dog; did you mean 'dog'?");
}

TEST(FieldJson, ARangeWithoutAnUpperEndEndsAtABillion) {
  EXPECT_EQ(json_error(R"({"output": "a", "count": 1000000000})").second, "no error");
  EXPECT_EQ(json_error(R"({"output": "a", "count": 99999999999})").second,
            "must be at most 1000000000, got 99999999999");
  EXPECT_EQ(json_error(R"({"output": "a", "seconds": 1e300})").second,
            "must be at most 1000000000, got 1e+300");
}

TEST(FieldText, SaysWhatIsWrongWithAWord) {
  Options o;
  const auto problem = [&](const char* name, std::string word) {
    Fields all = fields(o);
    return set_text(field_named(all, name), std::span(&word, 1));
  };
  EXPECT_EQ(problem("share", "0,9"), "must be a number, got '0,9': write 0.9");
  EXPECT_EQ(problem("count", "99999999999999999999"),
            "must be at most 9223372036854775807, got 99999999999999999999");
  EXPECT_EQ(problem("seed", "1e23"), "must be a whole number, 0 or above, got '1e23'");
  EXPECT_EQ(problem("output", ""), "must not be empty");
  EXPECT_EQ(problem("data", ""), "must not be empty");
  EXPECT_EQ(problem("heads", "0,3"), "") << "a list";
}

TEST(FieldJson, RelationsBetweenFieldsHold) {
  EXPECT_EQ(json_error("{}"), std::pair(std::string("output"), std::string("is required")));
  EXPECT_EQ(json_error(R"({"output": "a", "bars": 2, "seconds": 1})"),
            std::pair(std::string("bars"), std::string("cannot be used with 'seconds'")));
  EXPECT_EQ(json_error(R"({"output": "a", "temperatures": [1]})"),
            std::pair(std::string("temperatures"), std::string("needs 'count'")));
}

TEST(FieldJson, DescribesTypesDefaultsAndHelp) {
  Options o;
  const Json table = describe_json(fields(o));
  EXPECT_EQ(table["output"],
            Json::parse(R"({"type": "path", "help": "folder to write", "default": "", "required": true})"));
  EXPECT_EQ(table["bars"], Json::parse(R"({"type": "integer", "help": "bars"})"));
  EXPECT_EQ(table["heads"]["type"], "list of integer");
  EXPECT_EQ(table["heads"]["default"], Json::parse("[0]"));
}

TEST(Fields, AGroupIsTheHeadingOfTheFieldsUnderIt) {
  Options o;
  std::vector<std::string> grouped;
  for (const auto& field : fields(o)) {
    if (field.group == "More") grouped.push_back(field.name);
  }
  EXPECT_THAT(grouped, ElementsAre("bars", "seconds", "heads", "temperatures", "classes", "data"));
}

}  // namespace
}  // namespace heed
