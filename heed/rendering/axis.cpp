// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/axis.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>

#include "heed/core/progress.h"

namespace heed::rendering {
namespace {

// Returns the multiples of `step` in [low, high], with a small tolerance for rounding.
std::vector<double> multiples(double low, double high, double step) {
  std::vector<double> values;
  const double first = std::ceil(low / step - 1e-9);
  const auto count = static_cast<int64_t>(std::floor(high / step + 1e-9) - first) + 1;
  for (int64_t k = 0; k < count; ++k) values.push_back((first + static_cast<double>(k)) * step + 0.0);
  return values;
}

// Whether a range of this span contains at most `most` multiples of the step.
bool fits(double span, double step, int most) {
  return std::floor(span / step + 1e-9) + 1 <= most;
}

double round_step(double span, int most) {
  double power = std::pow(10.0, std::floor(std::log10(span / most)) - 1);
  for (;; power *= 10) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      if (fits(span, factor * power, most)) return factor * power;
    }
  }
}

// Inserts commas: "20000" becomes "20,000".
std::string with_commas(std::string digits) {
  const size_t first = digits.front() == '-' ? 1 : 0;
  const size_t end = std::min(digits.find('.'), digits.size());
  if (end - first < 5) return digits;
  for (size_t at = end; at > first + 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string format_number(double value, double step) {
  char text[64];
  const double largest = std::max(std::abs(value), step);
  if (largest >= 1e7 || (step < 1e-5 && value != 0)) {
    std::snprintf(text, sizeof text, "%.4g", value);
    return text;
  }
  const int decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 6);
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return with_commas(text);
}

// Whether the range is not empty and wide enough to distinguish its numbers.
bool usable(double low, double high, int most) {
  const double span = high - low;
  return std::isfinite(span) && span > 1e-9 * std::max(std::abs(low), std::abs(high)) && most > 0;
}

}  // namespace

Ticks linear_ticks(double low, double high, int most) {
  Ticks ticks;
  if (!usable(low, high, most)) return ticks;
  const double step = round_step(high - low, most);
  ticks.values = multiples(low, high, step);
  for (const double value : ticks.values) ticks.labels.push_back(format_number(value, step));
  return ticks;
}

Ticks log_ticks(double low, double high, int most) {
  Ticks ticks;
  if (!usable(low, high, most) || low <= 0) return ticks;
  const double first = std::floor(std::log10(low)), last = std::ceil(std::log10(high));
  const auto collect = [&](const std::vector<double>& factors, int stride) {
    ticks.values.clear();
    for (double exponent = first; exponent <= last; exponent += stride) {
      for (const double factor : factors) {
        const double value = factor * std::pow(10.0, exponent);
        if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) ticks.values.push_back(value);
      }
    }
    return static_cast<int>(ticks.values.size()) <= most;
  };
  if (!collect({1, 2, 5}, 1)) {
    for (int stride = 1; !collect({1}, stride); ++stride) {
    }
  }
  if (ticks.values.size() < 2) return linear_ticks(low, high, most);
  for (const double value : ticks.values) {
    ticks.labels.push_back(format_number(value, std::pow(10.0, std::floor(std::log10(value) + 1e-9))));
  }
  return ticks;
}

Ticks time_ticks(double low, double high, int most, bool minutes) {
  Ticks ticks;
  if (!usable(low, high, most)) return ticks;
  double step = 0;
  for (const double candidate :
       {0.1, 0.2, 0.5, 1., 2., 5., 10., 15., 30., 60., 120., 300., 600., 1800., 3600.}) {
    step = candidate;
    if (fits(high - low, step, most)) break;
  }
  while (!fits(high - low, step, most)) step *= 2;
  if (high - low < 0.2) return linear_ticks(low, high, most);
  ticks.values = multiples(low, high, step);
  for (const double value : ticks.values) {
    ticks.labels.push_back(minutes && step >= 1 ? format_duration(value)
                                                : format_number(value, std::min(step, 1.0)));
  }
  return ticks;
}

}  // namespace heed::rendering
