// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace heed::text {

/// Returns the plural form for a count by a header's Plural-Forms, such as "nplurals=2; plural=(n != 1);".
/// The C expression is evaluated at n = `count`. Returns nothing if the field is empty or invalid, the
/// expression divides by zero, or its value is not below nplurals.
std::optional<size_t> plural_form(std::string_view field, unsigned long count);

}  // namespace heed::text
