// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/node_link_reader.h"

#include <algorithm>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/names.h"
#include "heed/core/shown_text.h"
#include "heed/data/graph/graph_set_maker.h"
#include "heed/data/graph/raw_graphs.h"
#include "heed/data/graph/text_content.h"

namespace heed::graph {
namespace {

using Json = nlohmann::json;

/// The document, its nesting limited.
Json parse_document(std::string_view text, const std::string& name, int max_depth) {
  check_text(text, name);
  const auto watch = [&](int depth, Json::parse_event_t /*event*/, Json& /*value*/) {
    if (depth > max_depth)
      throw Error(ErrorKind::kData, "is nested more than " + std::to_string(max_depth) + " deep", name);
    return true;
  };
  try {
    return Json::parse(text, watch);
  } catch (const Json::exception& error) {
    const auto* const syntax = dynamic_cast<const Json::parse_error*>(&error);
    const size_t byte = syntax == nullptr || syntax->byte == 0 ? 0 : syntax->byte - 1;
    const std::string_view rest = text.substr(std::min(byte, text.size()));
    const bool nan = rest.starts_with("NaN") || rest.starts_with("Infinity");
    throw Error(ErrorKind::kData,
                std::string("is not valid JSON") + (nan ? ": NaN and Infinity are no JSON; write null" : ""),
                place_at(text, byte, name));
  }
}

/// A text that differs for different ids, and is their name where they are texts or numbers.
std::string id_key(const Json& id) {
  return id.dump();
}
std::string id_text(const Json& id) {
  return id.is_string() ? id.get<std::string>() : id.dump();
}

class NodeLinkReader {
 public:
  NodeLinkReader(std::string name, const GraphReadOptions& options)
      : name_(std::move(name)), options_(options), raw_(name_, options.limits) {
    const auto placed = [this](const std::string& list) {
      return [this, list](uint64_t position) { return entry(list, position); };
    };
    raw_.nodes.set_place(placed("nodes"));
    raw_.edges.set_place([this](uint64_t position) { return entry(links_, position); });
    raw_.graphs.set_place(
        [this](uint64_t position) { return name_ + ", graph " + std::to_string(position >> 32); });
  }

  GraphSet read(const Json& document) {
    many_ = document.is_array();
    if (many_)
      for (const auto& graph : document) read_graph(graph);
    else
      read_graph(document);
    if (raw_.node_ptr.size() == 1) throw Error(ErrorKind::kData, "has no graphs", name_);
    if (!unused_.empty()) {
      inform(name_ + ": passed over attributes that are neither texts nor numbers: " +
             comma_list({unused_.begin(), unused_.end()}));
    }
    return make_graph_set(std::move(raw_), options_);
  }

 private:
  /// "g.json, links[3]", or "g.json, graph 2, links[3]" in a file of several.
  std::string entry(const std::string& list, uint64_t position) const {
    const std::string graph = many_ ? ", graph " + std::to_string(position >> 32) : "";
    return name_ + graph + ", " + list + "[" + std::to_string(position & 0xFFFFFFFF) + "]";
  }
  [[noreturn]] void fail(const std::string& message) const {
    throw Error(ErrorKind::kData, message, name_ + (many_ ? ", graph " + std::to_string(graph_) : ""));
  }

  const Json& list(const Json& graph, const char* name) const {
    const auto found = graph.find(name);
    if (found == graph.end() || !found->is_array()) fail(std::string("\"") + name + "\" must be an array");
    return *found;
  }

  void read_graph(const Json& graph) {
    if (!graph.is_object() || !graph.contains("nodes"))
      fail("is no node-link JSON: an object with \"nodes\" and \"links\" (or \"edges\") is needed");
    links_ = graph.contains("links") ? "links" : "edges";
    use_direction(graph);
    numbers_.clear();
    index_ = graph_ << 32;
    for (const auto& node : list(graph, "nodes")) read_node(node, index_++);
    index_ = graph_ << 32;
    for (const auto& edge : list(graph, links_)) read_edge(edge, index_++);
    raw_.end_graph(graph_ << 32);
    const auto attributes = graph.find("graph");
    if (attributes != graph.end() && attributes->is_object())
      for (const auto& [name, value] : attributes->items()) put(raw_.graphs, name, value);
    ++graph_;
  }

