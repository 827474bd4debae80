// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/porter_stemmer.h"

#include <string>

#include <gtest/gtest.h>

namespace heed::evaluation {
namespace {

std::string stems(const std::string& words) {
  std::string result, word;
  for (const char c : words + " ") {
    if (c != ' ') {
      word += c;
      continue;
    }
    result += (result.empty() ? "" : " ") + porter_stem(word);
    word.clear();
  }
  return result;
}

TEST(PorterStem, TakesPluralsAndPastFormsAway) {
  EXPECT_EQ(stems("caresses ponies caress cats"), "caress poni caress cat");
  EXPECT_EQ(stems("feed agreed plastered bled motoring sing"), "feed agre plaster bled motor sing");
  EXPECT_EQ(stems("hopping tanned falling hissing failing filing"), "hop tan fall hiss fail file");
  EXPECT_EQ(stems("conflated troubled sized"), "conflat troubl size");
}

TEST(PorterStem, TakesSuffixesBehindLongEnoughStems) {
  EXPECT_EQ(stems("relational conditional rational digitizer radically"), "relat condit ration digit radic");
  EXPECT_EQ(stems("triplicate formative hopefulness electrical"), "triplic form hope electr");
  EXPECT_EQ(stems("revival adoption replacement agreement cement"), "reviv adopt replac agreement cement");
  EXPECT_EQ(stems("probate rate cease controlling rolling"), "probat rate ceas control roll");
}

TEST(PorterStem, DiffersFromPorterAsNltkDoes) {
  EXPECT_EQ(stems("dies flies died spied"), "die fli die spi");  // Porter: di fli di spi
  EXPECT_EQ(stems("enjoy happy spy"), "enjoy happi spi");        // Porter: enjoi happi spy
  EXPECT_EQ(stems("geology theologically"), "geolog theolog");
  EXPECT_EQ(stems("skies dying news innings succeed"), "sky die news inning succeed");
}

TEST(PorterStem, AYIsAVowelBehindAConsonant) {
  EXPECT_EQ(stems("syzygy syzygying yyyying"), "syzygi syzygi yyyi");
}

TEST(PorterStem, ADigitIsAConsonant) {
  EXPECT_EQ(stems("1990s 3dfx 2nding a55ed"), "1990 3dfx 2nding a5");
}

TEST(PorterStem, ShortWordsStay) {
  EXPECT_EQ(stems("s is as ies"), "s is as i");
  EXPECT_EQ(porter_stem(""), "");
}

}  // namespace
}  // namespace heed::evaluation
