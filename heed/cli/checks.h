// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string>

#include <CLI/CLI.hpp>

/// What numbers options take. CLI11's own checks name the ends of double where a range has none.
namespace heed::cli {

template <class Holds>
CLI::Validator number_check(const std::string& needed, const std::string& name, Holds holds) {
  return {[=](const std::string& text) {
            double value = 0;
            const bool good = CLI::detail::lexical_cast(text, value) && std::isfinite(value) && holds(value);
            return good ? std::string() : "must be " + needed + ", got " + text;
          },
          name};
}

inline const CLI::Validator kPositive =
    number_check("a number above 0", "above 0", [](double value) { return value > 0; });
inline const CLI::Validator kNonNegative =
    number_check("a number, 0 or above", "0 or above", [](double value) { return value >= 0; });

}  // namespace heed::cli
