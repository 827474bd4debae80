// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "heed/data/text/language.h"

namespace heed::text {

/// Properties that follow from a file's name. All ignore case; all but is_packed ignore a final .gz.
bool is_packed(const std::filesystem::path& file);
std::filesystem::path unpacked_name(const std::filesystem::path& file);  ///< without .gz
std::string extension(const std::filesystem::path& file);                ///< in lower case, including the dot
bool is_tsv(const std::filesystem::path& file);
bool is_compiled(const std::filesystem::path& file);  ///< .mo, .gmo
bool is_catalogue(const std::filesystem::path& file);

/// Returns the split that the path names: train, valid or test; train if it names none. The first match
/// decides: among the first `name_parts` parts of the file's name (separated by '.', '-' and '_'), then among
/// its folders. A number may follow the split's name. `file` is relative to the folder that the user gave.
std::string split_in_path(const std::filesystem::path& file, size_t name_parts);
/// The same; empty if the path names none.
std::string named_split(const std::filesystem::path& file, size_t name_parts);

/// Whether the name contains two neighbouring languages that are not the two in `languages`.
bool names_other_languages(const std::filesystem::path& file, const LanguagePair& languages);

/// Returns the language in a catalogue's relative path, from its name or a folder; "" if there is none.
std::string language_in_path(const std::filesystem::path& file);

}  // namespace heed::text
