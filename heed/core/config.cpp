// SPDX-License-Identifier: Apache-2.0
#include "heed/core/config.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/names.h"
#include "heed/core/number_text.h"
#include "heed/core/path_text.h"
#include "heed/core/shown_text.h"

namespace heed {
namespace {

/// Reads a TOML value into each type that a field may have.
class NodeReader {
 public:
  NodeReader(const toml::node& node, const std::string& name, const std::string& place)
      : node_(node), name_(name), place_(place) {}

  void operator()(int64_t* value) const {
    if (!node_.is_integer()) wrong_type("a whole number");
    *value = node_.as_integer()->get();
  }
  void operator()(uint64_t* value) const {
    if (!node_.is_integer() || node_.as_integer()->get() < 0) wrong_type("a whole number, 0 or above");
    *value = static_cast<uint64_t>(node_.as_integer()->get());
  }
  void operator()(double* value) const {
    if (!node_.is_number()) wrong_type("a number");
    *value = *node_.value<double>();
  }
  void operator()(bool* value) const {
    if (!node_.is_boolean()) wrong_type("true or false");
    *value = node_.as_boolean()->get();
  }
  void operator()(std::string* value) const {
    if (!node_.is_string()) wrong_type("a string");
    *value = node_.as_string()->get();
  }
  void operator()(std::filesystem::path* value) const {
    std::string text;
    (*this)(&text);
    *value = config_path(text);
  }
  template <class T>
  void operator()(std::optional<T>* value) const {
    (*this)(&value->emplace());
  }
  template <class T>
  void operator()(std::vector<T>* values) const {
    if (!node_.is_array()) wrong_type("a list");
    values->clear();
    for (const auto& node : *node_.as_array()) NodeReader(node, name_, place_)(&values->emplace_back());
  }

 private:
  [[noreturn]] void wrong_type(const char* needed) const {
    throw Error(ErrorKind::kConfig, "'" + name_ + "' must be " + needed + given(), place_);
  }
  /// ", got '0,9': write 0.9" for a string where a number is needed.
  std::string given() const {
    if (!node_.is_string()) return "";
    const std::string text = node_.as_string()->get();
    double number = 0;
    const std::string problem = read_number(text, number);
    const size_t got = problem.find(", got ");
    return got == std::string::npos ? ", got '" + text + "'" : problem.substr(got);
  }
  const toml::node& node_;
  const std::string &name_, &place_;
};

/// Whether every number of a field is finite. TOML knows nan and inf.
struct IsFinite {
  bool operator()(const double* value) const { return std::isfinite(*value); }
  bool operator()(const std::optional<double>* value) const { return !*value || std::isfinite(**value); }
  bool operator()(const std::vector<double>* values) const {
    return std::all_of(values->begin(), values->end(), [](double value) { return std::isfinite(value); });
  }
  template <class T>
  bool operator()(const T*) const {
    return true;
  }
};

/// Inserts a field's value; an absent optional one is left out.
class NodeWriter {
 public:
  NodeWriter(toml::table& table, const std::string& name) : table_(table), name_(name) {}
  template <class T>
  void operator()(const T* value) const {
    table_.insert_or_assign(name_, as_toml(*value));
  }
  template <class T>
  void operator()(const std::optional<T>* value) const {
    if (*value) table_.insert_or_assign(name_, **value);
  }
  template <class T>
  void operator()(const std::vector<T>* values) const {
    toml::array list;
    for (const auto& value : *values) list.push_back(as_toml(value));
    table_.insert_or_assign(name_, list);
  }

 private:
  template <class T>
  static const T& as_toml(const T& value) {
    return value;
  }
  static int64_t as_toml(uint64_t value) { return static_cast<int64_t>(value); }
  static std::string as_toml(const std::filesystem::path& value) { return config_text(value); }

