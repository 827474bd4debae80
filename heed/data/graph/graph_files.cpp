// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/graph_files.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/progress.h"
#include "heed/data/byte_stream.h"
#include "heed/data/folder_listing.h"
#include "heed/data/graph/attribute_roles.h"
#include "heed/data/graph/graph_counts.h"
#include "heed/data/graph/graph_formats.h"
#include "heed/data/graph/signal_graphs.h"
#include "heed/data/graph/smiles_reader.h"
#include "heed/data/graph/table_reader.h"
#include "heed/data/text/file_names.h"

namespace heed::graph {
namespace fs = std::filesystem;
namespace {

/// A file that was given or found.
struct FoundFile {
  fs::path path;
  fs::path below;      ///< path below the folder that was given; the file's name for a file that was given
  bool given = false;  ///< as itself, not in a folder
};

/// Graphs that are read together: a file, a table of molecules or of signals, or a table of edges and one of nodes.
struct Source {
  FoundFile file;
  const GraphFormat* format = nullptr;  ///< null for tables
  std::optional<GraphTable> edges = {}, nodes = {}, molecules = {}, signals = {};

  GraphSet read(const GraphReadOptions& options) const {
    if (format != nullptr) return format->read(file.path, options);
    if (signals) return read_signal_table(*signals, options);
    return molecules ? read_smiles_table(*molecules, options) : read_graph_tables(*edges, nodes, options);
  }
};

struct FoundTable {
  FoundFile file;
  GraphTable content;
  TableKind kind = TableKind::kEdges;
  bool has_ids = false;  ///< its rows may be nodes

  bool may_be(TableKind wanted) const {
    return kind == wanted || (wanted == TableKind::kNodes && has_ids && kind == TableKind::kMolecules);
  }
};

/// The name of a table without endings and without the words that say what it lists: "cora" for "cora.edges.csv.gz".
std::string graph_of_table(const fs::path& path) {
  static const std::vector<std::string_view> kWords{"edges", "edge", "links",    "link", "edgelist",
                                                    "nodes", "node", "vertices", "csv",  "tsv",
                                                    "tab",   "gz",   "bz2",      "xz",   "zst"};
  std::string name, word;
  for (const char c : path.filename().string() + ".") {
    if (c != '.' && c != '_' && c != '-' && c != ' ') {
      word += c;
      continue;
    }
    if (!is_named(word, kWords)) name += word + ".";
    word.clear();
  }
  return name;
}

/// Passes on what readers say of their files, but only the first notes: a folder may hold a hundred thousand files.
class FirstNotes : public Log {
 public:
  explicit FirstNotes(Log& outer) : outer_(outer) {}
  void inform(const std::string& line) override {
    constexpr int64_t kShown = 5;
    if (++notes_ <= kShown) outer_.inform(line);
    if (notes_ == kShown + 1) outer_.inform("further notes on single files are left out");
  }
  void warn(const std::string& line) override { outer_.warn(line); }
  void progress(const ProgressState& state) override { outer_.progress(state); }

 private:
  Log& outer_;
  int64_t notes_ = 0;
};

class GraphFiles {
 public:
  explicit GraphFiles(const GraphReadOptions& options) : options_(options) {}

  GraphSet read(const std::vector<fs::path>& paths) {
    for (const auto& path : paths) find(path);
    if (sources_.empty() && tables_.empty())
      throw Error(ErrorKind::kData, "there are no graphs to read",
                  paths.empty() ? "data" : paths[0].string());
    join_tables();
    note_splits();
    GraphSet set;
    read_sources(set);
    if (set.graphs() == 0) throw Error(ErrorKind::kData, "no file could be read", paths[0].string());
    inform(count(set).line());
    return set;
  }

 private:
  void find(const fs::path& path) {
    if (!fs::exists(path)) throw Error(ErrorKind::kData, "there is no such file or folder", path.string());
    if (fs::is_directory(path)) return find_in_folder(path);
    const FoundFile file{path, path.filename(), true};
    const GraphFormat* format = format_by_ending(path);
    if (format == nullptr && !has_table_ending(path)) format = format_by_content(path);
    use(file, format);
  }

  void find_in_folder(const fs::path& folder) {
    const FolderListing listing = list_folder(folder);
    report_unlisted(folder, listing);
    std::vector<std::string> others;
    const size_t before = sources_.size() + tables_.size();
    for (const auto& name : listing.files) {
      const GraphFormat* const format = format_by_ending(name);
      if (format != nullptr || has_table_ending(name))
        attempt([&] { use({folder / name, name, false}, format); });
      else
        others.push_back(name);
    }
    const std::string passed = others.empty() ? "" : count_by_ending(others);
    if (sources_.size() + tables_.size() == before) {
      throw Error(ErrorKind::kData,
                  "contains no file of graphs" + (passed.empty() ? "" : "; there are " + passed),
                  folder.string());
    }
    if (!passed.empty()) inform(folder.string() + ": passed over " + passed);
  }

