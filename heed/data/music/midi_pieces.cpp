// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/midi_pieces.h"

#include <algorithm>
#include <set>
#include <utility>

#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/progress.h"

namespace heed::music {
namespace fs = std::filesystem;
namespace {

/// Returns a file's path in its folder, with '/'.
std::string name_in(const fs::path& folder, const fs::path& file) {
  return folder.empty() ? file.filename().string() : file.lexically_relative(folder).generic_string();
}

void say_listing(const MusicListing& listing, const fs::path& folder) {
  const std::string others = listing.passed_over();
  if (!others.empty()) inform(folder.string() + ": passed over: " + others);
  report_unlisted(folder, listing.folder);
}

void say_report(const ReadReport& report) {
  if (report.flawed > kNamedFiles) warn(report.flaws_text() + "; they were read as far as they go");
  if (report.skipped > kNamedFiles) warn(std::to_string(report.skipped) + " files skipped in total");
  if (report.without_notes.empty()) return;
  warn("left out " + std::to_string(report.without_notes.size()) +
       (report.without_notes.size() == 1 ? " file without notes: " : " files without notes: ") +
       first_names(report.without_notes));
}

void say_copies(const std::vector<std::string>& copies, const std::vector<std::string>& left_out) {
  if (!copies.empty())
    inform(std::to_string(copies.size()) + (copies.size() == 1 ? " file has" : " files have") +
           " the same bytes as others and got the same split: " + first_names(copies));
  if (!left_out.empty())
    warn("left out " + std::to_string(left_out.size()) + (left_out.size() == 1 ? " copy" : " copies") +
         " of files in another split: " + first_names(left_out));
}

/// Of equal files the one that is held out stays, so that a published split keeps its test.
int rank(const std::string& split) {
  return split == "test" ? 3 : split == "valid" ? 2 : split == "train" ? 1 : 0;
}

}  // namespace

void MidiPieces::add_folder(const fs::path& folder) {
  const MusicListing listing = list_music(folder);
  say_listing(listing, folder);
  corpus_.counts.archives += std::count_if(listing.others.begin(), listing.others.end(), is_archive);
  corpus_.counts.unreadable += std::ssize(listing.folder.unreadable);
  std::vector<std::string> names;
  for (const auto& file : listing.files) names.push_back(name_in(folder, file));
  const SplitRule rule(names, options_.split_file);
  std::vector<fs::path> wanted;
  for (size_t i = 0; i < names.size(); ++i) {
    if (rule.takes(names[i])) wanted.push_back(listing.files[i]);
  }
  auto pieces = read(wanted, folder, /*required=*/false);
  deal(pieces, rule);
  add_to_splits(std::move(pieces));
}

void MidiPieces::add_files(const std::vector<fs::path>& files) {
  auto pieces = read(files, "", /*required=*/files.size() == 1);
  for (auto& piece : pieces) piece.split = originals_.count(piece.digest) > 0 ? "" : "train";
  add_to_splits(std::move(pieces));
}

std::vector<MidiPieces::Piece> MidiPieces::read(const std::vector<fs::path>& files, const fs::path& folder,
                                                bool required) {
  std::vector<Piece> pieces;
  ReadReport report;
  Progress progress("read", std::ssize(files));
  read_midi_files(files, {.strict = options_.strict, .required = required}, report,
                  [&](const ReadMidi& midi) {
                    encode(midi, name_in(folder, midi.path), pieces, report);
                    progress.update(report.read + report.skipped + std::ssize(report.without_notes),
                                    std::to_string(report.skipped) + " skipped");
                  });
  say_report(report);
  count(report);
  return pieces;
}

void MidiPieces::encode(const ReadMidi& midi, const std::string& name, std::vector<Piece>& pieces,
                        ReadReport& report) {
  try {
    Piece piece{{name, corpus_.encoding->encode(midi.score)}, midi.path, midi.digest};
    if (piece.encoded.body.empty()) {
      report.without_notes.push_back(midi.path.string() + " (nothing to encode)");
    } else {
      pieces.push_back(std::move(piece));
    }
  } catch (const Error& error) {
    const Error placed(error.kind(), error.what(), midi.path.string());
    if (options_.strict) throw placed;
    if (report.skipped == 0) report.first_error = placed.what();
    if (++report.skipped <= kNamedFiles) warn(std::string("skipped ") + placed.what());
  }
}

void MidiPieces::deal(std::vector<Piece>& pieces, const SplitRule& rule) {
  std::vector<std::string> names;
  std::set<uint64_t> digests;
  for (const auto& piece : pieces) {
    const bool is_copy = !digests.insert(piece.digest).second || originals_.count(piece.digest) > 0;
    if (rule.is_fixed() || !is_copy) names.push_back(piece.encoded.name);
  }
  const Splits splits = rule.deal(names);
  for (auto& piece : pieces) {
    const auto found = splits.find(piece.encoded.name);
    if (found != splits.end()) piece.split = found->second;
  }
}

void MidiPieces::add_to_splits(std::vector<Piece> pieces) {
  std::map<uint64_t, Original> found;
  for (const auto& piece : pieces) {
    const auto [original, is_new] = found.emplace(piece.digest, Original{piece.encoded.name, piece.split});
    if (!is_new && rank(piece.split) > rank(original->second.split))
      original->second = {piece.encoded.name, piece.split};
  }
  originals_.merge(found);
  std::vector<std::string> copies, left_out;
  for (auto& piece : pieces) {
    const Original& original = originals_.at(piece.digest);
    const bool is_original = original.name == piece.encoded.name && original.split == piece.split;
    const bool elsewhere = !piece.split.empty() && piece.split != original.split;
    if (!is_original) {
      (elsewhere ? left_out : copies)
          .push_back(piece.encoded.name + " (" + original.split + ": " + original.name + ")");
    }
    if (!elsewhere) corpus_.splits[original.split].push_back(std::move(piece.encoded));
  }
  say_copies(copies, left_out);
  corpus_.counts.copies += std::ssize(copies) + std::ssize(left_out);
}

void MidiPieces::count(const ReadReport& report) {
  corpus_.counts.skipped += report.skipped;
  corpus_.counts.flawed += report.flawed;
  corpus_.counts.without_notes += std::ssize(report.without_notes);
  if (corpus_.counts.first_error.empty()) corpus_.counts.first_error = report.first_error;
}

}  // namespace heed::music
