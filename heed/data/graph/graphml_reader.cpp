// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/graphml_reader.h"

#include <cstring>
#include <utility>
#include <vector>

#include <pugixml.hpp>

#include "heed/core/error.h"
#include "heed/core/shown_text.h"
#include "heed/data/graph/graph_set_maker.h"
#include "heed/data/graph/number_cell.h"
#include "heed/data/graph/raw_graphs.h"
#include "heed/data/graph/text_content.h"

namespace heed::graph {
namespace {

/// What a <key> declares.
struct GraphmlKey {
  std::string name;  ///< empty: left out
  bool is_text = false, is_number = false;
  bool has_default = false;
  std::string default_value;
  std::string owner;  ///< node, edge, graph or all
};

bool is_element(const pugi::xml_node& node, const char* name) {
  return node.type() == pugi::node_element && std::strcmp(node.name(), name) == 0;
}

class GraphmlReader {
 public:
  GraphmlReader(std::string_view text, std::string name, const GraphReadOptions& options)
      : text_(text), name_(std::move(name)), options_(options), raw_(name_, options.limits) {
    for (AttributeTable* table : {&raw_.nodes, &raw_.edges, &raw_.graphs})
      table->set_place([this](uint64_t byte) { return place_at(text_, byte, name_); });
  }

  GraphSet read() {
    check_text(text_, name_);
    pugi::xml_document document;
    const auto result = document.load_buffer(
        text_.data(), text_.size(), pugi::parse_default | pugi::parse_trim_pcdata, pugi::encoding_utf8);
    if (!result) {
      throw Error(ErrorKind::kData, std::string("is not valid XML: ") + result.description(),
                  place_at(text_, static_cast<size_t>(result.offset), name_));
    }
    const pugi::xml_node root = document.document_element();
    if (!is_element(root, "graphml")) fail(root, "is no GraphML: its root must be <graphml>");
    for (const auto key : root.children("key")) read_key(key);
    raw_.directed = any_directed(root);
    for (const auto graph : root.children("graph")) read_graph(graph);
    if (raw_.node_ptr.size() == 1) throw Error(ErrorKind::kData, "has no <graph>", name_);
    return make_graph_set(std::move(raw_), options_);
  }

 private:
  static uint64_t position_of(const pugi::xml_node& node) {
    return static_cast<uint64_t>(std::max<ptrdiff_t>(node.offset_debug(), 0));
  }
  [[noreturn]] void fail(const pugi::xml_node& node, const std::string& message) const {
    throw Error(ErrorKind::kData, message, place_at(text_, position_of(node), name_));
  }
  std::string need(const pugi::xml_node& node, const char* attribute) const {
    const std::string value = node.attribute(attribute).value();
    if (value.empty()) fail(node, std::string("<") + node.name() + "> has no " + attribute);
    return value;
  }

  void read_key(const pugi::xml_node& node) {
    GraphmlKey key;
    key.name = node.attribute("attr.name").value();
    key.owner = node.attribute("for").as_string("all");
    const std::string_view type = node.attribute("attr.type").value();
    key.is_text = type == "string" || type == "boolean";
    key.is_number = type == "int" || type == "long" || type == "float" || type == "double";
    const pugi::xml_node given = node.child("default");
    key.has_default = !given.empty();
    key.default_value = given.child_value();
    const std::string id = need(node, "id");
    if (keys_.size() >= options_.limits.columns) fail(node, "too many keys");
    if (!key_numbers_.emplace(id, keys_.size()).second)
      fail(node, "key '" + printable(id) + "' is there twice");
    if (key.has_default && !key.name.empty()) defaults_.push_back(keys_.size());
    keys_.push_back(std::move(key));
  }

  static bool directed_by_default(const pugi::xml_node& graph) {
    return std::strcmp(graph.attribute("edgedefault").value(), "undirected") != 0;
  }
  /// An edge may say it otherwise than its graph.
  static bool is_directed(const pugi::xml_node& edge, bool by_default) {
    return edge.attribute("directed").as_bool(by_default);
  }
  static bool any_directed(const pugi::xml_node& root) {
    for (const auto graph : root.children("graph"))
      for (const auto edge : graph.children("edge"))
        if (is_directed(edge, directed_by_default(graph))) return true;
    return false;
  }

