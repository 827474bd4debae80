// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/midi_folder.h"

#include <algorithm>
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

bool is_music(const fs::path& path) {
  const std::string ending = lower_extension(path);
  return ending == ".mid" || ending == ".midi" || ending == ".smf" || ending == ".kar" || ending == ".rmi";
}

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

}  // namespace

std::string MusicListing::passed_over() const {
  std::string text = count_by_ending(others);
  if (folder.system_entries > 0)
    text += (text.empty() ? "" : ", ") + std::to_string(folder.system_entries) + " hidden";
  return text;
}

std::string ReadReport::flaws_text() const {
  std::vector<std::pair<int64_t, std::string_view>> counts;
  for (size_t kind = 0; kind < kMidiFlaws; ++kind)
    counts.emplace_back(flaw_files[kind], describe(static_cast<MidiFlaw>(kind)));
  std::stable_sort(counts.begin(), counts.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string text = std::to_string(flawed) + (flawed == 1 ? " file has flaws" : " files have flaws");
  const char* before = ": ";
  for (const auto& [count, kind] : counts) {
    if (count == 0) break;
    text.append(before).append(kind).append(" in ").append(std::to_string(count));
    before = ", ";
  }
  return text;
}

std::string first_names(const std::vector<std::string>& names) {
  std::string text;
  const size_t named = std::min(names.size(), static_cast<size_t>(kNamedFiles));
  for (size_t i = 0; i < named; ++i) text += (i == 0 ? "" : ", ") + names[i];
  return names.size() == named ? text : text + " and " + std::to_string(names.size() - named) + " more";
}

MusicListing list_music(const fs::path& folder) {
  MusicListing listing;
  std::error_code code;
  if (fs::is_regular_file(folder, code)) {
    listing.files.push_back(folder);
    return listing;
  }
  if (!fs::is_directory(folder, code))
    throw Error(ErrorKind::kData, "there is no such file or folder", folder.string());
  listing.folder = list_folder(folder);
  for (auto& name : std::exchange(listing.folder.files, {})) {
    if (is_music(name)) {
      listing.files.push_back(folder / name);
    } else {
      listing.others.push_back(std::move(name));
    }
  }
  std::sort(listing.files.begin(), listing.files.end());
  return listing;
}

bool is_archive(const fs::path& path) {
  static const std::set<std::string> kEndings{".zip", ".tar", ".gz", ".tgz", ".bz2",
                                              ".xz",  ".zst", ".7z", ".rar"};
  return kEndings.count(lower_extension(path)) > 0;
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
