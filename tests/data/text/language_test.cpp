// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/language.h"

#include <gtest/gtest.h>

namespace heed::text {
namespace {

TEST(Language, AllCodesOfALanguageAreOne) {
  for (const char* german : {"de", "deu", "ger", "DE", "de_DE", "de-AT", "de_DE.UTF-8"}) {
    EXPECT_TRUE(same_language("de", german)) << german;
    EXPECT_FALSE(same_language("en", german)) << german;
  }
  EXPECT_TRUE(same_language("zh", "cmn"));
  EXPECT_TRUE(same_language("zu", "zul"));
  EXPECT_TRUE(same_language("aa", "aar"));
  EXPECT_TRUE(same_language("kab", "kab")) << "codes that ISO 639-1 does not have";
  EXPECT_FALSE(same_language("", ""));
}

TEST(Language, RegionsSetApartWhereBothHaveOne) {
  EXPECT_TRUE(same_language("pt", "pt_BR"));
  EXPECT_TRUE(same_language("pt-br", "pt_BR"));
  EXPECT_FALSE(same_language("zh_CN", "zh_TW"));
  EXPECT_FALSE(same_language("sr", "hr"));
  EXPECT_FALSE(same_language("sr@latin", "sr_RS"));
}

TEST(Language, KnowsTagsFromWords) {
  for (const char* tag :
       {"de", "deu", "pt_BR", "pt-BR", "zh_Hans", "zh-Hant-TW", "es_419", "sr@latin", "ca@valencia"})
    EXPECT_TRUE(is_language_tag(tag)) << tag;
  for (const char* word :
       {"", "DE", "app", "locale", "de_", "de_online", "to_do", "LC_MESSAGES", "en-us-x", "@de"})
    EXPECT_FALSE(is_language_tag(word)) << word;
}

}  // namespace
}  // namespace heed::text