  void read_graph(const pugi::xml_node& graph) {
    numbers_.clear();
    for (const auto hyper : graph.children("hyperedge")) fail(hyper, "hyperedges are not read");
    for (const auto node : graph.children("node")) read_node(node);
    for (const auto edge : graph.children("edge"))
      read_edge(edge, is_directed(edge, directed_by_default(graph)));
    raw_.end_graph(position_of(graph));
    raw_.graph_names.emplace_back(graph.attribute("id").value());
    read_data(graph, "graph", raw_.graphs);
  }

  void read_node(const pugi::xml_node& node) {
    raw_.add_node(position_of(node));
    const std::string id = need(node, "id");
    if (!node.child("graph").empty())
      fail(node, "node '" + printable(id) + "' holds a graph; nested graphs are not read");
    if (!numbers_.emplace(id, static_cast<int32_t>(raw_.nodes_of_graph() - 1)).second)
      fail(node, "node '" + printable(id) + "' is there twice");
    raw_.node_ids.push_back(id);
    read_data(node, "node", raw_.nodes);
  }

  int32_t end_of(const pugi::xml_node& edge, const char* end) const {
    const std::string id = need(edge, end);
    const auto found = numbers_.find(id);
    if (found == numbers_.end())
      fail(edge, "an edge to node '" + printable(id) + "', which is not in its graph");
    return found->second;
  }

  void read_edge(const pugi::xml_node& edge, bool directed) {
    const int32_t from = end_of(edge, "source"), to = end_of(edge, "target");
    raw_.add_edge(from, to, position_of(edge));
    read_data(edge, "edge", raw_.edges);
    if (directed || !raw_.directed || from == to) return;
    raw_.add_edge(to, from, position_of(edge));
    read_data(edge, "edge", raw_.edges);
  }

  /// The attributes of an element, and the defaults of those that it does not have.
  void read_data(const pugi::xml_node& owner, const char* kind, AttributeTable& table) {
    std::vector<bool> given(keys_.size(), false);
    for (const auto data : owner.children("data")) {
      const auto found = key_numbers_.find(need(data, "key"));
      if (found == key_numbers_.end())
        fail(data, "key '" + printable(data.attribute("key").value()) + "' is not declared");
      const GraphmlKey& key = keys_[found->second];
      given[found->second] = true;
      if (!key.name.empty()) table.put(key.name, checked(data, key), key.is_text);
    }
    for (const size_t i : defaults_) {
      const GraphmlKey& key = keys_[i];
      if (given[i] || (key.owner != kind && key.owner != "all")) continue;
      spend_default(owner, key.default_value.size());
      table.put(key.name, key.default_value, key.is_text);
    }
  }

  /// The value, which must be a number where the key says so.
  const char* checked(const pugi::xml_node& data, const GraphmlKey& key) const {
    const char* const value = data.child_value();
    if (key.is_number && *value != '\0' && !any_number(value))
      fail(data, "'" + printable(key.name) + "' must be a number, got '" + printable(value) + "'");
    return value;
  }

  /// Keeps defaults from making much more of a file than it is.
  void spend_default(const pugi::xml_node& owner, size_t bytes) {
    constexpr size_t kPerCell = 24, kPerByte = 16, kAlways = size_t{1} << 24;
    default_bytes_ += kPerCell + bytes;
    if (default_bytes_ > kAlways + kPerByte * text_.size())
      fail(owner,
           "the defaults of its keys would take many times the size of the file; write out the values");
  }

  std::string_view text_;
  std::string name_;
  const GraphReadOptions& options_;
  RawGraphs raw_;
  std::vector<GraphmlKey> keys_;
  TextMap<size_t> key_numbers_;
  std::vector<size_t> defaults_;  ///< keys that have one
  size_t default_bytes_ = 0;      ///< that defaults took so far
  TextMap<int32_t> numbers_;      ///< nodes of the current graph by their ids
};

}  // namespace

GraphSet parse_graphml(std::string_view text, const std::string& name, const GraphReadOptions& options) {
  return GraphmlReader(text, name, options).read();
}

}  // namespace heed::graph
