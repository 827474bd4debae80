// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace heed {

/// A folder or link that cannot be read, and the reason of the operating system.
struct UnreadablePath {
  std::string name;  ///< path below the listed folder
  std::string reason;
};

/// The files in a folder and in all folders below it. Names are paths below the folder, with '/', sorted by
/// their bytes.
struct FolderListing {
  std::vector<std::string> files;           ///< regular files, and links to them
  std::vector<UnreadablePath> unreadable;   ///< folders that cannot be listed, links that lead nowhere
  std::vector<std::string> repeated_links;  ///< links to a folder that is listed under another name
  int64_t system_entries = 0;               ///< files and folders that is_system_name names, left out
};

/// Lists a folder. Follows links to folders and lists each folder once: under its own path if it lies below
/// `folder`, else under the first link by name. So a link that leads back into the tree ends there. Leaves
/// out what is_system_name names. The result does not depend on the order of the file system. Throws
/// Error(kData) if `folder` itself cannot be listed.
FolderListing list_folder(const std::filesystem::path& folder);

/// Whether a file or folder of this name belongs to a system and holds nothing of the user: names that begin
/// with a dot, "__MACOSX", "PaxHeader", "PaxHeaders.123", "@eaDir", "$RECYCLE.BIN", "Thumbs.db",
/// "desktop.ini".
bool is_system_name(std::string_view name);

/// Warns about unreadable folders and links: how many, and the first five with their reasons. Notes links
/// that were not followed because their folder is listed already.
void report_unlisted(const std::filesystem::path& folder, const FolderListing& listing);

/// "12 .heic, 3 .txt, 1 without ending": how many of the files have each ending, in lower case, the most
/// frequent first. Names ten endings and counts the rest.
std::string count_by_ending(const std::vector<std::string>& files);

}  // namespace heed
