// SPDX-License-Identifier: Apache-2.0
#include "heed/core/path_text.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/core/json_text.h"
#include "heed/core/shown_text.h"

namespace heed {
namespace {
namespace fs = std::filesystem;

const std::vector<std::string> kNames{"plain",      "John's",       "\"both\"'",   "a\nb",           "a\r\nb",
                                      "\ttab ",     "\x1B[31m",     "caf\xE9",     "\xFF\xFE",       "100%",
                                      "%E9",        "\xC3\xBC",     "back\\slash", "\xE9\x9F\xB3\n", "'''",
                                      "\"\"\"\n\"", "\xED\xA0\x80", "\x7F"};

TEST(ConfigText, APathOfAnyBytesIsReadBackFromAConfig) {
  for (const auto& name : kNames) {
    const fs::path path = fs::path("/data") / name / "x";
    const std::string text = config_text(path);
    EXPECT_TRUE(is_utf8(text)) << printable(name);
    EXPECT_EQ(config_path(text), path) << printable(name);
    const auto table = parse_toml(format_toml(toml::table{{"path", text}}), "test");
    EXPECT_EQ(config_path(table["path"].value_or(std::string())), path) << printable(name);
  }
}

TEST(ConfigText, IsThePathItselfOrAFileUri) {
  EXPECT_EQ(config_text("runs/100%"), "runs/100%");
  EXPECT_EQ(config_text("/a b/caf\xE9%"), "file:///a%20b/caf%E9%25");
  EXPECT_EQ(config_path("file:///a%20b/caf%E9%25"), fs::path("/a b/caf\xE9%"));
  EXPECT_EQ(config_path("file:///a%2"), fs::path("/a%2"));
  EXPECT_EQ(config_path("file://host/x"), fs::path("file://host/x")) << "the file of another machine";
}

TEST(FormatToml, RefusesATextThatIsNotUtf8) {
  EXPECT_THROW(format_toml(toml::table{{"name", "caf\xE9"}}), Error);
}

TEST(SetToml, AValueThatIsNoTomlMayHoldAnyBytes) {
  for (const auto& name : kNames) {
    if (name.find('\n') != std::string::npos) continue;  // set_toml reads a value of several lines as TOML
    toml::table config;
    set_toml(config, "a.b=/x/" + name);
    EXPECT_EQ(config["a"]["b"].value_or(std::string()), "/x/" + name) << printable(name);
  }
}

TEST(JsonText, WritesBytesThatAreNotUtf8AsLoneSurrogates) {
  EXPECT_EQ(json_text({{"run", "caf\xE9"}}), R"({"run":"caf\udce9"})");
  EXPECT_EQ(json_text(nlohmann::ordered_json::array({"\xC3\xBC\xFF\xC3"})), "[\"\xC3\xBC\\udcff\\udcc3\"]");
  EXPECT_EQ(json_text({{"caf\xE9", 1}}), R"({"caf\udce9":1})");
}

TEST(JsonText, IsTheUsualJsonOtherwise) {
  const nlohmann::ordered_json value{{"b", 1.5},
                                     {"a", {1, nullptr, true, "x\"\n\\"}},
                                     {"empty", nlohmann::ordered_json::object()},
                                     {"list", nlohmann::ordered_json::array()},
                                     {"text", "\xE9\x9F\xB3\x01"}};
  EXPECT_EQ(json_text(value), value.dump());
  EXPECT_EQ(json_text(nullptr), "null");
}

}  // namespace
}  // namespace heed
