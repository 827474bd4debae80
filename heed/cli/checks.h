// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>

#include "heed/core/number_text.h"

/// What numbers options take that are no fields of a request.
namespace heed::cli {

template <class T>
CLI::Validator number_between(T low, T high) {
  return {[=](const std::string& text) {
            T value{};
            const std::string problem = read_number(text, value);
            if (!problem.empty() || (value >= low && value <= high)) return problem;
            return "must be between " + CLI::detail::to_string(low) + " and " + CLI::detail::to_string(high) +
                   ", got " + text;
          },
          ""};
}

constexpr int64_t kLargestCount = 1'000'000'000;
constexpr int64_t kMostThreads = 1024;

inline const CLI::Validator kCount = number_between<int64_t>(1, kLargestCount);
inline const CLI::Validator kCountOrNone = number_between<int64_t>(0, kLargestCount);
inline const CLI::Validator kThreads = number_between<int64_t>(1, kMostThreads);
inline const CLI::Validator kNumber = number_between<double>(-1e9, 1e9);
inline const CLI::Validator kNotEmpty{
    [](const std::string& text) { return text.empty() ? std::string("must not be empty") : std::string(); },
    ""};

}  // namespace heed::cli
