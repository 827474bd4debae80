// SPDX-License-Identifier: Apache-2.0
#include "heed/core/config.h"

#include <algorithm>
#include <numeric>
#include <sstream>

#include "heed/core/error.h"
#include "heed/core/files.h"

namespace heed {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

double as_number(const Field::Value& value) {
  return std::visit(
      Overloaded{[](int64_t* v) { return static_cast<double>(*v); }, [](double* v) { return *v; },
                 [](bool* v) { return *v ? 1.0 : 0.0; }, [](std::string*) { return 0.0; }},
      value);
}

std::string short_number(double value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

std::string quoted_list(const std::vector<std::string>& names) {
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

[[noreturn]] void wrong_type(const std::string& place, const std::string& name, const char* needed) {
  throw Error(ErrorKind::kConfig, "'" + name + "' must be " + needed, place);
}

void assign(const Field& field, const toml::node& node, const std::string& place) {
  std::visit(Overloaded{[&](int64_t* v) {
                          if (!node.is_integer()) wrong_type(place, field.name, "a whole number");
                          *v = node.as_integer()->get();
                        },
                        [&](double* v) {
                          if (!node.is_number()) wrong_type(place, field.name, "a number");
                          *v = *node.value<double>();
                        },
                        [&](bool* v) {
                          if (!node.is_boolean()) wrong_type(place, field.name, "true or false");
                          *v = node.as_boolean()->get();
                        },
                        [&](std::string* v) {
                          if (!node.is_string()) wrong_type(place, field.name, "a string");
                          *v = node.as_string()->get();
                        }},
             field.value);
}

}  // namespace

Field::Check at_least(double minimum) {
  return [minimum](const Field::Value& value) {
    return as_number(value) >= minimum ? "" : "must be at least " + short_number(minimum);
  };
}

Field::Check between(double low, double high) {
  return [low, high](const Field::Value& value) {
    const double number = as_number(value);
    return number >= low && number <= high
               ? ""
               : "must be between " + short_number(low) + " and " + short_number(high);
  };
}

Field::Check one_of(std::vector<std::string> names) {
  return [names = std::move(names)](const Field::Value& value) -> std::string {
    const std::string& name = *std::get<std::string*>(value);
    if (std::find(names.begin(), names.end(), name) != names.end()) return "";
    const std::string near = nearest_name(name, names);
    return "must be one of " + quoted_list(names) + (near.empty() ? "" : "; did you mean '" + near + "'?");
  };
}

void read_fields(const toml::table& section, const std::string& place, const std::vector<Field>& fields) {
  for (const auto& [key, node] : section) {
    const auto field = std::find_if(fields.begin(), fields.end(),
                                    [&key = key](const Field& f) { return f.name == key.str(); });
    if (field == fields.end()) {
      std::vector<std::string> names;
      for (const auto& f : fields) names.push_back(f.name);
      throw Error(ErrorKind::kConfig, unknown_name_message("key", key.str(), names), place);
    }
    assign(*field, node, place);
  }
  for (const auto& field : fields) {
    if (!field.check) continue;
    const std::string problem = field.check(field.value);
    if (!problem.empty()) throw Error(ErrorKind::kConfig, "'" + field.name + "' " + problem, place);
  }
}

toml::table write_fields(const std::vector<Field>& fields) {
  toml::table table;
  for (const auto& field : fields) {
    std::visit([&](auto* value) { table.insert_or_assign(field.name, *value); }, field.value);
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

std::string format_toml(const toml::table& table) {
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

void set_toml(toml::table& table, const std::string& assignment) {
  const size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw Error(ErrorKind::kConfig, "must read section.key=value, got '" + assignment + "'", "--set");
  }
  const std::string key = assignment.substr(0, equals);
  const std::string value = assignment.substr(equals + 1);
  if (key.find('\n') != std::string::npos) {
    throw Error(ErrorKind::kConfig, "the key holds a line break", "--set " + assignment);
  }
  toml::table parsed;
  try {
    // The value is parsed alone first: after a line break it could contain further keys.
    if (toml::parse("value = " + value).size() != 1)
      throw Error(ErrorKind::kConfig, "sets two keys", "--set");
    parsed = toml::parse(key + " = " + value);
  } catch (const toml::parse_error&) {
    toml::table text;
    text.insert("v", value);
    std::ostringstream quoted;
    quoted << text["v"];
    parsed = parse_toml(key + " = " + quoted.str(), "--set " + assignment);
  }
  merge_toml(table, parsed);
}

constexpr size_t kTelling = 4;  // letters that identify a name by its beginning

std::string nearest_name(std::string_view name, const std::vector<std::string>& names) {
  std::string best;
  for (const auto& candidate : names) {
    const bool begins = name.size() >= kTelling && candidate.starts_with(name);
    if (begins && (best.empty() || candidate.size() < best.size())) best = candidate;
  }
  if (!best.empty()) return best;
  size_t best_distance = std::max<size_t>(2, name.size() / 2) + 1;
  for (const auto& candidate : names) {
    std::vector<size_t> row(candidate.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 1; i <= name.size(); ++i) {
      size_t diagonal = std::exchange(row[0], i);
      for (size_t j = 1; j <= candidate.size(); ++j) {
        const size_t substitution = diagonal + (name[i - 1] != candidate[j - 1]);
        diagonal = row[j];
        row[j] = std::min({substitution, row[j] + 1, row[j - 1] + 1});
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

std::string unknown_name_message(const std::string& what, std::string_view name,
                                 const std::vector<std::string>& names) {
  const std::string near = nearest_name(name, names);
  std::string message = "unknown " + what + " '" + std::string(name) + "'; ";
  return message + (near.empty() ? "known: " + quoted_list(names) : "did you mean '" + near + "'?");
}

}  // namespace heed
