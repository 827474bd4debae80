// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <archive.h>
#include <archive_entry.h>

namespace heed::image::testing {

using NamedContents = std::vector<std::pair<std::string, std::string>>;

/// How write_archive writes: the names of libarchive, and a password for zip (empty: none).
struct ArchiveForm {
  std::string format = "zip", filter = "none", options = {}, password = {};
};

/// Writes an archive of regular files by libarchive.
inline std::string write_archive(const NamedContents& files, const ArchiveForm& form = {}) {
  archive* const writer = archive_write_new();
  const auto check = [&](int code) {
    if (code != ARCHIVE_OK) throw std::runtime_error(archive_error_string(writer));
  };
  check(archive_write_set_format_by_name(writer, form.format.c_str()));
  if (form.filter != "none") check(archive_write_add_filter_by_name(writer, form.filter.c_str()));
  archive_write_set_bytes_in_last_block(writer, 1);
  if (!form.password.empty()) check(archive_write_set_passphrase(writer, form.password.c_str()));
  if (!form.options.empty()) check(archive_write_set_options(writer, form.options.c_str()));
  size_t total = 1 << 20;
  for (const auto& [name, content] : files) total += 2048 + name.size() * 4 + content.size() * 2;
  std::string written(total, '\0');
  size_t size = 0;
  check(archive_write_open_memory(writer, written.data(), written.size(), &size));
  for (const auto& [name, content] : files) {
    archive_entry* const entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    check(archive_write_header(writer, entry));
    if (archive_write_data(writer, content.data(), content.size()) != static_cast<la_ssize_t>(content.size()))
      throw std::runtime_error(archive_error_string(writer));
    archive_entry_free(entry);
  }
  check(archive_write_close(writer));
  archive_write_free(writer);
  written.resize(size);
  return written;
}

}  // namespace heed::image::testing
