// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/npz_reader.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/names.h"
#include "heed/core/shown_text.h"
#include "heed/data/byte_stream.h"
#include "heed/data/graph/categories.h"
#include "heed/data/graph/graph_set_maker.h"
#include "heed/data/graph/npy.h"
#include "heed/data/graph/sparse_rows.h"
#include "heed/data/graph/split_masks.h"
#include "heed/data/graph/typed_array.h"
#include "heed/data/image/archive_reader.h"
#include "heed/data/text/counts.h"

namespace heed::graph {
namespace {

/// The arrays of an archive.
class NpzArrays {
 public:
  NpzArrays(image::ArchiveReader archive, std::string file, const GraphLimits& limits)
      : file_(std::move(file)) {
    constexpr std::string_view kEnding = ".npy";
    uint64_t left = limits.bytes;
    for (image::ArchiveEntry entry; archive.next(entry);) {
      if (!entry.name.ends_with(kEnding)) continue;
      const std::string name = entry.name.substr(0, entry.name.size() - kEnding.size());
      auto& content = contents_[name] = archive.content(left);
      left -= content.size();
      arrays_[name] = parse_npy(content, place(name));
      if (arrays_.size() > limits.columns) throw Error(ErrorKind::kData, "holds too many arrays", file_);
    }
    if (arrays_.empty()) throw Error(ErrorKind::kData, "holds no arrays (.npy)", file_);
  }

  const std::string& file() const { return file_; }
  std::string place(const std::string& name) const { return file_ + ", '" + printable(name) + "'"; }
  bool contains(const std::string& name) const { return arrays_.count(name) != 0; }
  const NpyArray& at(const std::string& name) const {
    const auto found = arrays_.find(name);
    if (found == arrays_.end())
      throw Error(ErrorKind::kData, "has no array '" + name + "'; there are " + names(), file_);
    return found->second;
  }

  /// An array of numbers.
  NamedArray numbers(const std::string& name) const {
    const NpyArray& array = at(name);
    if (array.is_object()) {
      throw Error(ErrorKind::kData, "holds Python objects, which heed does not unpickle; save it as numbers",
                  place(name));
    }
    if (!array.dtype) {
      throw Error(ErrorKind::kData,
                  "has the type '" + printable(array.type) + "'; save it as int32, int64, float32 or float64",
                  place(name));
    }
    return {{*array.dtype, array.shape, array.bytes}, file_, name};
  }

  /// Texts where the array has them. Nothing, with a note, where it has objects.
  std::vector<std::string> texts_if_any(const std::string& name) const {
    if (!contains(name)) return {};
    if (at(name).is_text()) return at(name).texts(place(name));
    inform(place(name) + ": passed over, as it holds " +
           (at(name).is_object() ? "Python objects" : "no texts"));
    return {};
  }

  /// The first of the names that is there; "" if none is.
  std::string first_of(const std::vector<std::string>& candidates) const {
    for (const auto& name : candidates)
      if (contains(name)) return name;
    return "";
  }

  std::string names() const {
    std::vector<std::string> some;
    for (const auto& [name, array] : arrays_)
      if (some.size() < 12) some.push_back(printable(name));
    return comma_list(some);
  }

 private:
  std::string file_;
  std::map<std::string, std::vector<std::byte>> contents_;
  std::map<std::string, NpyArray> arrays_;
};

class NpzReader {
 public:
  NpzReader(const NpzArrays& arrays, const GraphReadOptions& options) : arrays_(arrays), options_(options) {}

  GraphSet read() {
    read_edges();
    read_features();
    read_labels();
    read_masks();
    set_.node_ids = names_of("node_names", nodes_);
    finish_set(set_, options_, RowPlaces::numbered(arrays_.file()));
    return std::move(set_);
  }

 private:
  SparseArrays sparse(const std::string& prefix) const {
    if (arrays_.contains(prefix + "format")) {
      const auto format = arrays_.texts_if_any(prefix + "format");
      if (format.size() != 1 || format[0] != "csr") {
        throw Error(ErrorKind::kData,
                    "is '" + printable(format.empty() ? "" : format[0]) +
                        "'; save the matrix as csr (matrix.tocsr())",
                    arrays_.place(prefix + "format"));
      }
    }
    const NamedArray shape = arrays_.numbers(prefix + "shape");
    shape.expect_shape({2});
    const auto sizes = whole_numbers(shape, 0, std::numeric_limits<int32_t>::max());
    return {arrays_.numbers(prefix + "data"), arrays_.numbers(prefix + "indices"),
            arrays_.numbers(prefix + "indptr"), sizes[0], sizes[1]};
  }

  /// The prefix of the matrix whose row pointers are there; nothing if there is no such matrix.
  std::optional<std::string> prefix_of(const std::vector<std::string>& prefixes) const {
    for (const auto& prefix : prefixes)
      if (arrays_.contains(prefix + "indptr")) return prefix;
    return std::nullopt;
  }

