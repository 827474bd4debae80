// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace heed::text {

/// Language codes such as "en" and "de". An empty code means unknown.
struct LanguagePair {
  std::string source, target;

  bool known() const { return !source.empty() && !target.empty(); }
};

/// Whether two tags denote the same language: "de", "deu", "ger", "de_DE" and "de-AT" all do. Regions and
/// scripts are compared only if both tags have one: "pt" equals "pt_BR", but "zh_CN" differs from "zh_TW".
bool same_language(std::string_view a, std::string_view b);

/// Whether the text is a lower-case ISO 639 code of two letters, or the three-letter form of one ("deu").
bool is_language_code(std::string_view text);

/// Whether the text is a language code, optionally with a region, script or variant: "de", "pt_BR",
/// "zh-Hans", "sr@latin".
bool is_language_tag(std::string_view text);

}  // namespace heed::text
