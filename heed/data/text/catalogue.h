// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heed::text {

/// A message of a gettext catalogue with its translations.
struct Message {
  std::optional<std::string> context;
  std::string id;
  std::optional<std::string> plural_id;
  std::vector<std::string> translations;  ///< one, or one per plural form
  bool fuzzy = false;

  bool operator==(const Message&) const = default;
};

/// The contents of a .po or .mo file.
struct Catalogue {
  std::string header;             ///< translation of the empty message; "" if there is none
  std::vector<Message> messages;  ///< all messages except the header, in file order
  int64_t obsolete = 0;           ///< number of entries marked #~, which are skipped

  /// Returns a field of the header, such as "Language"; "" if it is missing. Ignores case.
  std::string header_field(std::string_view name) const;
};

constexpr uint64_t kMaxCatalogueBytes = uint64_t{64} << 20;

/// Returns the charset in the header's Content-Type if it is neither UTF-8 nor ASCII. A missing charset and
/// the placeholder CHARSET of templates count as UTF-8.
std::optional<std::string> foreign_charset(const Catalogue& catalogue);

}  // namespace heed::text
