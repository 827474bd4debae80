// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/graph_formats.h"

#include <algorithm>
#include <array>

#include "heed/data/byte_stream.h"
#include "heed/data/graph/graphml_reader.h"
#include "heed/data/graph/node_link_reader.h"
#include "heed/data/graph/npz_reader.h"
#include "heed/data/graph/number_cell.h"
#include "heed/data/graph/sdf_reader.h"
#include "heed/data/graph/smiles_reader.h"
#include "heed/data/graph/tensor_reader.h"
#include "heed/data/graph/xyz_reader.h"
#include "heed/data/text/documents.h"
#include "heed/data/text/utf8.h"

namespace heed::graph {
namespace fs = std::filesystem;
namespace {

constexpr std::array<std::string_view, 5> kTableEndings{".csv", ".tsv", ".tab", ".edges", ".edgelist"};

text::LineReader lines_of_file(const fs::path& path, const GraphReadOptions& options) {
  return text::LineReader(path, {.max_line_bytes = options.limits.line_bytes});
}
GraphSet read_sdf_file(const fs::path& path, const GraphReadOptions& options) {
  return read_sdf(lines_of_file(path, options), options);
}
GraphSet read_xyz_file(const fs::path& path, const GraphReadOptions& options) {
  return read_xyz(lines_of_file(path, options), options);
}
GraphSet read_graphml_file(const fs::path& path, const GraphReadOptions& options) {
  return parse_graphml(read_unpacked(path, options.limits.tree_bytes), path.string(), options);
}
GraphSet read_node_link_file(const fs::path& path, const GraphReadOptions& options) {
  return parse_node_link(read_unpacked(path, options.limits.tree_bytes), path.string(), options);
}
GraphSet read_npz_file(const fs::path& path, const GraphReadOptions& options) {
  return read_npz(path, options);
}

GraphSet read_smiles_file(const fs::path& path, const GraphReadOptions& options) {
  return read_smiles({path.string(), read_unpacked(path, options.limits.bytes)}, options);
}

/// The content without a byte order mark and blanks before it.
std::string_view first_text(std::string_view begin) {
  if (begin.starts_with(text::kByteOrderMark)) begin.remove_prefix(text::kByteOrderMark.size());
  return trimmed(begin);
}
bool is_sdf(std::string_view begin) {
  return begin.find("V2000\n") != std::string_view::npos || begin.find("V2000\r") != std::string_view::npos ||
         begin.find("M  V30 BEGIN CTAB") != std::string_view::npos;
}
bool is_xml(std::string_view begin) {
  return first_text(begin).starts_with('<');
}
bool is_json(std::string_view begin) {
  return first_text(begin).starts_with('{') || first_text(begin).starts_with('[');
}
bool is_zip(std::string_view begin) {
  return begin.starts_with("PK\3\4");
}
/// Any word may be a SMILES: only the ending of a file says so.
bool is_never(std::string_view /*begin*/) {
  return false;
}
bool is_tensors(std::string_view begin) {
  return begin.size() > 9 && begin[7] == '\0' && begin[8] == '{';
}

}  // namespace

std::span<const GraphFormat> graph_formats() {
  static const std::vector<GraphFormat> formats{
      {"safetensors", {".safetensors"}, is_tensors, read_graph_tensors},
      {"npz", {".npz"}, is_zip, read_npz_file},
      {"SDF", {".sdf", ".sd", ".mol", ".mdl"}, is_sdf, read_sdf_file},
      {"XYZ", {".xyz", ".extxyz"}, begins_as_xyz, read_xyz_file},
      {"SMILES", {".smi", ".smiles"}, is_never, read_smiles_file},
      {"GraphML", {".graphml"}, is_xml, read_graphml_file},
      {"node-link JSON", {".json"}, is_json, read_node_link_file},
  };
  return formats;
}

const GraphFormat* format_by_ending(const fs::path& path) {
  const std::string ending = text::text_ending(path);
  for (const auto& format : graph_formats())
    if (std::find(format.endings.begin(), format.endings.end(), ending) != format.endings.end())
      return &format;
  return nullptr;
}

const GraphFormat* format_by_content(const fs::path& path) {
  std::array<char, 4096> begin;
  const size_t count = open_bytes(path).read(begin);
  for (const auto& format : graph_formats())
    if (format.recognises({begin.data(), count})) return &format;
  return nullptr;
}

bool has_table_ending(const fs::path& path) {
  const std::string ending = text::text_ending(path);
  return std::find(kTableEndings.begin(), kTableEndings.end(), ending) != kTableEndings.end();
}

}  // namespace heed::graph