  void read_edges() {
    const auto prefix = prefix_of({"adj_", "adj_matrix.", ""});
    if (!prefix) {
      throw Error(ErrorKind::kData,
                  "has no adjacency matrix: 'adj_indptr' or 'indptr' is needed; there are " + arrays_.names(),
                  arrays_.file());
    }
    const SparseArrays adjacency = sparse(*prefix);
    nodes_ = adjacency.rows;
    if (adjacency.columns != nodes_) {
      arrays_.numbers(*prefix + "shape")
          .fail("is of a matrix that is not square: " + std::to_string(nodes_) + " x " +
                std::to_string(adjacency.columns));
    }
    if (nodes_ > options_.limits.nodes)
      throw Error(ErrorKind::kData, "has more than " + text::grouped(options_.limits.nodes) + " nodes",
                  arrays_.file());
    SparsePattern pattern = sparse_pattern(adjacency);
    for (size_t row = 0; row + 1 < pattern.indptr.size(); ++row)
      set_.source.insert(set_.source.end(),
                         static_cast<size_t>(pattern.indptr[row + 1] - pattern.indptr[row]),
                         static_cast<int32_t>(row));
    set_.target = std::move(pattern.indices);
    set_.node_ptr = {0, nodes_};
    set_.edge_ptr = {0, std::ssize(set_.target)};
    set_.directed = true;
    read_weights(adjacency.data);
  }

  void read_weights(const NamedArray& data) {
    data.expect_shape({set_.edges()});
    auto weights = finite_floats(data);
    if (std::all_of(weights.begin(), weights.end(), [](float weight) { return weight == 1; })) return;
    set_.edge_features.width = 1;
    set_.edge_features.names = {"weight"};
    set_.edge_features.dense = std::move(weights);
  }

  void read_features() {
    const std::string dense = arrays_.first_of({"attr_matrix", "features", "x"});
    if (const auto prefix = prefix_of({"attr_", "attr_matrix."})) {
      const SparseArrays matrix = sparse(*prefix);
      if (matrix.rows != nodes_) {
        arrays_.numbers(*prefix + "shape")
            .fail("has " + std::to_string(matrix.rows) + " rows for " + std::to_string(nodes_) + " nodes");
      }
      set_.node_features = sparse_features(matrix);
    } else if (!dense.empty()) {
      const NamedArray matrix = arrays_.numbers(dense);
      matrix.expect_shape({nodes_, -1});
      set_.node_features.width = matrix.view.shape[1];
      set_.node_features.dense = finite_floats(matrix);
    }
    set_.node_features.names = names_of("attr_names", set_.node_features.width);
  }

  /// Names, where there are as many as are needed.
  std::vector<std::string> names_of(const std::string& array, int64_t count) const {
    auto names = arrays_.texts_if_any(array);
    if (!names.empty() && std::ssize(names) != count)
      throw Error(ErrorKind::kData,
                  "has " + std::to_string(names.size()) + " names for " + std::to_string(count),
                  arrays_.place(array));
    return names;
  }

  void read_labels() {
    const std::string name = arrays_.first_of({"labels", "y"});
    if (name.empty()) return;
    const NamedArray labels = arrays_.numbers(name);
    set_.targets.level = Level::kNode;
    if (labels.view.shape.size() == 2) {
      labels.expect_shape({nodes_, -1});
      if (labels.view.shape[1] > static_cast<int64_t>(options_.limits.columns))
        labels.fail("has too many columns");
      for (int64_t i = 0; i < labels.view.shape[1]; ++i)
        set_.targets.names.push_back(name + std::to_string(i));
      set_.targets.numbers = doubles_or_nan(labels);
      return;
    }
    labels.expect_shape({nodes_});
    Categories& classes = set_.targets.classes;
    classes.name = name;
    classes.codes = small_numbers(labels, -1, static_cast<int32_t>(options_.limits.categories) - 1);
    const int32_t most =
        classes.codes.empty() ? -1 : *std::max_element(classes.codes.begin(), classes.codes.end());
    classes.values = class_names(most);
    if (classes.values.empty())
      for (int32_t value = 0; value <= most; ++value) classes.values.push_back(std::to_string(value));
  }

  /// The names of the classes, where they are at least as many as are used, and distinct.
  std::vector<std::string> class_names(int32_t most) const {
    auto names = arrays_.texts_if_any("class_names");
    auto sorted = names;
    std::sort(sorted.begin(), sorted.end());
    const bool distinct = std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
    if (!names.empty() && (std::ssize(names) <= most || !distinct || sorted.front().empty())) {
      throw Error(ErrorKind::kData,
                  "must have a different name for each of " + std::to_string(most + 1) + " classes",
                  arrays_.place("class_names"));
    }
    return names;
  }

  void read_masks() {
    for (const auto& mask : kMaskArrays)
      if (arrays_.contains(mask.name)) use_mask(arrays_.numbers(mask.name), mask.split, set_);
  }

  const NpzArrays& arrays_;
  const GraphReadOptions& options_;
  int64_t nodes_ = 0;
  GraphSet set_;
};

}  // namespace

GraphSet read_npz(std::unique_ptr<std::istream> input, const std::string& name,
                  const GraphReadOptions& options) {
  const NpzArrays arrays(image::ArchiveReader(std::move(input), name), name, options.limits);
  return NpzReader(arrays, options).read();
}

GraphSet read_npz(const std::filesystem::path& path, const GraphReadOptions& options) {
  return read_npz(open_file(path), path.string(), options);
}

}  // namespace heed::graph
