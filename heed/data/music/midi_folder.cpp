// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/midi_folder.h"

#include <algorithm>

#include "heed/core/error.h"
#include "heed/core/progress.h"
#include "heed/data/lower_extension.h"

namespace heed::music {
namespace fs = std::filesystem;
namespace {

bool is_music(const fs::path& path) {
  const std::string extension = lower_extension(path);
  return extension == ".mid" || extension == ".midi" || extension == ".smf";
}

bool is_hidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

}  // namespace

std::vector<fs::path> music_files(const fs::path& folder) {
  std::error_code code;
  if (fs::is_regular_file(folder, code)) return {folder};
  if (!fs::is_directory(folder, code)) {
    throw Error(ErrorKind::kData, "there is no such file or folder", folder.string());
  }
  std::vector<fs::path> files;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, code);
  for (; !code && entry != fs::recursive_directory_iterator(); entry.increment(code)) {
    std::error_code ignored;
    if (is_hidden(entry->path())) {
      entry.disable_recursion_pending();
    } else if (is_music(entry->path()) && entry->is_regular_file(ignored)) {
      files.push_back(entry->path());
    }
  }
  if (code) throw Error(ErrorKind::kData, "cannot list the folder: " + code.message(), folder.string());
  std::sort(files.begin(), files.end());
  return files;
}

void read_midi_folder(const fs::path& folder, const MidiFolderOptions& options, ReadReport& report,
                      const std::function<void(const fs::path&, const Score&)>& use) {
  for (const auto& file : music_files(folder)) {
    Score score;
    try {
      score = read_midi_file(file, options.read);
    } catch (const Error& error) {
      if (options.strict || error.kind() != ErrorKind::kData) throw;
      ++report.skipped;
      report.messages.emplace_back(error.what());
      warn("skipped " + report.messages.back());
      continue;
    }
    ++report.read;
    use(file, score);
  }
}

}  // namespace heed::music
