// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/plural_forms.h"

#include <array>
#include <cctype>

namespace heed::text {
namespace {

constexpr int kMaxDepth = 100;  ///< limit for nested brackets, negations and conditions
constexpr unsigned long kMaxForms = 1000;

/// Evaluates an expression while parsing it. After the first error its values are meaningless.
class Expression {
 public:
  Expression(std::string_view text, unsigned long n) : rest_(text), n_(n) {}

  std::optional<unsigned long> evaluate() {
    const unsigned long value = condition();
    accept(";");
    skip_space();
    if (!rest_.empty()) faulty_ = true;
    return faulty_ ? std::nullopt : std::optional(value);
  }

 private:
  struct Operator {
    std::string_view sign;
    int level;  ///< higher levels bind more tightly
  };
  static constexpr std::array<Operator, 13> kOperators{{{"||", 0},
                                                        {"&&", 1},
                                                        {"==", 2},
                                                        {"!=", 2},
                                                        {"<=", 3},
                                                        {">=", 3},
                                                        {"<", 3},
                                                        {">", 3},
                                                        {"+", 4},
                                                        {"-", 4},
                                                        {"*", 5},
                                                        {"/", 5},
                                                        {"%", 5}}};
  static constexpr int kLevels = 6;

  unsigned long condition() {
    if (++depth_ > kMaxDepth) faulty_ = true;
    if (faulty_) return 0;
    unsigned long value = binary(0);
    if (accept("?")) {
      const unsigned long yes = condition();
      if (!accept(":")) faulty_ = true;
      const unsigned long no = condition();
      value = value != 0 ? yes : no;
    }
    --depth_;
    return value;
  }

  unsigned long binary(int level) {
    if (level == kLevels) return unary();
    unsigned long value = binary(level + 1);
    while (!faulty_) {
      const Operator* found = accept_operator(level);
      if (found == nullptr) break;
      value = apply(found->sign, value, binary(level + 1));
    }
    return value;
  }

  const Operator* accept_operator(int level) {
    for (const Operator& candidate : kOperators) {
      if (candidate.level == level && accept(candidate.sign)) return &candidate;
    }
    return nullptr;
  }

  unsigned long apply(std::string_view sign, unsigned long a, unsigned long b) {
    if (sign == "||") return (a != 0 || b != 0) ? 1 : 0;
    if (sign == "&&") return (a != 0 && b != 0) ? 1 : 0;
    if (sign == "==") return a == b ? 1 : 0;
    if (sign == "!=") return a != b ? 1 : 0;
    if (sign == "<=") return a <= b ? 1 : 0;
    if (sign == ">=") return a >= b ? 1 : 0;
    if (sign == "<") return a < b ? 1 : 0;
    if (sign == ">") return a > b ? 1 : 0;
    if (sign == "+") return a + b;
    if (sign == "-") return a - b;
    if (sign == "*") return a * b;
    if (b == 0) faulty_ = true;
    if (faulty_) return 0;
    return sign == "/" ? a / b : a % b;
  }

  unsigned long unary() {
    bool negated = false, logical = false;
    while (accept("!")) {
      logical = true;
      negated = !negated;
    }
    const unsigned long value = primary();
    if (!logical) return value;
    return (value == 0) == negated ? 1 : 0;
  }

  unsigned long primary() {
    if (accept("n")) return n_;
    if (accept("(")) {
      const unsigned long value = condition();
      if (!accept(")")) faulty_ = true;
      return value;
    }
    unsigned long value = 0;
    size_t digits = 0;
    for (; digits < rest_.size() && std::isdigit(static_cast<unsigned char>(rest_[digits])) != 0; ++digits) {
      value = value * 10 + static_cast<unsigned long>(rest_[digits] - '0');
    }
    if (digits == 0) faulty_ = true;
    rest_.remove_prefix(digits);
    return value;
  }

  void skip_space() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_[0])) != 0) rest_.remove_prefix(1);
  }
  bool accept(std::string_view sign) {
    skip_space();
    if (!rest_.starts_with(sign)) return false;
    rest_.remove_prefix(sign.size());
    return true;
  }

  std::string_view rest_;
  unsigned long n_;
  int depth_ = 0;
  bool faulty_ = false;
};

/// Returns the text between "key=" and the next ';'.
std::string_view value_of(std::string_view field, std::string_view key) {
  for (; !field.empty(); field.remove_prefix(1)) {
    if (!field.starts_with(key)) continue;
    const std::string_view rest = field.substr(key.size());
    const size_t equals = rest.find_first_not_of(' ');
    if (equals == std::string_view::npos || rest[equals] != '=') continue;
    return rest.substr(equals + 1, rest.find(';') - equals - 1);
  }
  return {};
}

}  // namespace

std::optional<size_t> plural_form(std::string_view field, unsigned long count) {
  const auto forms = Expression(value_of(field, "nplurals"), 0).evaluate();
  const auto form =
      Expression(value_of(field.substr(std::min(field.find(';'), field.size())), "plural"), count).evaluate();
  if (!forms || !form || *forms > kMaxForms || *form >= *forms) return std::nullopt;
  return *form;
}

}  // namespace heed::text