  void use_direction(const Json& graph) {
    const auto given = graph.find("directed");
    if (given != graph.end() && !given->is_boolean()) fail("\"directed\" must be true or false");
    const bool directed = given != graph.end() && given->get<bool>();
    if (graph_ > 0 && directed != raw_.directed) fail("the graphs of one file must all be directed, or none");
    raw_.directed = directed;
  }

  void read_node(const Json& node, uint64_t position) {
    raw_.add_node(position);
    const auto number = static_cast<int32_t>(raw_.nodes_of_graph() - 1);
    const Json& id = end_of(node, "id", raw_.nodes.place_of(position));
    const auto [first, is_new] = numbers_.emplace(id_key(id), number);
    if (!is_new) {
      throw Error(ErrorKind::kData,
                  "node " + printable(id_key(id)) + " is there twice; before it was nodes[" +
                      std::to_string(first->second) + "]",
                  raw_.nodes.place_of(position));
    }
    raw_.node_ids.push_back(id_text(id));
    for (const auto& [name, value] : node.items())
      if (name != "id") put(raw_.nodes, name, value);
  }

  /// The entry of a node or an edge that names a node.
  static const Json& end_of(const Json& object, const char* name, const std::string& place) {
    if (!object.is_object()) throw Error(ErrorKind::kData, "must be an object", place);
    const auto found = object.find(name);
    if (found == object.end() || found->is_structured() || found->is_null())
      throw Error(ErrorKind::kData, std::string("\"") + name + "\" must be a text or a number", place);
    return *found;
  }

  void read_edge(const Json& edge, uint64_t position) {
    const std::string place = raw_.edges.place_of(position);
    int32_t ends[2];
    for (size_t i = 0; i < 2; ++i) {
      const Json& id = end_of(edge, i == 0 ? "source" : "target", place);
      const auto found = numbers_.find(id_key(id));
      if (found == numbers_.end())
        throw Error(ErrorKind::kData,
                    "an edge to node " + printable(id_key(id)) + ", which is not among the nodes", place);
      ends[i] = found->second;
    }
    raw_.add_edge(ends[0], ends[1], position);
    for (const auto& [name, value] : edge.items())
      if (name != "source" && name != "target" && name != "key") put(raw_.edges, name, value);
  }

  void put(AttributeTable& table, const std::string& name, const Json& value) {
    if (value.is_string() || value.is_boolean()) {
      table.put(name, value.is_string() ? value.get_ref<const std::string&>() : value.dump(), true);
    } else if (value.is_number() || value.is_null()) {
      table.put(name, value.is_null() ? "" : value.dump());
    } else if (value.is_array() && is_of_numbers(value)) {
      for (size_t i = 0; i < value.size(); ++i) table.put(name + "." + std::to_string(i), value[i].dump());
    } else if (unused_.size() < 20) {
      unused_.insert(printable(name));
    }
  }
  static bool is_of_numbers(const Json& array) {
    for (const auto& value : array)
      if (!value.is_number()) return false;
    return true;
  }

  std::string name_;
  const GraphReadOptions& options_;
  RawGraphs raw_;
  bool many_ = false;
  uint64_t graph_ = 0, index_ = 0;
  const char* links_ = "links";
  TextMap<int32_t> numbers_;  ///< nodes of the current graph by their ids
  std::set<std::string> unused_;
};

}  // namespace

GraphSet parse_node_link(std::string_view text, const std::string& name, const GraphReadOptions& options) {
  return NodeLinkReader(name, options).read(parse_document(text, name, options.limits.depth));
}

}  // namespace heed::graph
