// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/citation_tensors.h"

#include <algorithm>
#include <limits>

#include "heed/core/error.h"
#include "heed/data/graph/number_cell.h"
#include "heed/data/graph/sparse_rows.h"
#include "heed/data/graph/split_masks.h"
#include "heed/data/graph/typed_array.h"
#include "heed/data/text/counts.h"

namespace heed::graph {
namespace {

class CitationReader {
 public:
  CitationReader(const Safetensors& file, const GraphReadOptions& options) : file_(file), options_(options) {}

  GraphSet read() {
    read_features();
    read_edges();
    if (file_.contains("y")) read_classes();
    read_masks();
    return std::move(set_);
  }

 private:
  NamedArray array(const std::string& name) const { return {file_.at(name), file_.name(), name}; }

  void read_features() {
    if (file_.contains("x_indptr")) {
      const NamedArray shape = array("x_shape");
      shape.expect_shape({2});
      const auto sizes = whole_numbers(shape, 0, std::numeric_limits<int32_t>::max());
      set_.node_features =
          sparse_features({array("x_values"), array("x_indices"), array("x_indptr"), sizes[0], sizes[1]});
      nodes_ = sizes[0];
    } else if (file_.contains("x")) {
      const NamedArray x = array("x");
      x.expect_shape({-1, -1});
      nodes_ = x.view.shape[0];
      set_.node_features.width = x.view.shape[1];
      set_.node_features.dense = finite_floats(x);
    } else {
      nodes_ = number_in_metadata("num_nodes");
      if (nodes_ < 0)
        throw Error(ErrorKind::kData, "has neither features (x or x_indptr) nor num_nodes in its metadata",
                    file_.name());
    }
    if (nodes_ > std::min<int64_t>(options_.limits.nodes, std::numeric_limits<int32_t>::max())) {
      throw Error(
          ErrorKind::kData,
          "has " + text::grouped(nodes_) + " nodes; the limit is " + text::grouped(options_.limits.nodes),
          file_.name());
    }
    set_.node_ptr = {0, nodes_};
  }

  /// A whole number of the metadata; -1 if there is none.
  int64_t number_in_metadata(const std::string& key) const {
    const auto found = file_.metadata().find(key);
    const auto number = found == file_.metadata().end() ? std::nullopt : finite_number(found->second);
    return number && *number >= 0 && *number <= 1e15 ? static_cast<int64_t>(*number) : -1;
  }

  void read_edges() {
    const NamedArray edges = array("edge_index");
    edges.expect_shape({2, -1});
    const auto ends = small_numbers(edges, 0, static_cast<int32_t>(nodes_ - 1));
    const auto half = static_cast<ptrdiff_t>(ends.size() / 2);
    set_.source.assign(ends.begin(), ends.begin() + half);
    set_.target.assign(ends.begin() + half, ends.end());
    set_.edge_ptr = {0, half};
    set_.directed = true;
  }

  void read_classes() {
    const NamedArray y = array("y");
    y.expect_shape({nodes_});
    Categories& classes = set_.targets.classes;
    classes.name = "y";
    classes.codes = small_numbers(y, -1, static_cast<int32_t>(options_.limits.categories) - 1);
    int64_t count = std::min<int64_t>(number_in_metadata("num_classes"), std::ssize(classes.codes));
    for (const int32_t code : classes.codes) count = std::max<int64_t>(count, code + 1);
    for (int64_t value = 0; value < count; ++value) classes.values.push_back(std::to_string(value));
    set_.targets.level = Level::kNode;
  }

  void read_masks() {
    for (const auto& mask : kMaskArrays)
      if (file_.contains(mask.name)) use_mask(array(mask.name), mask.split, set_);
  }

  const Safetensors& file_;
  const GraphReadOptions& options_;
  int64_t nodes_ = 0;
  GraphSet set_;
};

}  // namespace

GraphSet read_citation_tensors(const Safetensors& file, const GraphReadOptions& options) {
  return CitationReader(file, options).read();
}

}  // namespace heed::graph
