// SPDX-License-Identifier: Apache-2.0
#include "heed/core/field.h"

#include <algorithm>
#include <iomanip>
#include <sstream>
#include <stdexcept>
#include <type_traits>

#include "heed/core/error.h"
#include "heed/core/names.h"

namespace heed {
namespace {

template <class T>
constexpr bool is_list = false;
template <class T>
constexpr bool is_list<std::vector<T>> = true;
template <class T>
constexpr bool is_optional = false;
template <class T>
constexpr bool is_optional<std::optional<T>> = true;

/// Calls `visit` with each scalar that a field holds: itself, the elements of a list, an optional value if present.
template <class Visit>
void each_scalar(const Field::Value& value, const Visit& visit) {
  std::visit(
      [&](const auto* held) {
        using T = std::remove_cvref_t<decltype(*held)>;
        if constexpr (is_list<T>) {
          for (const auto& element : *held) visit(element);
        } else if constexpr (is_optional<T>) {
          if (held->has_value()) visit(**held);
        } else {
          visit(*held);
        }
      },
      value);
}

std::string short_number(double value) {
  std::ostringstream out;
  out << std::setprecision(15) << value;
  return out.str();
}

/// The end of ranges that name none: far above every sensible size, count and time, and low enough that products of
/// two of them are still exact.
constexpr double kLargest = 1e9;

/// A check of every number of a field: "" or "must be `needed`, got 7".
Field::Check number_check(std::function<bool(double)> holds, const std::string& needed) {
  return [holds = std::move(holds), needed](const Field::Value& value) {
    std::string problem;
    each_scalar(value, [&](const auto& scalar) {
      if constexpr (std::is_arithmetic_v<std::remove_cvref_t<decltype(scalar)>>) {
        const auto number = static_cast<double>(scalar);
        if (problem.empty() && !holds(number))
          problem = "must be " + needed + ", got " + short_number(number);
      }
    });
    return problem;
  };
}

/// A check without an upper end of its own.
Field::Check open_range(std::function<bool(double)> holds, const std::string& needed) {
  const auto low = number_check(std::move(holds), needed);
  const auto high =
      number_check([](double number) { return number <= kLargest; }, "at most " + short_number(kLargest));
  return [=](const Field::Value& value) {
    const std::string problem = low(value);
    return problem.empty() ? high(value) : problem;
  };
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Field::Check at_least(double minimum) {
  return open_range([=](double number) { return number >= minimum; }, "at least " + short_number(minimum));
}

Field::Check above(double limit) {
  return open_range([=](double number) { return number > limit; }, "above " + short_number(limit));
}

Field::Check between(double low, double high) {
  return number_check([=](double number) { return number >= low && number <= high; },
                      "between " + short_number(low) + " and " + short_number(high));
}

Field::Check one_of(std::vector<std::string> names) {
  return [names = std::move(names)](const Field::Value& value) {
    std::string problem;
    each_scalar(value, [&](const auto& scalar) {
      if constexpr (std::is_same_v<std::remove_cvref_t<decltype(scalar)>, std::string>) {
        if (!problem.empty() || contains(names, scalar)) return;
        const std::string near = nearest_name(scalar, names);
        problem =
            "must be one of " + comma_list(names) + (near.empty() ? "" : "; did you mean '" + near + "'?");
      }
    });
    return problem;
  };
}

Field required(Field field) {
  field.required = true;
  return field;
}

Field default_text(Field field, std::string text) {
  field.default_text = std::move(text);
  return field;
}

Field needs(Field field, std::vector<std::string> others) {
  field.needs = std::move(others);
  return field;
}

Field excludes(Field field, std::vector<std::string> others) {
  field.excludes = std::move(others);
  return field;
}

Fields under(const std::string& heading, Fields fields) {
  for (auto& field : fields) field.group = heading;
  return fields;
}

Field& field_named(Fields& fields, const std::string& name) {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.name == name; });
  if (found == fields.end()) throw std::out_of_range("no field " + name);
  return *found;
}

void copy_fields(const Fields& to, const Fields& from, const std::vector<std::string>& names) {
  for (size_t i = 0; i < to.size(); ++i) {
    if (!contains(names, to[i].name)) continue;
    std::visit([&](auto* target) { *target = *std::get<decltype(target)>(from[i].value); }, to[i].value);
  }
}

std::string value_text(const Field& field) {
  std::string text;
  each_scalar(field.value, [&](const auto& scalar) {
    std::ostringstream out;
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(scalar)>, std::filesystem::path>) {
      out << scalar.string();
    } else {
      out << std::boolalpha << scalar;
    }
    text += (text.empty() ? "" : ",") + out.str();
  });
  return text;
}

Fields operator+(Fields first, Fields second) {
  first.insert(first.end(), std::make_move_iterator(second.begin()), std::make_move_iterator(second.end()));
  return first;
}

void check_fields(const Fields& fields) {
  for (const auto& field : fields) {
    const std::string problem = field.check ? field.check(field.value) : "";
    if (!problem.empty()) throw Error(ErrorKind::kUsage, problem, FieldName{field.name});
  }
}

void check_relations(const Fields& fields, const std::vector<std::string>& given,
                     const std::function<std::string(const std::string&)>& spell) {
  const auto fail = [](const Field& field, const std::string& message) {
    throw Error(ErrorKind::kUsage, message, FieldName{field.name});
  };
  for (const auto& field : fields) {
    if (!contains(given, field.name)) {
      if (field.required) fail(field, "is required");
      continue;
    }
    for (const auto& other : field.needs)
      if (!contains(given, other)) fail(field, "needs " + spell(other));
    for (const auto& other : field.excludes)
      if (contains(given, other)) fail(field, "cannot be used with " + spell(other));
  }
}

}  // namespace heed
