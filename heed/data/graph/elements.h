// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace heed::graph {

/// The symbol of an element from 1 (H) to 118 (Og). Empty for other numbers.
std::string_view element_symbol(int atomic_number);

/// The symbol as heed writes it, in any case: "Cl" for "CL". Deuterium (D) and tritium (T) are H. A number is one, too:
/// "C" for "6". Empty for what is no element.
std::string_view element_named(std::string_view text);

}  // namespace heed::graph
