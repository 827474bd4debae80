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

/// Reads a whole file: for texts and small files; map large ones (core/mapped_file.h). Throws Error(kData) if
/// it cannot be opened, is a folder, or is larger than `max_bytes`.
std::vector<std::byte> read_bytes(const std::filesystem::path& path, uint64_t max_bytes = uint64_t{1} << 32);
std::string read_text(const std::filesystem::path& path, uint64_t max_bytes = uint64_t{1} << 32);

/// Writes aside, syncs and renames: afterwards `path` has all of `content`, or its old content. Throws
/// Error(kSystem) with the reason (disk full, no permission). An Error never names the file set aside.
void write_atomically(const std::filesystem::path& path, std::span<const std::byte> content);
void write_atomically(const std::filesystem::path& path, std::string_view content);
/// Does the same for content that `fill` writes in chunks.
void write_atomically(const std::filesystem::path& path, const std::function<void(FileWriter&)>& fill);

/// Fills a new folder beside `path` with `fill`, syncs every file in it, and renames it to `path`, replacing
/// an existing folder; `fill` itself need not sync or rename. If the process is killed, `path` is the old
/// folder, the new one or absent, but never incomplete.
void write_folder_atomically(const std::filesystem::path& path,
                             const std::function<void(const std::filesystem::path&)>& fill);

/// Call before long work: throws Error(kSystem) if a file cannot be written to `path` because its folder is
/// missing or there is no permission, Error(kUsage) if a folder has that name. Writes nothing.
void check_writable(const std::filesystem::path& path);
/// Does the same for a folder that will be created with its parents, or filled.
void check_folder_writable(const std::filesystem::path& path);

/// Creates a folder and its parents. Throws Error(kSystem) on failure and if something else has that name.
void make_folder(const std::filesystem::path& path);

}  // namespace heed
