// SPDX-License-Identifier: Apache-2.0
#include "heed/core/config.h"

#include "expect_error.h"
#include "temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/files.h"
#include "heed/core/names.h"

namespace heed {
namespace {
using testing::HasSubstr;
using testing::Not;

struct ToyOptions {
  int64_t d_model = 256;
  double dropout = 0.1;
  bool tied = false;
  std::string activation = "relu";
};

std::vector<Field> fields(ToyOptions& options) {
  return {{"d_model", &options.d_model, "width", at_least(1)},
          {"dropout", &options.dropout, "probability", between(0, 1)},
          {"tied", &options.tied, "share the embedding"},
          {"activation", &options.activation, "nonlinearity", one_of({"relu", "gelu"})}};
}

ToyOptions read(std::string_view text) {
  ToyOptions options;
  read_fields(parse_toml(text, "toy.toml"), "toy.toml [model]", fields(options));
  return options;
}

std::string refusal(std::string_view text) {
  return error_of(ErrorKind::kConfig, [&] { read(text); });
}

toml::table after_set(const std::string& assignment, std::string_view base = "") {
  toml::table table = parse_toml(base, "base");
  set_toml(table, assignment);
  return table;
}

TEST(Config, AbsentKeysKeepTheDefaults) {
  const ToyOptions options = read("dropout = 0.5");
  EXPECT_EQ(options.d_model, 256);
  EXPECT_EQ(options.dropout, 0.5);
  EXPECT_EQ(options.activation, "relu");
}

TEST(Config, FileLiesOverPresetAndSetOverFile) {
  toml::table config = parse_toml("[model]\nd_model = 32\ndropout = 0.2\ntied = true", "preset");
  merge_toml(config, parse_toml("[model]\nd_model = 64\ndropout = 0.3", "file"));
  set_toml(config, "model.d_model=128");
  ToyOptions options;
  read_fields(*config["model"].as_table(), "model", fields(options));
  EXPECT_EQ(options.d_model, 128);
  EXPECT_EQ(options.dropout, 0.3);
  EXPECT_TRUE(options.tied);
  EXPECT_EQ(options.activation, "relu");
}

TEST(Config, AnUnknownKeyNamesTheNearestAndThePlace) {
  const std::string message = refusal("d_modle = 8");
  EXPECT_THAT(message, HasSubstr("toy.toml [model]"));
  EXPECT_THAT(message, HasSubstr("unknown key 'd_modle'; did you mean 'd_model'?"));
}

TEST(Config, AKeyNearNothingListsWhatIsKnown) {
  EXPECT_THAT(refusal("zzzzzzzzzz = 1"), HasSubstr("d_model, dropout, tied, activation"));
}

TEST(Config, AWrongTypeSaysWhatIsNeeded) {
  EXPECT_THAT(refusal("d_model = 1.5"), HasSubstr("'d_model' must be a whole number"));
  EXPECT_THAT(refusal("d_model = '8'"), HasSubstr("'d_model' must be a whole number"));
  EXPECT_THAT(refusal("dropout = true"), HasSubstr("'dropout' must be a number"));
  EXPECT_THAT(refusal("tied = 1"), HasSubstr("'tied' must be true or false"));
  EXPECT_THAT(refusal("activation = 3"), HasSubstr("'activation' must be a string"));
  EXPECT_THAT(refusal("d_model = [1]"), HasSubstr("'d_model' must be a whole number"));
}

TEST(Config, AWholeNumberServesWhereANumberIsNeeded) {
  EXPECT_EQ(read("dropout = 1").dropout, 1.0);
}

TEST(Config, ChecksNameTheKeyAndTheBound) {
  EXPECT_THAT(refusal("d_model = 0"), HasSubstr("'d_model' must be at least 1"));
  EXPECT_THAT(refusal("dropout = 1.5"), HasSubstr("'dropout' must be between 0 and 1"));
  EXPECT_THAT(refusal("dropout = nan"), HasSubstr("'dropout' must be between 0 and 1"));
  EXPECT_THAT(refusal("activation = 'gelo'"), HasSubstr("relu, gelu; did you mean 'gelu'?"));
}

TEST(Config, WrittenFieldsReadBackEqual) {
  ToyOptions options{
      .d_model = -3'000'000'000, .dropout = 0.1 + 0.2, .tied = true, .activation = "a \"b\"\n\\c"};
  const std::string text = format_toml(write_fields(fields(options)));
  ToyOptions again;
  auto table = fields(again);
  for (auto& field : table) field.check = nullptr;
  read_fields(parse_toml(text, "again"), "again", table);
  EXPECT_EQ(again.d_model, options.d_model);
  EXPECT_EQ(again.dropout, options.dropout);
  EXPECT_EQ(again.tied, options.tied);
  EXPECT_EQ(again.activation, options.activation);
}

TEST(Config, HelpNamesEveryFieldWithItsDefault) {
  ToyOptions options;
  const std::string help = describe_fields(fields(options));
  EXPECT_THAT(help, HasSubstr("d_model = 256"));
  EXPECT_THAT(help, HasSubstr("nonlinearity"));
  EXPECT_EQ(std::count(help.begin(), help.end(), '\n'), 4);
}

TEST(Config, BrokenTomlNamesFileAndLine) {
  const std::string message =
      error_of(ErrorKind::kConfig, [] { parse_toml("a = 1\nb = = 2\n", "broken.toml"); });
  EXPECT_THAT(message, HasSubstr("broken.toml, line 2"));
}

TEST(Config, ReadsAFileAndRefusesAnAbsentOne) {
  const TemporaryFolder folder;
  write_atomically(folder / "a.toml", std::string_view("[model]\nd_model = 7\n"));
  EXPECT_EQ(read_toml(folder / "a.toml")["model"]["d_model"].value<int64_t>(), 7);
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { read_toml(folder / "b.toml"); }), HasSubstr("b.toml"));
}

TEST(SetToml, TakesTomlValuesByTheirType) {
  EXPECT_EQ(after_set("a.b=3")["a"]["b"].value_exact<int64_t>(), 3);
  EXPECT_EQ(after_set("a.b=-2.5e-3")["a"]["b"].value_exact<double>(), -2.5e-3);
  EXPECT_EQ(after_set("a.b=true")["a"]["b"].value_exact<bool>(), true);
  EXPECT_EQ(after_set("a.b='3'")["a"]["b"].value_exact<std::string>(), "3");
  EXPECT_EQ(after_set("top=1")["top"].value_exact<int64_t>(), 1);
}

TEST(SetToml, TakesAnythingElseAsAString) {
  EXPECT_EQ(after_set("a.b=relative")["a"]["b"].value_exact<std::string>(), "relative");
  EXPECT_EQ(after_set("a.b=/data/with spaces/x=y")["a"]["b"].value_exact<std::string>(),
            "/data/with spaces/x=y");
  EXPECT_EQ(after_set("a.b=")["a"]["b"].value_exact<std::string>(), "");
  EXPECT_EQ(after_set("a.b=1x")["a"]["b"].value_exact<std::string>(), "1x");
}

TEST(SetToml, AValueCannotSmuggleInAnotherKey) {
  for (const char* wrong : {"a.b=1\nc = 2", "a.b=1\n[c]", "[c]\na=1"}) {
    EXPECT_THAT(error_of(ErrorKind::kConfig, [&] { after_set(wrong); }), testing::StartsWith("set: "))
        << wrong;
  }
  EXPECT_EQ(after_set("a.b=two\nlines")["a"]["b"].value_exact<std::string>(), "two\nlines");
}

TEST(SetToml, KeepsTheNeighbours) {
  const toml::table table =
      after_set("model.d_model=3", "[model]\nd_model = 1\ntied = true\n[data]\ncrop = 5");
  EXPECT_EQ(table["model"]["d_model"].value<int64_t>(), 3);
  EXPECT_EQ(table["model"]["tied"].value<bool>(), true);
  EXPECT_EQ(table["data"]["crop"].value<int64_t>(), 5);
}

TEST(SetToml, RefusesWhatIsNoAssignment) {
  for (const char* wrong : {"model.d_model", "=3", "a..b=3", ".a=3", "a b=3", "a.=3", "[a]=3"}) {
    EXPECT_THAT(error_of(ErrorKind::kConfig, [&] { after_set(wrong); }), testing::StartsWith("set: "))
        << wrong;
  }
}

TEST(NearestName, FindsATypoAndIsSilentWhenNothingIsNear) {
  const std::vector<std::string> names{"learning_rate", "warmup_steps", "d_model"};
  EXPECT_EQ(nearest_name("learning_rat", names), "learning_rate");
  EXPECT_EQ(nearest_name("warmupsteps", names), "warmup_steps");
  EXPECT_EQ(nearest_name("dmodel", names), "d_model");
  EXPECT_EQ(nearest_name("qqqqqqqq", names), "");
  EXPECT_EQ(nearest_name("--beam", {"--seed", "--beam-size"}), "--beam-size") << "what was begun";
  EXPECT_EQ(nearest_name("", {}), "");
}

}  // namespace
}  // namespace heed
