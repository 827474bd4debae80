// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/file_writer.h"

namespace heed {

/// The whole file, for texts and small files; large ones are mapped (core/mapped_file.h). Throws Error(kData)
/// when it cannot be opened, is a folder, or is larger than `max_bytes`.
std::vector<std::byte> read_bytes(const std::filesystem::path& path, uint64_t max_bytes = uint64_t{1} << 32);
std::string read_text(const std::filesystem::path& path, uint64_t max_bytes = uint64_t{1} << 32);

/// Writes aside, fsyncs, renames: afterwards `path` holds all of `content`, or what it held before.
/// Throws Error(kSystem) with the reason (disk full, no permission).
void write_atomically(const std::filesystem::path& path, std::span<const std::byte> content);
void write_atomically(const std::filesystem::path& path, std::string_view content);
/// The same for content that `fill` writes piece by piece.
void write_atomically(const std::filesystem::path& path, const std::function<void(FileWriter&)>& fill);

/// Fills a new folder beside `path` with `fill`, fsyncs every file in it, then renames it to `path`,
/// replacing a folder that stands there; `fill` itself needs no more than a FileWriter. A kill at any moment
/// leaves the old folder, the new one, or none under `path`, never half of one.
void write_folder_atomically(const std::filesystem::path& path,
                             const std::function<void(const std::filesystem::path&)>& fill);

/// Before long work: throws Error(kSystem) when a file could not be written to `path`, because its folder is
/// missing, permission lacks or a folder stands there. Writes nothing.
void check_writable(const std::filesystem::path& path);
/// The same for a folder that is to be made with its parents, or filled.
void check_folder_writable(const std::filesystem::path& path);

/// Creates the folder and its parents; Error(kSystem) when that fails or something else stands there.
void make_folder(const std::filesystem::path& path);

}  // namespace heed
