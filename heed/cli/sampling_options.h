// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

#include "heed/cli/checks.h"
#include "heed/decoding/sampling.h"

namespace heed::cli {

inline constexpr const char* kTemperatureHelp = "below 1 safer, above 1 wilder, 0 the likeliest token";

/// Which tokens may be drawn: --top-k, --top-p and --min-p.
inline void add_filter_options(CLI::App* verb, decoding::SamplingOptions& sampling) {
  verb->add_option("--top-k", sampling.top_k, "draw from the K likeliest tokens; 0: all")
      ->check(kNonNegative);
  verb->add_option("--top-p", sampling.top_p,
                   "draw from the likeliest tokens that reach this probability; 0: all")
      ->check(from_to(0, 1));
  verb->add_option("--min-p", sampling.min_p,
                   "draw from tokens at least this many times as likely as the likeliest; 0: all")
      ->check(from_to(0, 1));
}

/// How tokens are drawn: --temperature and the filters.
inline void add_sampling_options(CLI::App* verb, decoding::SamplingOptions& sampling) {
  verb->add_option("--temperature", sampling.temperature, kTemperatureHelp)
      ->check(kNonNegative)
      ->capture_default_str();
  add_filter_options(verb, sampling);
}

}  // namespace heed::cli
