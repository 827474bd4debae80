// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/elements.h"

#include <array>
#include <cctype>
#include <charconv>
#include <string>
#include <system_error>

namespace heed::graph {
namespace {

constexpr std::array<std::string_view, 118> kSymbols{
    "H",  "He", "Li", "Be", "B",  "C",  "N",  "O",  "F",  "Ne", "Na", "Mg", "Al", "Si", "P",  "S",  "Cl",
    "Ar", "K",  "Ca", "Sc", "Ti", "V",  "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As", "Se",
    "Br", "Kr", "Rb", "Sr", "Y",  "Zr", "Nb", "Mo", "Tc", "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn", "Sb",
    "Te", "I",  "Xe", "Cs", "Ba", "La", "Ce", "Pr", "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er",
    "Tm", "Yb", "Lu", "Hf", "Ta", "W",  "Re", "Os", "Ir", "Pt", "Au", "Hg", "Tl", "Pb", "Bi", "Po", "At",
    "Rn", "Fr", "Ra", "Ac", "Th", "Pa", "U",  "Np", "Pu", "Am", "Cm", "Bk", "Cf", "Es", "Fm", "Md", "No",
    "Lr", "Rf", "Db", "Sg", "Bh", "Hs", "Mt", "Ds", "Rg", "Cn", "Nh", "Fl", "Mc", "Lv", "Ts", "Og"};

}  // namespace

std::string_view element_symbol(int atomic_number) {
  if (atomic_number < 1 || atomic_number > std::ssize(kSymbols)) return {};
  return kSymbols[static_cast<size_t>(atomic_number - 1)];
}

std::string_view element_named(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return element_symbol(number);
  if (text.empty() || text.size() > 2) return {};
  std::string name(1, static_cast<char>(std::toupper(static_cast<unsigned char>(text[0]))));
  if (text.size() > 1) name += static_cast<char>(std::tolower(static_cast<unsigned char>(text[1])));
  if (name == "D" || name == "T") return "H";
  for (const auto symbol : kSymbols)
    if (symbol == name) return symbol;
  return {};
}

}  // namespace heed::graph
