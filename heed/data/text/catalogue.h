// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heed::text {

/// One entry of a gettext catalogue.
struct Message {
  std::optional<std::string> context;
  std::string id;
  std::optional<std::string> plural_id;
  std::vector<std::string> translations;  ///< one, or one for each plural form
  bool fuzzy = false;

  bool operator==(const Message&) const = default;
};

/// What a .po or .mo file holds.
struct Catalogue {
  std::string header;             ///< the translation of the empty message, "" where there is none
  std::vector<Message> messages;  ///< in the file's order, without the header
  int64_t obsolete = 0;           ///< entries marked #~, which are not read

  /// A field of the header, such as "Language"; "" where it is missing. Case does not matter.
  std::string header_field(std::string_view name) const;
};

constexpr uint64_t kMaxCatalogueBytes = uint64_t{64} << 20;

/// The charset that the header's Content-Type names, when it is neither UTF-8 nor ASCII. None named, or the
/// placeholder CHARSET of templates, is taken for UTF-8.
std::optional<std::string> foreign_charset(const Catalogue& catalogue);

}  // namespace heed::text
