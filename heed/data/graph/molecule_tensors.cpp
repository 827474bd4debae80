// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/molecule_tensors.h"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <utility>

#include "heed/core/error.h"
#include "heed/data/graph/categories.h"
#include "heed/data/graph/elements.h"
#include "heed/data/graph/molecule_columns.h"
#include "heed/data/graph/typed_array.h"
#include "heed/data/text/counts.h"
#include "heed/data/text/records.h"

namespace heed::graph {
namespace {

constexpr int32_t kInRing = 16;

/// The number of a value, which is added if it is new: several numbers of a tensor may be one value.
int32_t code_of(std::vector<std::string>& values, const std::string& value) {
  const auto found = std::find(values.begin(), values.end(), value);
  const auto code = static_cast<int32_t>(found - values.begin());
  if (found == values.end()) values.push_back(value);
  return code;
}

class MoleculeReader {
 public:
  MoleculeReader(const Safetensors& file, const GraphReadOptions& options) : file_(file), options_(options) {}

  GraphSet read() {
    set_.node_ptr = pointers("atom_ptr", "atom_z", options_.limits.nodes);
    set_.edge_ptr = pointers("bond_ptr", "bond_u", options_.limits.edges);
    if (set_.edge_ptr.size() != set_.node_ptr.size()) {
      array("bond_ptr")
          .fail("is for " + std::to_string(set_.edge_ptr.size() - 1) + " molecules, 'atom_ptr' for " +
                std::to_string(set_.graphs()));
    }
    read_atoms();
    read_bonds();
    if (file_.contains("y")) read_targets();
    if (file_.contains("id")) {
      for (const int64_t id : whole_numbers(sized("id", set_.graphs())))
        set_.graph_names.push_back(std::to_string(id));
    }
    return std::move(set_);
  }

 private:
  /// Texts of the whole numbers from `least` on.
  struct Words {
    int32_t least, most;
    std::function<std::string(int32_t)> word;  ///< empty for a number that is none
  };

  NamedArray array(const std::string& name) const { return {file_.at(name), file_.name(), name}; }
  NamedArray sized(const std::string& name, int64_t size) const {
    NamedArray given = array(name);
    given.expect_shape({size});
    return given;
  }

  std::vector<int64_t> pointers(const std::string& name, const std::string& rows, int64_t limit) const {
    const NamedArray given = array(name);
    given.expect_shape({-1});
    const NamedArray counted = array(rows);
    counted.expect_shape({-1});
    if (counted.view.shape[0] > limit) counted.fail("has more than " + text::grouped(limit) + " values");
    auto values = whole_numbers(given);
    check_pointers(given, values, counted.view.shape[0]);
    return values;
  }

  /// A column of categories from small numbers.
  Categories column(const std::string& name, const NamedArray& given, const std::vector<int32_t>& numbers,
                    const Words& words) const {
    Categories made{name, {}, {}};
    std::vector<int32_t> codes(static_cast<size_t>(words.most - words.least + 1), -1);
    made.codes.reserve(numbers.size());
    for (size_t i = 0; i < numbers.size(); ++i) {
      int32_t& code = codes[static_cast<size_t>(numbers[i] - words.least)];
      if (code < 0) code = code_of(made.values, words.word(numbers[i]));
      if (made.values[static_cast<size_t>(code)].empty()) {
        given.fail("value " + std::to_string(i) + " is " + std::to_string(numbers[i]) + ", which is no " +
                   name);
      }
      made.codes.push_back(code);
    }
    sort_values(made);
    return made;
  }

  void add_atoms(const std::string& name, const char* tensor, const Words& words) {
    const NamedArray given = sized(tensor, set_.nodes());
    set_.node_categories.push_back(column(name, given, small_numbers(given, words.least, words.most), words));
  }

  void read_atoms() {
    const auto decimal = [](int32_t number) { return std::to_string(number); };
    add_atoms(kElementColumn, "atom_z", {0, 255, [](int32_t z) { return std::string(element_symbol(z)); }});
    if (file_.contains("atom_charge")) add_atoms(kChargeColumn, "atom_charge", {-128, 127, decimal});
    if (file_.contains("atom_h")) add_atoms(kHydrogensColumn, "atom_h", {0, 255, decimal});
    if (file_.contains("atom_flags")) {
      add_atoms(kAromaticColumn, "atom_flags", {0, 255, [](int32_t flags) { return flags & 1 ? "1" : "0"; }});
      add_atoms(kRingColumn, "atom_flags", {0, 255, [](int32_t flags) { return flags & 2 ? "1" : "0"; }});
    }
    if (!file_.contains("atom_xyz")) return;
    const NamedArray xyz = array("atom_xyz");
    xyz.expect_shape({set_.nodes(), 3});
    set_.coordinates = finite_floats(xyz);
  }

  std::vector<int32_t> ends(const char* name) const {
    return small_numbers(sized(name, set_.edges()), 0, std::numeric_limits<int32_t>::max());
  }

  void read_bonds() {
    set_.source = ends("bond_u");
    set_.target = ends("bond_v");
    for (size_t m = 0; m + 1 < set_.node_ptr.size(); ++m) {
      const int64_t atoms = set_.node_ptr[m + 1] - set_.node_ptr[m];
      for (auto b = static_cast<size_t>(set_.edge_ptr[m]); b < static_cast<size_t>(set_.edge_ptr[m + 1]);
           ++b) {
        if (set_.source[b] < atoms && set_.target[b] < atoms) continue;
        array(set_.source[b] < atoms ? "bond_v" : "bond_u")
            .fail("value " + std::to_string(b) + " is no atom of molecule " + std::to_string(m) +
                  ", which has " + std::to_string(atoms));
      }
    }
    if (!file_.contains("bond_type")) return;
    const NamedArray given = sized("bond_type", set_.edges());
    const auto types = small_numbers(given, 0, 255);
    const auto name = [](int32_t type) {
      const char* const found = bond_name(type & (kInRing - 1));
      return std::string(found == nullptr || type >= 2 * kInRing ? "" : found);
    };
    set_.edge_categories.push_back(column(kBondColumn, given, types, {0, 255, name}));
    set_.edge_categories.push_back(
        column(kRingColumn, given, types, {0, 255, [](int32_t type) { return type & kInRing ? "1" : "0"; }}));
  }

  void read_targets() {
    const NamedArray y = array("y");
    const bool one = y.view.shape.size() == 1;
    y.expect_shape(one ? std::vector<int64_t>{set_.graphs()} : std::vector<int64_t>{set_.graphs(), -1});
    const auto width = static_cast<size_t>(one ? 1 : y.view.shape[1]);
    if (width > options_.limits.columns)
      y.fail("has more than " + std::to_string(options_.limits.columns) + " columns");
    set_.targets.level = Level::kGraph;
    const auto listed = file_.metadata().find("targets");
    if (listed != file_.metadata().end()) set_.targets.names = text::listed_fields(listed->second);
    if (set_.targets.names.empty())
      for (size_t i = 0; i < width; ++i) set_.targets.names.push_back("y" + std::to_string(i));
    if (set_.targets.names.size() != width) {
      y.fail("has " + std::to_string(width) + " columns, but the metadata entry 'targets' names " +
             std::to_string(set_.targets.names.size()));
    }
    set_.targets.numbers = doubles_or_nan(y);
  }

  const Safetensors& file_;
  const GraphReadOptions& options_;
  GraphSet set_;
};

}  // namespace

GraphSet read_molecule_tensors(const Safetensors& file, const GraphReadOptions& options) {
  return MoleculeReader(file, options).read();
}

}  // namespace heed::graph