  toml::table& table_;
  const std::string& name_;
};

}  // namespace

void read_fields(const toml::table& section, const std::string& place, const std::vector<Field>& fields) {
  for (const auto& [key, node] : section) {
    const auto field = std::find_if(fields.begin(), fields.end(),
                                    [&key = key](const Field& f) { return f.name == key.str(); });
    if (field == fields.end()) {
      std::vector<std::string> names;
      for (const auto& f : fields) names.push_back(f.name);
      throw Error(ErrorKind::kConfig, unknown_name_message("key", key.str(), names), place);
    }
    std::visit(NodeReader(node, field->name, place), field->value);
  }
  for (const auto& field : fields) {
    std::string problem = field.check ? field.check(field.value) : "";
    if (problem.empty() && !std::visit(IsFinite{}, field.value)) problem = "must be a finite number";
    if (!problem.empty()) throw Error(ErrorKind::kConfig, "'" + field.name + "' " + problem, place);
  }
}

toml::table write_fields(const std::vector<Field>& fields) {
  toml::table table;
  for (const auto& field : fields) {
    std::visit(NodeWriter(table, field.name), field.value);
  }
  return table;
}

std::string describe_fields(const std::vector<Field>& fields) {
  std::string text;
  for (const auto& field : fields) {
    toml::table one = write_fields({field});
    std::string line = "  " + format_toml(one);
    while (!line.empty() && line.back() == '\n') line.pop_back();
    line.resize(std::max<size_t>(line.size() + 2, 38), ' ');
    text += line + field.help + "\n";
  }
  return text;
}

toml::table read_toml(const std::filesystem::path& path) {
  return parse_toml(read_text(path, 1 << 20), path.string());
}

toml::table parse_toml(std::string_view text, const std::string& place) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    throw Error(ErrorKind::kConfig, std::string(error.description()),
                place + ", line " + std::to_string(error.source().begin.line));
  }
}

namespace {

void check_utf8(std::string_view text) {
  if (is_utf8(text)) return;
  throw Error(ErrorKind::kConfig, "a config holds UTF-8 only; rename '" + printable(text) + "'", "config");
}

/// Throws Error(kConfig) for a string that TOML cannot hold.
void check_strings(const toml::node& node) {
  if (const auto* text = node.as_string()) return check_utf8(text->get());
  if (const auto* list = node.as_array()) {
    for (const auto& element : *list) check_strings(element);
  } else if (const auto* table = node.as_table()) {
    for (const auto& [key, inner] : *table) {
      check_utf8(key.str());
      check_strings(inner);
    }
  }
}

}  // namespace

std::string format_toml(const toml::table& table) {
  check_strings(table);
  std::ostringstream out;
  out << table << "\n";
  return out.str();
}

void merge_toml(toml::table& base, const toml::table& over) {
  for (const auto& [key, node] : over) {
    toml::table* below = base.get_as<toml::table>(key.str());
    if (below != nullptr && node.is_table()) {
      merge_toml(*below, *node.as_table());
    } else {
      base.insert_or_assign(key.str(), node);
    }
  }
}

void set_string(toml::table& config, const std::string& section, const std::string& name,
                const std::string& value) {
  merge_toml(config, toml::table{{section, toml::table{{name, value}}}});
}

namespace {

/// key = "value", for a value that is no TOML and may hold any bytes.
toml::table string_assignment(const std::string& key, const std::string& value,
                              const std::string& assignment) {
  try {
    toml::table parsed = toml::parse(key + " = ''");
    toml::table* inner = &parsed;
    while (inner->begin()->second.is_table()) inner = inner->begin()->second.as_table();
    inner->begin()->second.ref<std::string>() = value;
    return parsed;
  } catch (const toml::parse_error& error) {
    throw Error(ErrorKind::kConfig,
                "must be section.key=value, got '" + assignment + "': " + std::string(error.description()),
                FieldName{"set"});
  }
}

}  // namespace

void set_toml(toml::table& table, const std::string& assignment) {
  const size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw Error(ErrorKind::kConfig, "must be section.key=value, got '" + assignment + "'", FieldName{"set"});
  }
  const std::string key = assignment.substr(0, equals);
  const std::string value = assignment.substr(equals + 1);
  if (key.find('\n') != std::string::npos) {
    throw Error(ErrorKind::kConfig, "the key contains a line break: " + assignment, FieldName{"set"});
  }
  toml::table parsed;
  try {
    // The value is parsed alone first: after a line break it could contain further keys.
    if (toml::parse("value = " + value).size() != 1)
      throw Error(ErrorKind::kConfig, "sets two keys: " + assignment, FieldName{"set"});
    parsed = toml::parse(key + " = " + value);
  } catch (const toml::parse_error&) {
    parsed = string_assignment(key, value, assignment);
  }
  merge_toml(table, parsed);
}

}  // namespace heed
