// SPDX-License-Identifier: Apache-2.0
#include "heed/core/files.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "heed/core/error.h"

namespace heed {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const fs::path& path, const std::string& action) {
  throw Error(ErrorKind::kSystem, action + ": " + std::strerror(errno), path.string());
}

/// Waits until the file or folder at `path` is on disk.
void sync_to_disk(const fs::path& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail(path, "cannot open");
  const bool synced = ::fsync(descriptor) == 0 || errno == EINVAL;
  const int reason = errno;
  ::close(descriptor);
  errno = reason;
  if (!synced) fail(path, "cannot sync to disk");
}

void sync_folder(const fs::path& folder) {
  sync_to_disk(folder.empty() ? fs::path(".") : folder, O_DIRECTORY);
}

fs::path aside(const fs::path& path, const char* what) {
  fs::path result = path;
  result += std::string(".") + what + "-" + std::to_string(::getpid());
  return result;
}

/// An error about what is set aside, with the names that the caller knows.
Error told_of(const fs::path& path, const fs::path& temporary, const Error& error) {
  std::string text = error.what();
  const std::string from = temporary.string(), to = path.string();
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return {error.kind(), text};
}

template <class Container>
Container read_file(const fs::path& path, uint64_t max_bytes) {
  std::error_code code;
  if (fs::is_directory(path, code))
    throw Error(ErrorKind::kData, "is a folder, a file is needed", path.string());
  // Opening a pipe would block until another process writes to it; a device has no reliable size.
  if (fs::exists(path, code) && !fs::is_regular_file(path, code))
    throw Error(ErrorKind::kData, "is no regular file", path.string());
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) throw Error(ErrorKind::kData, std::string("cannot open: ") + std::strerror(errno), path.string());
  const auto size = static_cast<uint64_t>(in.tellg());
  if (size > max_bytes) {
    throw Error(
        ErrorKind::kData,
        "holds " + std::to_string(size) + " bytes, at most " + std::to_string(max_bytes) + " are read",
        path.string());
  }
  Container content(size, typename Container::value_type{});
  in.seekg(0);
  in.read(reinterpret_cast<char*>(content.data()), static_cast<std::streamsize>(size));
  if (!in) throw Error(ErrorKind::kData, "cannot read to its end", path.string());
  return content;
}

}  // namespace

std::vector<std::byte> read_bytes(const fs::path& path, uint64_t max_bytes) {
  return read_file<std::vector<std::byte>>(path, max_bytes);
}

std::string read_text(const fs::path& path, uint64_t max_bytes) {
  return read_file<std::string>(path, max_bytes);
}

void write_atomically(const fs::path& path, const std::function<void(FileWriter&)>& fill) {
  const fs::path temporary = aside(path, "new");
  try {
    FileWriter file(temporary);
    fill(file);
    file.sync();
    file.close();
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail(path, "cannot rename into place");
  } catch (const Error& error) {
    ::unlink(temporary.c_str());
    throw told_of(path, temporary, error);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_folder(path.parent_path());
}

void write_atomically(const fs::path& path, std::span<const std::byte> content) {
  write_atomically(path, [&](FileWriter& file) { file.write(content); });
}

void write_atomically(const fs::path& path, std::string_view content) {
  write_atomically(path, std::as_bytes(std::span(content)));
}

void write_folder_atomically(const fs::path& target, const std::function<void(const fs::path&)>& fill) {
  const fs::path path = target.has_filename() ? target : target.parent_path();  // "run/" becomes "run"
  const fs::path temporary = aside(path, "new");
  const fs::path replaced = aside(path, "old");
  std::error_code ignored;
  fs::remove_all(temporary, ignored);
  try {
    make_folder(temporary);
    fill(temporary);
    for (const auto& entry : fs::recursive_directory_iterator(temporary)) {
      if (entry.is_regular_file()) sync_to_disk(entry.path(), 0);
      if (entry.is_directory()) sync_folder(entry.path());
    }
    sync_folder(temporary);
    const bool replaces = fs::exists(path);
    if (replaces && ::rename(path.c_str(), replaced.c_str()) != 0) fail(path, "cannot move aside");
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail(path, "cannot rename into place");
  } catch (const Error& error) {
    fs::remove_all(temporary, ignored);
    throw told_of(path, temporary, error);
  } catch (...) {
    fs::remove_all(temporary, ignored);
    throw;
  }
  fs::remove_all(replaced, ignored);
  sync_folder(path.parent_path());
}

namespace {

void check_permission(const fs::path& place, const fs::path& asked) {
  if (::access(place.c_str(), W_OK) != 0) fail(asked, "cannot be written");
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

}  // namespace

void check_writable(const fs::path& path) {
  std::error_code code;
  if (fs::is_directory(path, code))
    throw Error(ErrorKind::kUsage, "cannot be written: it is a folder, a file is needed", path.string());
  if (fs::exists(path, code)) return check_permission(path, path);
  const fs::path folder = folder_of(path);
  if (!fs::is_directory(folder, code))
    throw Error(ErrorKind::kSystem, "cannot be written: there is no folder " + folder.string(),
                path.string());
  check_permission(folder, path);
}

void check_folder_writable(const fs::path& path) {
  std::error_code code;
  fs::path there = path;
  while (!fs::exists(there, code) && there != folder_of(there)) there = folder_of(there);
  if (!fs::is_directory(there, code)) {
    throw Error(ErrorKind::kSystem, "cannot be made: " + there.string() + " is no folder", path.string());
  }
  check_permission(there, path);
}

void make_folder(const fs::path& path) {
  std::error_code code;
  fs::create_directories(path, code);
  if (code) throw Error(ErrorKind::kSystem, "cannot create the folder: " + code.message(), path.string());
}

}  // namespace heed
