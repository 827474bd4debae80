// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/documents.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/names.h"
#include "heed/data/folder_listing.h"
#include "heed/data/lower_extension.h"
#include "heed/data/text/file_names.h"
#include "heed/data/text/line_reader.h"
#include "heed/data/text/text_parts.h"
#include "heed/data/text/utf8.h"

namespace heed::text {
namespace fs = std::filesystem;
namespace {

using Use = std::function<void(const TextPart&)>;

constexpr size_t kAllParts = SIZE_MAX;  ///< of a file's name, for its split

bool is_json_lines(const fs::path& path) {
  const std::string ending = text_ending(path);
  return ending == ".jsonl" || ending == ".ndjson";
}

/// "py, .tex" as ".py" and ".tex".
std::vector<std::string> listed_endings(const std::string& list) {
  std::vector<std::string> endings;
  for (size_t i = 0; i < list.size();) {
    const size_t end = std::min(list.find_first_of(", ", i), list.size());
    if (end > i) endings.push_back((list[i] == '.' ? "" : ".") + list.substr(i, end - i));
    i = end + 1;
  }
  return endings;
}

void add_folder(const fs::path& folder, const DocumentOptions& options, std::vector<TextFile>& files) {
  std::vector<std::string> endings{".txt", ".text", ".md", ".jsonl", ".ndjson"};
  for (auto& ending : listed_endings(options.endings)) endings.push_back(std::move(ending));
  const FolderListing listing = list_folder(folder);
  report_unlisted(folder, listing);
  std::vector<std::string> others;
  const size_t before = files.size();
  for (const auto& name : listing.files) {
    const bool wanted = std::find(endings.begin(), endings.end(), text_ending(name)) != endings.end();
    if (wanted)
      files.push_back({folder / name, split_in_path(name, kAllParts)});
    else
      others.push_back(name);
  }
  if (files.size() == before) {
    throw Error(ErrorKind::kData,
                "contains no text: no name ends in " + comma_list(endings) +
                    (others.empty() ? "" : "; there are " + count_by_ending(others)),
                folder.string());
  }
  if (!others.empty())
    inform(folder.string() + ": passed over " + count_by_ending(others) + " (data.endings adds endings)");
}

void use_json_lines(const TextFile& file, const DocumentOptions& options, const Use& use) {
  constexpr size_t kMaxLine = size_t{256} << 20;
  LineReader lines(file.path, {.max_line_bytes = kMaxLine});
  for (std::string line; lines.next(line);) {
    if (is_blank(line)) continue;
    const auto object = nlohmann::json::parse(line, nullptr, false);
    if (!object.is_object()) lines.fail("is not a JSON object");
    const auto field = object.find(options.field);
    if (field == object.end() || !field->is_string()) {
      std::vector<std::string> texts;
      for (const auto& [name, value] : object.items())
        if (value.is_string()) texts.push_back(name);
      lines.fail("has no text \"" + options.field + "\"; set data.field" +
                 (texts.empty() ? "" : " to one of " + comma_list(texts)));
    }
    const std::string text = replace_malformed(field->get_ref<const std::string&>());
    if (!is_blank(text)) use({text});
  }
}

void use_file(const TextFile& file, const Use& use) {
  TextFileReader reader(file.path);
  bool first = true;
  for (std::string part; reader.next(part);) {
    const bool last = reader.at_end();
    if (first && last && is_blank(part)) return;
    use({part, first, last});
    first = false;
  }
}

void use_lines(const TextFile& file, bool paragraphs, const Use& use) {
  constexpr size_t kMaxLine = size_t{256} << 20;
  LineReader lines(file.path, {.max_line_bytes = kMaxLine});
  std::string document;
  const auto flush = [&] {
    if (!document.empty()) use({document});
    document.clear();
  };
  for (std::string line; lines.next(line);) {
    if (is_blank(line) || !paragraphs) flush();
    if (is_blank(line)) continue;
    document += (document.empty() ? "" : "\n") + line;
  }
  flush();
}

}  // namespace

std::string text_ending(const fs::path& path) {
  constexpr std::array kPackings{".gz", ".bz2", ".xz", ".zst"};
  const std::string ending = lower_extension(path);
  const bool packed = std::find(kPackings.begin(), kPackings.end(), ending) != kPackings.end();
  return packed ? lower_extension(path.stem()) : ending;
}

std::vector<TextFile> find_text(const std::vector<fs::path>& data, const DocumentOptions& options) {
  std::vector<TextFile> files;
  for (const auto& path : data) {
    if (!fs::exists(path)) throw Error(ErrorKind::kData, "there is no such file or folder", path.string());
    if (fs::is_directory(path))
      add_folder(path, options, files);
    else
      files.push_back({path, split_in_path(path.filename(), kAllParts)});
  }
  return files;
}

void read_documents(const TextFile& file, const DocumentOptions& options, const Use& use) {
  if (is_json_lines(file.path)) return use_json_lines(file, options, use);
  if (options.documents == "file") return use_file(file, use);
  use_lines(file, options.documents == "paragraph", use);
}

}  // namespace heed::text
