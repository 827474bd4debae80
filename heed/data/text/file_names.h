// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "heed/data/text/language.h"

namespace heed::text {

/// What the name of a file says; an ending .gz is looked through, case does not matter.
bool is_packed(const std::filesystem::path& file);
std::filesystem::path unpacked_name(const std::filesystem::path& file);  ///< without .gz
std::string extension(const std::filesystem::path& file);                ///< in lower case, with its dot
bool is_tsv(const std::filesystem::path& file);
bool is_compiled(const std::filesystem::path& file);  ///< .mo, .gmo
bool is_catalogue(const std::filesystem::path& file);

/// train, valid or test: the first of the name's parts, between '.', '-' and '_', or else of the folders that
/// is one of these, also with a number. Only so many parts of the name count. `file` is relative to the
/// folder that was given.
std::string split_in_path(const std::filesystem::path& file, size_t name_parts);

/// Whether the name has two languages side by side that are not the two wanted.
bool names_other_languages(const std::filesystem::path& file, const LanguagePair& languages);

/// The language that a catalogue's relative path tells, by its name or a folder; "" where it tells none.
std::string language_in_path(const std::filesystem::path& file);

}  // namespace heed::text
