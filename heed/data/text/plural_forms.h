// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace heed::text {

/// Which form a count takes by a header's Plural-Forms, such as "nplurals=2; plural=(n != 1);": the C
/// expression at n = `count`. Nothing when the field is empty, wrong, divides by zero or gives a form beyond
/// nplurals.
std::optional<size_t> plural_form(std::string_view field, unsigned long count);

}  // namespace heed::text
