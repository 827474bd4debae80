// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/midi_folder.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <set>
#include <string_view>
#include <utility>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/log.h"
#include "heed/data/lower_extension.h"

namespace heed::music {
namespace fs = std::filesystem;
namespace {

constexpr size_t kLongestEnding = 8;

bool is_music(const std::string& ending) {
  return ending == ".mid" || ending == ".midi" || ending == ".smf" || ending == ".kar" || ending == ".rmi";
}

/// Things that systems put beside files: "._song.mid" of macOS is no song.
bool is_hidden(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with('.') || name == "__MACOSX" || name == "@eaDir";
}

std::string ending_for_count(const std::string& ending) {
  const bool is_plain = std::all_of(ending.begin(), ending.end(), [](char c) {
    return c == '.' || std::isalnum(static_cast<unsigned char>(c)) != 0;
  });
  if (ending.size() < 2) return "without an ending";
  return is_plain && ending.size() <= kLongestEnding ? ending : "with another ending";
}

/// Walks a folder. Real folders come before linked ones, so that a file's path has no link if it can have none.
class FolderWalk {
 public:
  MusicListing list(const fs::path& root) {
    visit(root);
    for (size_t i = 0; i < links_.size(); ++i) visit(links_[i]);  // grows while it is walked
    std::sort(found_.files.begin(), found_.files.end());
    return std::move(found_);
  }

 private:
  void visit(const fs::path& root) {
    std::vector<fs::path> open{root};
    while (!open.empty()) {
      const fs::path folder = std::move(open.back());
      open.pop_back();
      for (const auto& entry : entries(folder)) add(entry, open);
    }
  }

  /// Returns the sorted entries of a folder; none if it was visited before.
  std::vector<fs::directory_entry> entries(const fs::path& folder) {
    std::vector<fs::directory_entry> sorted;
    std::error_code code;
    const fs::path real = fs::canonical(folder, code);
    if (!code && !visited_.insert(real).second) return sorted;
    fs::directory_iterator entry(folder, code);
    for (; !code && entry != fs::directory_iterator(); entry.increment(code)) sorted.push_back(*entry);
    if (code) found_.unreadable.push_back(folder.string() + " (" + code.message() + ")");
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  }

  void add(const fs::directory_entry& entry, std::vector<fs::path>& open) {
    std::error_code code;
    if (is_hidden(entry.path())) {
      ++found_.hidden;
    } else if (entry.is_directory(code)) {
      (entry.is_symlink(code) ? links_ : open).push_back(entry.path());
    } else {
      add_file(entry);
    }
  }

  void add_file(const fs::directory_entry& entry) {
    const std::string ending = lower_extension(entry.path());
    std::error_code code;
    if (!is_music(ending)) {
      ++found_.passed_over[ending_for_count(ending)];
    } else if (entry.is_regular_file(code)) {
      found_.files.push_back(entry.path());
    } else {
      found_.unreadable.push_back(entry.path().string() + " (" + (code ? code.message() : "no file") + ")");
    }
  }

  MusicListing found_;
  std::vector<fs::path> links_;
  std::set<fs::path> visited_;
};

uint64_t digest_of(const std::vector<std::byte>& file) {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(file.data()), file.size()});
}

void note_flaws(const MidiFlaws& flaws, ReadReport& report) {
  if (flaws.total() == 0) return;
  for (size_t kind = 0; kind < kMidiFlaws; ++kind) report.flaw_files[kind] += flaws.counts[kind] > 0 ? 1 : 0;
  if (++report.flawed <= kNamedFiles) warn(flaws.line());
}

void note_error(const Error& error, ReadReport& report) {
  if (report.skipped == 0) report.first_error = error.what();
  if (++report.skipped <= kNamedFiles) warn(std::string("skipped ") + error.what());
}

/// Counts by name, the largest first.
std::vector<std::pair<int64_t, std::string>> by_count(std::vector<std::pair<int64_t, std::string>> counts) {
  std::erase_if(counts, [](const auto& count) { return count.first == 0; });
  std::stable_sort(counts.begin(), counts.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  return counts;
}

}  // namespace

std::string MusicListing::passed_over_text() const {
  std::vector<std::pair<int64_t, std::string>> counts;
  for (const auto& [ending, count] : passed_over) counts.emplace_back(count, ending);
  std::string text;
  for (const auto& [count, ending] : by_count(std::move(counts)))
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + ending;
  if (hidden > 0) text += (text.empty() ? "" : ", ") + std::to_string(hidden) + " hidden";
  return text;
}

std::string ReadReport::flaws_text() const {
  std::vector<std::pair<int64_t, std::string>> counts;
  for (size_t kind = 0; kind < kMidiFlaws; ++kind)
    counts.emplace_back(flaw_files[kind], describe(static_cast<MidiFlaw>(kind)));
  std::string text;
  for (const auto& [count, kind] : by_count(std::move(counts)))
    text += (text.empty() ? "" : ", ") + kind + " in " + std::to_string(count);
  return std::to_string(flawed) + (flawed == 1 ? " file has flaws: " : " files have flaws: ") + text;
}

std::string first_names(const std::vector<std::string>& names) {
  std::string text;
  const size_t named = std::min(names.size(), static_cast<size_t>(kNamedFiles));
  for (size_t i = 0; i < named; ++i) text += (i == 0 ? "" : ", ") + names[i];
  return names.size() == named ? text : text + " and " + std::to_string(names.size() - named) + " more";
}

MusicListing list_music(const fs::path& folder) {
  std::error_code code;
  if (fs::is_regular_file(folder, code)) {
    MusicListing listing;
    listing.files.push_back(folder);
    return listing;
  }
  if (!fs::is_directory(folder, code))
    throw Error(ErrorKind::kData, "there is no such file or folder", folder.string());
  return FolderWalk().list(folder);
}

void read_midi_files(const std::vector<fs::path>& files, const MidiFilesOptions& options, ReadReport& report,
                     const std::function<void(const ReadMidi&)>& use) {
  for (const auto& file : files) {
    Score score;
    MidiReport found;
    uint64_t digest = 0;
    try {
      const auto bytes = read_bytes(file, kMaxMidiBytes);
      score = read_midi(bytes, file.string(), {.strict = options.strict}, &found);
      digest = digest_of(bytes);
    } catch (const Error& error) {
      if (options.strict || options.required || error.kind() != ErrorKind::kData) throw;
      note_error(error, report);
      continue;
    }
    note_flaws(found.flaws, report);
    if (score.notes.empty()) {
      if (options.required) throw Error(ErrorKind::kData, "has " + found.no_notes(), file.string());
      report.without_notes.push_back(file.string() + " (" + found.no_notes() + ")");
      continue;
    }
    ++report.read;
    use({file, score, digest});
  }
}

}  // namespace heed::music
