// SPDX-License-Identifier: Apache-2.0
#include <sstream>
#include <type_traits>

#include "heed/core/field.h"
#include "heed/core/number_text.h"

namespace heed {
namespace {

std::vector<std::string> split_at_commas(std::span<const std::string> words) {
  std::vector<std::string> parts;
  for (const auto& word : words) {
    std::istringstream in(word);
    for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  }
  return parts;
}

/// Reads words into each type that a field may have; returns what is wrong, or an empty string.
class TextReader {
 public:
  explicit TextReader(std::span<const std::string> words) : words_(words) {}

  std::string operator()(int64_t* value) const { return read_number(word(), *value); }
  std::string operator()(uint64_t* value) const { return read_number(word(), *value); }
  std::string operator()(double* value) const { return read_number(word(), *value); }
  std::string operator()(bool* value) const {
    *value = true;
    return "";
  }
  std::string operator()(std::string* value) const {
    *value = word();
    return "";
  }
  std::string operator()(std::filesystem::path* value) const {
    *value = word();
    return value->empty() ? "must not be empty" : "";
  }
  template <class T>
  std::string operator()(std::optional<T>* value) const {
    return (*this)(&value->emplace());
  }
  template <class T>
  std::string operator()(std::vector<T>* values) const {
    const auto parts = std::is_arithmetic_v<T> ? split_at_commas(words_)
                                               : std::vector<std::string>(words_.begin(), words_.end());
    values->clear();
    for (const auto& part : parts) {
      const std::string problem = TextReader(std::span(&part, 1))(&values->emplace_back());
      if (!problem.empty()) return problem;
    }
    return "";
  }

 private:
  /// The last word counts where one is needed.
  std::string word() const { return words_.empty() ? "" : words_.back(); }
  std::span<const std::string> words_;
};

struct TypeText {
  std::string operator()(const int64_t*) const { return "number"; }
  std::string operator()(const uint64_t*) const { return "number"; }
  std::string operator()(const double*) const { return "number"; }
  std::string operator()(const bool*) const { return ""; }
  std::string operator()(const std::string*) const { return "text"; }
  std::string operator()(const std::filesystem::path*) const { return "path"; }
  std::string operator()(const std::vector<std::string>*) const { return "text ..."; }
  template <class T>
  std::string operator()(const std::optional<T>*) const {
    return (*this)(static_cast<const T*>(nullptr));
  }
  template <class T>
  std::string operator()(const std::vector<T>*) const {
    return (*this)(static_cast<const T*>(nullptr)) + "s";
  }
};

}  // namespace

std::string set_text(const Field& field, std::span<const std::string> words) {
  return std::visit(TextReader(words), field.value);
}

std::string type_text(const Field& field) {
  return std::visit(TypeText{}, field.value);
}

}  // namespace heed
