// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/plural_forms.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace heed::text {
namespace {

std::vector<int> forms(std::string_view field, unsigned long last) {
  std::vector<int> all;
  for (unsigned long n = 0; n <= last; ++n) {
    const auto form = plural_form(field, n);
    all.push_back(form ? static_cast<int>(*form) : -1);
  }
  return all;
}

TEST(PluralForms, FollowTheRulesOfLanguages) {
  using Forms = std::vector<int>;
  EXPECT_EQ(forms("nplurals=1; plural=0;", 2), (Forms{0, 0, 0}));
  EXPECT_EQ(forms("nplurals=2; plural=(n != 1);", 2), (Forms{1, 0, 1}));
  EXPECT_EQ(forms("nplurals=2; plural=n>1", 2), (Forms{0, 0, 1}));
  const char* russian =
      "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : "
      "2);";
  EXPECT_EQ(forms(russian, 12), (Forms{2, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2}));
  EXPECT_EQ(plural_form(russian, 21), 0U);
  const char* slovenian = "nplurals=4; plural=(n%100==1 ? 1 : n%100==2 ? 2 : n%100==3 || n%100==4 ? 3 : 0);";
  EXPECT_EQ(forms(slovenian, 5), (Forms{0, 1, 2, 3, 3, 0}));
  const char* arabic =
      "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5;";
  EXPECT_EQ(forms(arabic, 3), (Forms{0, 1, 2, 3}));
}

TEST(PluralForms, BindAsInC) {
  const auto value = [](const std::string& expression) {
    return plural_form("nplurals=1000; plural=" + expression + ";", 7);
  };
  EXPECT_EQ(value("1+2*3"), 7U);
  EXPECT_EQ(value("(1 + 2) * 3"), 9U);
  EXPECT_EQ(value("10-3-2"), 5U);
  EXPECT_EQ(value("100/10/5"), 2U);
  EXPECT_EQ(value("1 || 0 && 0"), 1U);
  EXPECT_EQ(value("1 < 2 == 1"), 1U);
  EXPECT_EQ(value("!n"), 0U);
  EXPECT_EQ(value("!!n"), 1U);
  EXPECT_EQ(value("! 0 + 1"), 2U);
  EXPECT_EQ(value("0 ? 1 : 0 ? 2 : 3"), 3U);
  EXPECT_EQ(value("1 ? 0 ? 4 : 5 : 6"), 5U);
  EXPECT_EQ(value("n!=7"), 0U);
}

TEST(PluralForms, WhatIsWrongSaysNothing) {
  for (const char* field :
       {"", "nplurals=2;", "plural=0;", "nplurals=2; plural=;", "nplurals=2; plural=(n",
        "nplurals=2; plural=n/0", "nplurals=2; plural=n%0;", "nplurals=2; plural=2;",
        "nplurals=2; plural=n x;", "nplurals=INTEGER; plural=EXPRESSION;", "nplurals=2; plural=1 ? 0;",
        "nplurals=99999999999999999999999; plural=-1;", "nplurals=0; plural=0;"})
    EXPECT_EQ(plural_form(field, 1), std::nullopt) << field;
  const std::string deep = "nplurals=2; plural=" + std::string(100000, '(');
  EXPECT_EQ(plural_form(deep, 1), std::nullopt);
  std::string chain = "nplurals=2; plural=";
  for (int i = 0; i < 100000; ++i) chain += "n?0:";
  EXPECT_EQ(plural_form(chain + "0", 1), std::nullopt);
  EXPECT_EQ(plural_form("nplurals=2; plural=" + std::string(100000, '!') + "n", 1), 1U);
}

}  // namespace
}  // namespace heed::text