  void use(const FoundFile& file, const GraphFormat* format) {
    if (format != nullptr) {
      sources_.push_back({file, format});
      return;
    }
    GraphTable table{file.path.string(), read_unpacked(file.path, options_.limits.bytes)};
    const TableKind kind = kind_of_table(table, options_);
    const bool has_ids = has_node_ids(table, options_);
    tables_.push_back({file, std::move(table), kind, has_ids});
  }

  void read_sources(GraphSet& set) {
    if (sources_.size() == 1) return add(sources_[0], set);
    Progress progress("read", std::ssize(sources_));
    FirstNotes notes(current_log());
    const LogScope scope(notes);
    int64_t done = 0;
    for (auto& source : sources_) {
      add(source, set);
      progress.update(++done, "files");
    }
    progress.finish("files");
  }

  /// Runs `action`; for a file of a folder an Error is a warning, unless the options are strict.
  template <class Action>
  void attempt(const Action& action) {
    try {
      action();
    } catch (const Error& error) {
      if (options_.strict || error.kind() != ErrorKind::kData) throw;
      ++skipped_;
      if (skipped_ <= kShownWarnings) warn("skipped " + std::string(error.what()));
      if (skipped_ == kShownWarnings) warn("further files that cannot be read are skipped without a message");
    }
  }

  /// Whether two tables may be those of one graph: both were given, or they are in one folder.
  static bool are_beside(const FoundTable& a, const FoundTable& b) {
    return (a.file.given && b.file.given) || a.file.path.parent_path() == b.file.path.parent_path();
  }

  std::vector<FoundTable*> beside(const FoundTable& table, TableKind kind) {
    std::vector<FoundTable*> found;
    for (auto& other : tables_)
      if (other.may_be(kind) && are_beside(table, other)) found.push_back(&other);
    return found;
  }

  /// The table of nodes for a table of edges; null if there is none.
  FoundTable* nodes_of(const FoundTable& edges) {
    const auto nodes = beside(edges, TableKind::kNodes);
    if (nodes.size() == 1 && beside(edges, TableKind::kEdges).size() == 1) return nodes[0];
    const std::string graph = graph_of_table(edges.file.path);
    const auto same = std::find_if(nodes.begin(), nodes.end(), [&](const FoundTable* table) {
      return graph_of_table(table->file.path) == graph;
    });
    return same == nodes.end() ? nullptr : *same;
  }

  void join_tables() {
    std::vector<const FoundTable*> joined;
    for (auto& edges : tables_) {
      if (edges.kind != TableKind::kEdges) continue;
      Source source{edges.file, nullptr, std::move(edges.content)};
      if (FoundTable* const nodes = nodes_of(edges)) {
        source.nodes = nodes->content;
        joined.push_back(nodes);
      }
      sources_.push_back(std::move(source));
    }
    for (auto& table : tables_) {
      if (table.kind == TableKind::kEdges || std::find(joined.begin(), joined.end(), &table) != joined.end())
        continue;
      if (table.kind == TableKind::kMolecules)
        sources_.push_back({.file = table.file, .molecules = std::move(table.content)});
      else if (table.kind == TableKind::kSignals)
        sources_.push_back({.file = table.file, .signals = std::move(table.content)});
      else
        attempt_alone(table);
    }
    tables_.clear();
  }

  void attempt_alone(const FoundTable& table) {
    const Error error(
        ErrorKind::kData,
        "lists nodes, but no table of edges belongs to it: give both files, named alike, such as "
        "cora.nodes.csv and cora.edges.csv",
        table.file.path.string());
    if (table.file.given) throw error;
    attempt([&] { throw Error(error); });
  }

  /// The split in the file's name or folders, "" if there is none.
  static std::string split_of(const FoundFile& file) {
    constexpr size_t kAllParts = SIZE_MAX;
    return text::named_split(file.below, kAllParts);
  }

  void note_splits() {
    names_say_splits_ = std::any_of(sources_.begin(), sources_.end(),
                                    [](const Source& s) { return !split_of(s.file).empty(); });
  }

  void use_split(const FoundFile& file, GraphSet& set) const {
    if (!names_say_splits_ || set.split_level != Level::kNone) return;
    const std::string name = split_of(file);
    const Split split = name == "valid" ? Split::kValid : name == "test" ? Split::kTest : Split::kTrain;
    set.split_level = Level::kGraph;
    set.split.assign(static_cast<size_t>(set.graphs()), split);
  }

  void add(Source& source, GraphSet& set) {
    const auto read_and_append = [&] {
      GraphSet more = source.read(options_);
      use_split(source.file, more);
      append(set, std::move(more), source.file.path.string());
    };
    if (source.file.given || sources_.size() == 1)
      read_and_append();
    else
      attempt(read_and_append);
    source = {};
  }

  static constexpr int64_t kShownWarnings = 5;
  const GraphReadOptions& options_;
  std::vector<Source> sources_;
  std::vector<FoundTable> tables_;
  bool names_say_splits_ = false;
  int64_t skipped_ = 0;
};

}  // namespace

GraphSet read_graphs(const std::vector<fs::path>& paths, const GraphReadOptions& options) {
  return GraphFiles(options).read(paths);
}

}  // namespace heed::graph
