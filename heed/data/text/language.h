// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace heed::text {

/// Codes such as "en" and "de"; both may be empty, which stands for not known.
struct LanguagePair {
  std::string source, target;

  bool known() const { return !source.empty() && !target.empty(); }
};

/// Whether two tags mean one language: "de", "deu", "ger", "de_DE" and "de-AT" do. A region or script sets
/// tags apart only where both have one: "pt" is "pt_BR", but "zh_CN" is not "zh_TW".
bool same_language(std::string_view a, std::string_view b);

/// A code of ISO 639 in lower case that has two letters, or is the three-letter form of such ("deu").
bool is_language_code(std::string_view text);

/// A code, alone or followed by a region, script or variant: "de", "pt_BR", "zh-Hans", "sr@latin".
bool is_language_tag(std::string_view text);

}  // namespace heed::text
