// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace heed::text {

/// A part of a document. Short documents have one part, long ones several in order.
struct TextPart {
  std::string_view text;
  bool first = true, last = true;
};

/// A file of documents.
struct TextFile {
  std::filesystem::path path;
  std::string split = "train";  ///< train, valid or test, by its name
};

/// The ending before that of a packing, in lower case: ".jsonl" for "a.jsonl.gz".
std::string text_ending(const std::filesystem::path& path);

struct DocumentOptions {
  std::string field = "text";      ///< of the objects in JSON lines
  std::string documents = "file";  ///< what a document of plain text is: file, paragraph, line
  std::string endings;             ///< further endings of plain text in folders: "py, tex"
  bool strict = false;             ///< a file of a folder that cannot be read is an error
};

/// The files of text in `data`, files and folders, in order. A file may have any name; those named .jsonl and
/// .ndjson hold JSON lines. Folders are searched for names that end in .txt, .text, .md, .jsonl and .ndjson,
/// and a packing after it (.gz, .bz2, .xz, .zst); what is passed over is reported by ending. Names and
/// folders give the split (see split_in_path()), train if they do not. Throws Error(kData) if there is nothing to read.
std::vector<TextFile> find_text(const std::vector<std::filesystem::path>& data,
                                const DocumentOptions& options);

/// Calls `use` with every part of every document of a file. Blank documents are left out. Throws Error(kData)
/// with file and line for what is not text, not JSON, or lacks the field.
void read_documents(const TextFile& file, const DocumentOptions& options,
                    const std::function<void(const TextPart&)>& use);

}  // namespace heed::text
