// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace heed::evaluation {

/// Returns the stem of an English word: "relat" of "relational". Porter 1980, An algorithm for suffix
/// stripping, with the changes that NLTK's PorterStemmer makes by default (its mode NLTK_EXTENSIONS).
///
/// `word` is lower-case ASCII letters and digits; a digit counts as a consonant. Words of one or two characters
/// are their own stems. Time O(length).
std::string porter_stem(std::string word);

}  // namespace heed::evaluation
