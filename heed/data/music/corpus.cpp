// SPDX-License-Identifier: Apache-2.0
#include "heed/data/music/corpus.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/progress.h"
#include "heed/core/safetensors.h"
#include "heed/data/lower_extension.h"
#include "heed/data/music/chorale_encoding.h"
#include "heed/data/music/midi_pieces.h"

namespace heed::music {
namespace fs = std::filesystem;
namespace {

constexpr const char* kDescription = "corpus.toml";
/// Limit in tokens below which a model overfits at once: about ten minutes of playing or twenty chorales.
constexpr int64_t kLittleMusic = 20'000;

void use_encoding(Corpus& corpus, const std::string& wanted, const std::string& natural) {
  const std::string name = wanted.empty() ? natural : wanted;
  if (!corpus.encoding) corpus.encoding = make_encoding(name);
  if (corpus.encoding->name() != name) {
    throw Error(ErrorKind::kData, "the inputs have different encodings, " +
                                      std::string(corpus.encoding->name()) + " and " + name +
                                      "; choose one (encoding)");
  }
}

void add_json(Corpus& corpus, const fs::path& path, const CorpusOptions& options) {
  use_encoding(corpus, options.encoding, "chorale");
  for (const auto& [split, chorales] : read_chorale_json(path)) {
    for (const auto& chorale : chorales) {
      const bool grid = std::string(corpus.encoding->name()) == "chorale";
      corpus.splits[split].push_back(
          {path.stem().string() + "-" + chorale.name,
           grid ? ChoraleEncoding::encode_grid(chorale) : corpus.encoding->encode(chorale_score(chorale))});
    }
  }
}

std::map<std::string, TensorView> views(const std::vector<int32_t>& tokens,
                                        const std::vector<int64_t>& piece_ptr) {
  return {{"tokens", {Dtype::kI32, {static_cast<int64_t>(tokens.size())}, std::as_bytes(std::span(tokens))}},
          {"piece_ptr",
           {Dtype::kI64, {static_cast<int64_t>(piece_ptr.size())}, std::as_bytes(std::span(piece_ptr))}}};
}

[[noreturn]] void corrupt(const fs::path& file) {
  throw Error(ErrorKind::kData, "piece_ptr does not match tokens; prepare the data again", file.string());
}

Safetensors open_split(const fs::path& file) {
  try {
    return Safetensors::read(file);
  } catch (const Error& error) {
    throw Error(ErrorKind::kData, error.what());  // already contains the file's name
  }
}

/// Reads the offsets at which the pieces begin in the tokens, and the end of the last piece.
std::vector<int64_t> read_borders(const Safetensors& stored, const fs::path& file) {
  auto borders = stored.integers("piece_ptr");
  const TensorView& tokens = stored.at("tokens");
  const bool sound = tokens.dtype == Dtype::kI32 && !borders.empty() && borders.front() == 0 &&
                     borders.back() == std::ssize(tokens.bytes) / 4 &&
                     std::is_sorted(borders.begin(), borders.end());
  if (!sound) corrupt(file);
  return borders;
}

std::vector<std::string> read_names(const Safetensors& stored, size_t pieces) {
  const auto given = stored.metadata().find("names");
  const auto list = nlohmann::json::parse(given == stored.metadata().end() ? "[]" : given->second, nullptr,
                                          /*allow_exceptions=*/false);
  std::vector<std::string> names;
  for (size_t p = 0; p < pieces; ++p) {
    const bool named = list.is_array() && p < list.size() && list[p].is_string();
    names.push_back(named ? list[p].get<std::string>() : std::to_string(p));
  }
  return names;
}

std::vector<EncodedPiece> read_split(const fs::path& file, int32_t vocabulary) {
  const Safetensors stored = open_split(file);
  const auto borders = read_borders(stored, file);
  const auto names = read_names(stored, borders.size() - 1);
  const std::byte* tokens = stored.at("tokens").bytes.data();
  const auto outside = [&](int32_t token) { return token < 0 || token >= vocabulary; };
  std::vector<EncodedPiece> pieces;
  for (size_t p = 0; p < names.size(); ++p) {
    EncodedPiece piece{names[p], Tokens(static_cast<size_t>(borders[p + 1] - borders[p]))};
    std::copy_n(tokens + 4 * borders[p], 4 * piece.body.size(),
                reinterpret_cast<std::byte*>(piece.body.data()));
    if (std::any_of(piece.body.begin(), piece.body.end(), outside)) corrupt(file);
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

void add_prepared(Corpus& corpus, const fs::path& folder, const CorpusOptions& options) {
  toml::table description = read_toml(folder / kDescription);
  use_encoding(corpus, options.encoding, description["encoding"].value_or(std::string()));
  for (const char* split : {"train", "valid", "test"}) {
    const fs::path file = folder / (std::string(split) + ".safetensors");
    if (!fs::exists(file)) continue;
    auto pieces = read_split(file, corpus.encoding->vocabulary_size());
    auto& all = corpus.splits[split];
    all.insert(all.end(), std::make_move_iterator(pieces.begin()), std::make_move_iterator(pieces.end()));
  }
}

/// Reads one of the given paths; MIDI files wait in `files`, so that they are read together.
void add(Corpus& corpus, const fs::path& path, const CorpusOptions& options, MidiPieces& midi,
         std::vector<fs::path>& files) {
  if (!fs::exists(path)) throw Error(ErrorKind::kData, "there is no such file or folder", path.string());
  if (is_prepared(path)) return add_prepared(corpus, path, options);
  const bool is_folder = fs::is_directory(path);
  if (!is_folder && lower_extension(path) == ".json") return add_json(corpus, path, options);
  if (!is_folder && is_archive(path))
    throw Error(ErrorKind::kData, "is an archive: unpack it and name the folder", path.string());
  use_encoding(corpus, options.encoding, "performance");
  if (is_folder) {
    midi.add_folder(path);
  } else {
    files.push_back(path);
  }
}

/// "3 files cannot be read (a.mid, byte 0: ...), 1 file has no note": why there is no music.
std::string why_nothing(const CorpusCounts& counts) {
  std::string why;
  const auto add_count = [&](int64_t count, const std::string& one, const std::string& more) {
    if (count == 0) return;
    why += (why.empty() ? "" : ", ") + (count == 1 ? "1 " + one : std::to_string(count) + " " + more);
  };
  const std::string unread = " cannot be read (" + counts.first_error + ")";
  add_count(counts.skipped, "file" + unread, "files" + unread);
  add_count(counts.without_notes, "file has no note", "files have no note");
  add_count(counts.unreadable, "folder or link cannot be read", "folders or links cannot be read");
  if (!why.empty()) return why;
  why =
      "expected MIDI files (.mid, .midi, .smf, .kar, .rmi), a folder of them, chorale JSON or prepared "
      "music. "
      "Other data needs another task";
  if (counts.archives > 0) why += "; archives must be unpacked first";
  return why;
}

/// Chooses every tenth of the pieces, with those that equal a chosen one if others remain.
std::vector<bool> every_tenth(const std::vector<EncodedPiece>& pieces) {
  std::vector<bool> chosen(pieces.size()), alike(pieces.size());
  std::set<Tokens> bodies;
  for (size_t i = std::min<size_t>(pieces.size(), 10) - 1; i < pieces.size(); i += 10) {
    chosen[i] = true;
    bodies.insert(pieces[i].body);
  }
  for (size_t i = 0; i < pieces.size(); ++i) alike[i] = bodies.count(pieces[i].body) > 0;
  return std::find(alike.begin(), alike.end(), false) == alike.end() ? chosen : alike;
}

/// Moves every tenth piece of train to valid if the data has no validation split.
void ensure_valid(Corpus& corpus) {
  auto& train = corpus.splits["train"];
  if (!corpus.splits["valid"].empty() || train.size() < 2) return;
  const auto chosen = every_tenth(train);
  std::vector<EncodedPiece> kept;
  for (size_t i = 0; i < train.size(); ++i)
    (chosen[i] ? corpus.splits["valid"] : kept).push_back(std::move(train[i]));
  train = std::move(kept);
  warn("the data has no validation split: " + std::to_string(corpus.splits["valid"].size()) + " of " +
       std::to_string(train.size() + corpus.splits["valid"].size()) + " pieces were moved there");
}

void refuse_foreign_folder(const fs::path& folder) {
  if (!fs::exists(folder) || is_prepared(folder)) return;
  if (fs::is_directory(folder) && fs::is_empty(folder)) return;
  throw Error(ErrorKind::kUsage, "contains other files; write prepared music to a folder of its own",
              folder.string());
}

}  // namespace

const std::vector<EncodedPiece>& Corpus::split(const std::string& name) const {
  const auto found = splits.find(name);
  if (found != splits.end() && !found->second.empty()) return found->second;
  std::string there;
  for (const auto& [split, pieces] : splits) {
    if (!pieces.empty()) there += (there.empty() ? "" : ", ") + split;
  }
  throw Error(ErrorKind::kData,
              "the data has no split '" + name + "'; it has " + (there.empty() ? "none" : there));
}

int64_t Corpus::tokens(const std::string& name) const {
  const auto found = splits.find(name);
  int64_t count = 0;
  if (found == splits.end()) return 0;
  for (const auto& piece : found->second) count += static_cast<int64_t>(piece.body.size());
  return count;
}

Corpus read_corpus(const std::vector<fs::path>& data, const CorpusOptions& options) {
  Corpus corpus;
  MidiPieces midi(corpus, options);
  std::vector<fs::path> files;
  for (const auto& path : data) add(corpus, path, options, midi, files);
  if (!files.empty()) midi.add_files(files);
  int64_t total = 0;
  for (auto& [split, pieces] : corpus.splits) {
    std::erase_if(pieces, [](const EncodedPiece& piece) { return piece.body.empty(); });
    total += corpus.tokens(split);
  }
  if (total == 0) {
    throw Error(ErrorKind::kData, "found no music: " + why_nothing(corpus.counts),
                data.empty() ? "data" : data.front().string());
  }
  ensure_valid(corpus);
  std::erase_if(corpus.splits, [](const auto& entry) { return entry.second.empty(); });
  return corpus;
}

void warn_of_little_music(const Corpus& corpus) {
  const int64_t train = corpus.tokens("train");
  if (train > 0 && train < kLittleMusic) {
    warn("only " + std::to_string(train) +
         " training tokens: the model will overfit. Add music, or start from a "
         "trained model (init)");
  }
}

void write_corpus(const Corpus& corpus, const fs::path& folder) {
  refuse_foreign_folder(folder);
  if (folder.has_parent_path()) make_folder(folder.parent_path());
  write_folder_atomically(folder, [&](const fs::path& target) {
    toml::table description;
    description.insert("task", "music");
    description.insert("encoding", corpus.encoding->name());
    write_atomically(target / kDescription, format_toml(description));
    for (const auto& [split, pieces] : corpus.splits) {
      std::vector<int32_t> tokens;
      std::vector<int64_t> piece_ptr{0};
      nlohmann::json names = nlohmann::json::array();
      for (const auto& piece : pieces) {
        tokens.insert(tokens.end(), piece.body.begin(), piece.body.end());
        piece_ptr.push_back(static_cast<int64_t>(tokens.size()));
        names.push_back(piece.name);
      }
      const auto replace = nlohmann::json::error_handler_t::replace;
      write_safetensors(target / (split + ".safetensors"), views(tokens, piece_ptr),
                        {{"names", names.dump(-1, ' ', false, replace)}});
    }
  });
}

bool is_prepared(const fs::path& folder) {
  return fs::is_directory(folder) && fs::exists(folder / kDescription);
}

}  // namespace heed::music
