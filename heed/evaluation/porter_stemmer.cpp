// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/porter_stemmer.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <vector>

namespace heed::evaluation {
namespace {

bool is_vowel_letter(char c) {
  return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u';
}

// Whether each letter is a consonant: not a, e, i, o or u, and not a y behind a consonant.
std::vector<bool> consonants(std::string_view word) {
  std::vector<bool> is_consonant;
  is_consonant.reserve(word.size());
  for (const char c : word) {
    const bool behind_consonant = !is_consonant.empty() && is_consonant.back();
    is_consonant.push_back(c == 'y' ? !behind_consonant : !is_vowel_letter(c));
  }
  return is_consonant;
}

// Porter's m: how often consonants follow vowels.
int measure(std::string_view stem) {
  const std::vector<bool> consonant = consonants(stem);
  int count = 0;
  for (size_t i = 1; i < consonant.size(); ++i) count += !consonant[i - 1] && consonant[i];
  return count;
}

bool has_vowel(std::string_view stem) {
  const std::vector<bool> consonant = consonants(stem);
  return std::find(consonant.begin(), consonant.end(), false) != consonant.end();
}

bool ends_in_consonant(std::string_view stem) {
  return !stem.empty() && consonants(stem).back();
}

bool ends_in_double_consonant(std::string_view stem) {
  return stem.size() >= 2 && stem.back() == stem[stem.size() - 2] && ends_in_consonant(stem);
}

// Porter's *o: consonant, vowel, consonant other than w, x and y. NLTK adds words of a vowel and a consonant.
bool ends_in_short_syllable(std::string_view stem) {
  const std::vector<bool> consonant = consonants(stem);
  const size_t n = stem.size();
  if (n == 2) return !consonant[0] && consonant[1];
  const char last = n > 2 ? stem.back() : 'w';
  return last != 'w' && last != 'x' && last != 'y' && consonant[n - 3] && !consonant[n - 2] &&
         consonant[n - 1];
}

std::string_view without(std::string_view word, size_t letters) {
  return word.substr(0, word.size() - letters);
}

struct Rule {
  std::string_view from, to;
};

// Applies the first rule that the word ends in, unless what stands before has measure 0.
void replace_suffix(std::string& word, std::span<const Rule> rules) {
  for (const Rule& rule : rules) {
    if (!word.ends_with(rule.from)) continue;
    const std::string_view stem = without(word, rule.from.size());
    if (measure(stem) > 0) word.replace(stem.size(), std::string::npos, rule.to);
    return;
  }
}

// Plurals. NLTK: "dies" becomes "die", although "flies" becomes "fli".
void step_1a(std::string& word) {
  if (word.ends_with("ies")) {
    word.resize(word.size() - (word.size() == 4 ? 1 : 2));
  } else if (word.ends_with("sses")) {
    word.resize(word.size() - 2);
  } else if (word.ends_with('s') && !word.ends_with("ss")) {
    word.pop_back();
  }
}

// Mends what is left of a word in -ed or -ing: "hopp" becomes "hop", "fil" becomes "file".
void mend_stem(std::string& word) {
  if (word.ends_with("at") || word.ends_with("bl") || word.ends_with("iz")) {
    word += 'e';
  } else if (ends_in_double_consonant(word)) {
    const char last = word.back();
    if (last != 'l' && last != 's' && last != 'z') word.pop_back();
  } else if (measure(word) == 1 && ends_in_short_syllable(word)) {
    word += 'e';
  }
}

// Past forms. NLTK: "died" becomes "die", and "spied" becomes "spi".
void step_1b(std::string& word) {
  if (word.ends_with("ied")) {
    word.resize(word.size() - (word.size() == 4 ? 1 : 2));
    return;
  }
  if (word.ends_with("eed")) {
    if (measure(without(word, 3)) > 0) word.pop_back();
    return;
  }
  const size_t letters = word.ends_with("ed") ? 2 : word.ends_with("ing") ? 3 : 0;
  if (letters == 0 || !has_vowel(without(word, letters))) return;
  word.resize(word.size() - letters);
  mend_stem(word);
}

// NLTK: y becomes i behind a consonant, except the first letter; Porter: where a vowel stands before ("enjoi").
void step_1c(std::string& word) {
  if (word.ends_with('y') && word.size() > 2 && ends_in_consonant(without(word, 1))) word.back() = 'i';
}

constexpr std::array<Rule, 21> kStep2{{
    {"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"}, {"anci", "ance"}, {"izer", "ize"},
    {"bli", "ble"},     {"alli", "al"},     {"entli", "ent"}, {"eli", "e"},     {"ousli", "ous"},
    {"ization", "ize"}, {"ation", "ate"},   {"ator", "ate"},  {"alism", "al"},  {"iveness", "ive"},
    {"fulness", "ful"}, {"ousness", "ous"}, {"aliti", "al"},  {"iviti", "ive"}, {"biliti", "ble"},
    {"fulli", "ful"},
}};

// NLTK: -alli goes first, and what is left takes the step again; the l of -logi counts to the stem ("geologi").
void step_2(std::string& word) {
  if (word.ends_with("alli") && measure(without(word, 4)) > 0) word.resize(word.size() - 2);
  if (word.ends_with("logi")) {
    if (measure(without(word, 3)) > 0) word.pop_back();
    return;
  }
  replace_suffix(word, kStep2);
}

constexpr std::array<Rule, 7> kStep3{{{"icate", "ic"},
                                      {"ative", ""},
                                      {"alize", "al"},
                                      {"iciti", "ic"},
                                      {"ical", "ic"},
                                      {"ful", ""},
                                      {"ness", ""}}};

constexpr std::array<std::string_view, 18> kStep4{"al",   "ance", "ence",  "er",   "ic",  "able",
                                                  "ible", "ant",  "ement", "ment", "ent", "ou",
                                                  "ism",  "ate",  "iti",   "ous",  "ive", "ize"};

// -ion goes behind s and t only.
void step_4(std::string& word) {
  if (word.ends_with("ion")) {
    const std::string_view stem = without(word, 3);
    if ((stem.ends_with('s') || stem.ends_with('t')) && measure(stem) > 1) word.resize(stem.size());
    return;
  }
  for (const std::string_view suffix : kStep4) {
    if (!word.ends_with(suffix)) continue;
    if (measure(without(word, suffix.size())) > 1) word.resize(word.size() - suffix.size());
    return;
  }
}

// A last e, and a last double l.
void step_5(std::string& word) {
  if (word.ends_with('e')) {
    const std::string_view stem = without(word, 1);
    const int m = measure(stem);
    if (m > 1 || (m == 1 && !ends_in_short_syllable(stem))) word.pop_back();
  }
  if (word.ends_with("ll") && measure(without(word, 1)) > 1) word.pop_back();
}

// Words that NLTK stems by a list.
// clang-format off
constexpr std::array<Rule, 16> kIrregular{{
    {"sky", "sky"}, {"skies", "sky"}, {"dying", "die"}, {"lying", "lie"}, {"tying", "tie"}, {"news", "news"},
    {"inning", "inning"}, {"innings", "inning"}, {"outing", "outing"}, {"outings", "outing"},
    {"canning", "canning"}, {"cannings", "canning"}, {"howe", "howe"},
    {"proceed", "proceed"}, {"exceed", "exceed"}, {"succeed", "succeed"}}};
// clang-format on

}  // namespace

std::string porter_stem(std::string word) {
  if (word.size() <= 2) return word;
  for (const Rule& irregular : kIrregular)
    if (irregular.from == word) return std::string(irregular.to);
  step_1a(word);
  step_1b(word);
  step_1c(word);
  step_2(word);
  replace_suffix(word, kStep3);
  step_4(word);
  step_5(word);
  return word;
}

}  // namespace heed::evaluation
