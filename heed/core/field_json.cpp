// SPDX-License-Identifier: Apache-2.0
#include "heed/core/field_json.h"

#include <algorithm>

#include "heed/core/error.h"
#include "heed/core/names.h"

namespace heed {
namespace {
using Json = nlohmann::ordered_json;

/// Reads a JSON value into each type that a field may have; returns what was needed, or an empty string.
struct JsonReader {
  const Json& json;

  std::string operator()(int64_t* value) const {
    if (!json.is_number_integer()) return "a whole number";
    *value = json.get<int64_t>();
    return "";
  }
  std::string operator()(uint64_t* value) const {
    const bool negative = json.is_number_integer() && !json.is_number_unsigned() && json.get<int64_t>() < 0;
    if (!json.is_number_integer() || negative) return "a whole number, 0 or above";
    *value = json.get<uint64_t>();
    return "";
  }
  std::string operator()(double* value) const {
    if (!json.is_number()) return "a number";
    *value = json.get<double>();
    return "";
  }
  std::string operator()(bool* value) const {
    if (!json.is_boolean()) return "true or false";
    *value = json.get<bool>();
    return "";
  }
  std::string operator()(std::string* value) const {
    if (!json.is_string()) return "a string";
    *value = json.get<std::string>();
    return "";
  }
  std::string operator()(std::filesystem::path* value) const {
    if (!json.is_string()) return "a string";
    *value = json.get<std::string>();
    return "";
  }
  template <class T>
  std::string operator()(std::optional<T>* value) const {
    return (*this)(&value->emplace());
  }
  template <class T>
  std::string operator()(std::vector<T>* values) const {
    if (!json.is_array()) return "a list";
    values->clear();
    for (const auto& element : json) {
      const std::string needed = JsonReader{element}(&values->emplace_back());
      if (!needed.empty()) return "a list, each element " + needed;
    }
    return "";
  }
};

struct TypeName {
  std::string operator()(const int64_t*) const { return "integer"; }
  std::string operator()(const uint64_t*) const { return "integer"; }
  std::string operator()(const double*) const { return "number"; }
  std::string operator()(const bool*) const { return "boolean"; }
  std::string operator()(const std::string*) const { return "string"; }
  std::string operator()(const std::filesystem::path*) const { return "path"; }
  template <class T>
  std::string operator()(const std::optional<T>*) const {
    return (*this)(static_cast<const T*>(nullptr));
  }
  template <class T>
  std::string operator()(const std::vector<T>*) const {
    return "list of " + (*this)(static_cast<const T*>(nullptr));
  }
};

struct JsonWriter {
  template <class T>
  Json operator()(const T* value) const {
    return *value;
  }
  Json operator()(const std::filesystem::path* value) const { return value->string(); }
  template <class T>
  Json operator()(const std::optional<T>* value) const {
    return *value ? Json(**value) : Json();
  }
  template <class T>
  Json operator()(const std::vector<T>* values) const {
    auto list = Json::array();
    for (const auto& value : *values) list.push_back((*this)(&value));
    return list;
  }
};

[[noreturn]] void fail(const std::string& name, const std::string& message) {
  throw Error(ErrorKind::kRequest, message, FieldName{name});
}

void set_field(const Fields& fields, const std::string& name, const Json& value) {
  const auto field =
      std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.name == name; });
  if (field == fields.end()) {
    std::vector<std::string> names;
    for (const auto& each : fields) names.push_back(each.name);
    fail(name, unknown_name_message("field", name, names));
  }
  const std::string needed = std::visit(JsonReader{value}, field->value);
  if (!needed.empty()) fail(name, "must be " + needed);
}

}  // namespace

void read_json(const Json& request, const Fields& fields) {
  if (!request.is_object()) throw Error(ErrorKind::kRequest, "a request must be a JSON object");
  std::vector<std::string> given;
  for (const auto& [name, value] : request.items()) {
    set_field(fields, name, value);
    given.push_back(name);
  }
  try {
    check_fields(fields);
    check_relations(fields, given, [](const std::string& name) { return "'" + name + "'"; });
  } catch (const Error& error) {
    fail(error.field(), error.message());
  }
}

Json describe_json(const Fields& fields) {
  auto table = Json::object();
  for (const auto& field : fields) {
    auto& entry = table[field.name];
    entry["type"] = std::visit(TypeName{}, field.value);
    entry["help"] = field.help;
    if (const Json value = std::visit(JsonWriter{}, field.value); !value.is_null()) entry["default"] = value;
    if (field.required) entry["required"] = true;
  }
  return table;
}

}  // namespace heed
