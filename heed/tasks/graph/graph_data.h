// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <toml++/toml.h>

#include "heed/core/field.h"
#include "heed/data/graph/graph_options.h"
#include "heed/data/graph/graph_set.h"
#include "heed/tasks/graph/graph_tensors.h"
#include "heed/tasks/trained.h"

namespace heed::tasks {

/// Section [data] of a graph run.
struct GraphDataOptions {
  graph::GraphReadOptions reading;
  GraphTensorOptions tensors;
  int64_t batch_size = 32;
  double valid_share = 0.1, test_share = 0.1;
  int64_t folds = 0;
  std::string composition;
  std::string loss = "absolute";            ///< of numbers: absolute, squared
  std::vector<double> target_weights = {};  ///< of the error of each number in the loss; empty: all alike
  std::string watch = "auto";               ///< auto, accuracy, nll, either; for classes
};
Fields fields(GraphDataOptions& options);

/// Graphs with their targets: classes, or else numbers, of nodes or of graphs.
struct GraphCorpus {
  std::shared_ptr<const graph::GraphSet> set;
  std::map<std::string, std::vector<int64_t>>
      splits;  ///< rows, nodes or graphs, that have a target: train, valid, test

  bool has_classes() const { return set->targets.has_classes(); }
  bool of_graphs() const { return set->targets.level == graph::Level::kGraph; }
  int64_t outputs() const;  ///< classes, or numbers
  bool has_target(int64_t row) const;
  const std::vector<int64_t>& split(const std::string& name) const { return splits.at(name); }
};

/// Reads graphs for training. With data.folds all rows are divided anew, into parts of one size by a hash of their names; the part with the
/// number of the seed is the test, the next one valid, so that as many seeds test every row once.
/// Where the data says no splits, each row is in train, valid or test by a hash of its name or number (of several graphs: of its graph) and the
/// seed; where it only lacks valid, a share of train becomes it. Throws Error(kData) if there is nothing to learn from.
GraphCorpus read_graph_corpus(const Paths& data, const GraphDataOptions& options, uint64_t seed);

/// The rows of a set that have a target, by split; rows without a split are in "".
std::map<std::string, std::vector<int64_t>> rows_by_split(const GraphCorpus& corpus);

/// Sizes of the corpus, with a checksum: equal cards mean equal training data.
toml::table graph_card(const GraphCorpus& corpus);
/// "graph: 7 classes of nodes; train 140; valid 500; test 1,000 nodes".
std::string corpus_line(const GraphCorpus& corpus);

}  // namespace heed::tasks
