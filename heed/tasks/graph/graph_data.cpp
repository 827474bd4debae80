// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/graph/graph_data.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "heed/core/crc32c.h"
#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/data/graph/graph_files.h"
#include "heed/data/stable_hash.h"
#include "heed/data/text/counts.h"

namespace heed::tasks {
namespace {
using graph::GraphSet;
using graph::Level;
using graph::Split;

constexpr const char* kSplits[] = {"", "train", "valid", "test"};  // by the number of a Split

/// The number of the graph that a node belongs to.
size_t graph_of_node(const GraphSet& set, int64_t node) {
  const auto after = std::upper_bound(set.node_ptr.begin(), set.node_ptr.end(), node);
  return static_cast<size_t>(after - set.node_ptr.begin()) - 1;
}

/// A number from 0 to 1 that depends on the name of a row, or on its number where rows have no names, and on the seed. Nodes of several
/// graphs go by their graph: a graph is not torn apart.
double draw(const GraphCorpus& corpus, int64_t row, uint64_t seed) {
  const GraphSet& set = *corpus.set;
  const bool by_graph = corpus.of_graphs() || set.graphs() > 1;
  const size_t number = by_graph && !corpus.of_graphs() ? graph_of_node(set, row) : static_cast<size_t>(row);
  const auto& names = by_graph ? set.graph_names : set.node_ids;
  const std::string name = names.empty() ? std::to_string(number) : names[number];
  return static_cast<double>(stable_hash(std::to_string(seed) + "/" + name) >> 11) * 0x1p-53;
}

/// The split of each row with targets.
std::vector<Split> splits_of_rows(const GraphSet& set) {
  const Level level = set.targets.level;
  if (set.split_level == level) return set.split;
  std::vector<Split> splits(static_cast<size_t>(set.rows(level)), Split::kNone);
  if (set.split_level == Level::kNone) return splits;
  if (level == Level::kGraph)
    throw Error(ErrorKind::kData, "has a split for each node, but targets of graphs");
  for (size_t g = 0; g + 1 < set.node_ptr.size(); ++g)
    std::fill(splits.begin() + set.node_ptr[g], splits.begin() + set.node_ptr[g + 1], set.split[g]);
  return splits;
}

using Splits = std::map<std::string, std::vector<int64_t>>;

/// Every row is drawn into train, valid or test.
void draw_splits(const GraphCorpus& corpus, const GraphDataOptions& options, uint64_t seed, Splits& splits) {
  for (const int64_t row : std::exchange(splits[""], {})) {
    const double number = draw(corpus, row, seed);
    const bool test = number < options.test_share, valid = number < options.test_share + options.valid_share;
    splits[test ? "test" : valid ? "valid" : "train"].push_back(row);
  }
}

void draw_valid(const GraphCorpus& corpus, const GraphDataOptions& options, uint64_t seed, Splits& splits) {
  auto& train = splits["train"];
  const auto taken = [&](int64_t row) { return draw(corpus, row, seed) < options.valid_share; };
  std::copy_if(train.begin(), train.end(), std::back_inserter(splits["valid"]), taken);
  std::erase_if(train, taken);
  inform("the data says no validation part: " + text::grouped(std::ssize(splits["valid"])) +
         " rows of train are taken (data.valid_share)");
}

/// Rows with a target in parts of one size: one is the test, the next one valid.
Splits fold_splits(const GraphCorpus& corpus, int64_t folds, uint64_t seed) {
  constexpr uint64_t kSameForAllSeeds = 0;
  std::vector<std::pair<double, int64_t>> rows;
  for (auto& [name, list] : rows_by_split(corpus))
    for (const int64_t row : list) rows.emplace_back(draw(corpus, row, kSameForAllSeeds), row);
  std::sort(rows.begin(), rows.end());
  Splits splits;
  const auto count = static_cast<uint64_t>(folds);
  for (size_t i = 0; i < rows.size(); ++i) {
    const uint64_t fold = (i + count - seed % count) % count;
    splits[fold == 0 ? "test" : fold == 1 ? "valid" : "train"].push_back(rows[i].second);
  }
  for (auto& [name, list] : splits) std::sort(list.begin(), list.end());
  return splits;
}

template <class T>
void add_bytes(Crc32c& checksum, const std::vector<T>& values) {
  checksum.add(std::as_bytes(std::span(values)));
}

std::string noun(const GraphCorpus& corpus) {
  return corpus.of_graphs() ? "graphs" : "nodes";
}

}  // namespace

Fields fields(GraphDataOptions& options) {
  return graph::fields(options.reading) + fields(options.tensors) +
         Fields{
             {"batch_size", &options.batch_size, "graphs in a batch; a single graph is one batch",
              at_least(1)},
             {"valid_share", &options.valid_share, "share for validation where the data says none",
              between(0, 0.9)},
             {"test_share", &options.test_share, "share for the test where the data says no splits",
              between(0, 0.9)},
             {"folds", &options.folds,
              "cross-validation: divide all rows into so many parts, of which training.seed chooses the "
              "test and the next one "
              "is for validation; 0: as the data says. Made for as many seeds",
              [](const Field::Value& value) {
                const int64_t folds = *std::get<int64_t*>(value);
                return folds == 0 || folds >= 3 ? std::string() : std::string("must be 0 or at least 3");
              }},
             {"composition", &options.composition,
              "column of categories, such as element, of which each node adds a number of its own to the "
              "targets of its "
              "graph; what is left is learned"},
             {"target_weights", &options.target_weights,
              "how much the error of each number counts in the loss, one for each target; empty: all alike"},
             {"loss", &options.loss, "loss of numbers, standardised: absolute or squared error",
              one_of({"absolute", "squared"})},
             {"watch", &options.watch,
              "which classifier is the best: by accuracy, nll, or either; auto: accuracy. With either, as "
              "in the "
              "published code of GAT, an accuracy or nll as good as the best so far resets the patience, "
              "and weights are "
              "kept if both are",
              one_of({"auto", "accuracy", "nll", "either"})}};
}

int64_t GraphCorpus::outputs() const {
  return has_classes() ? std::ssize(set->targets.classes.values) : std::ssize(set->targets.names);
}

bool GraphCorpus::has_target(int64_t row) const {
  const auto& targets = set->targets;
  if (has_classes()) return targets.classes.codes[static_cast<size_t>(row)] >= 0;
  const auto width = std::ssize(targets.names);
  const auto first = targets.numbers.begin() + row * width;
  return std::any_of(first, first + width, [](double number) { return !std::isnan(number); });
}

Splits rows_by_split(const GraphCorpus& corpus) {
  Splits splits;
  const auto all = splits_of_rows(*corpus.set);
  for (int64_t row = 0; row < std::ssize(all); ++row)
    if (corpus.has_target(row))
      splits[kSplits[static_cast<size_t>(all[static_cast<size_t>(row)])]].push_back(row);
  return splits;
}

GraphCorpus read_graph_corpus(const Paths& data, const GraphDataOptions& options, uint64_t seed) {
  GraphCorpus corpus;
  corpus.set = std::make_shared<const GraphSet>(graph::read_graphs(data, options.reading));
  const std::string place = data.front().string();
  if (corpus.set->targets.level == Level::kNone || corpus.outputs() == 0) {
    throw Error(ErrorKind::kData,
                "has nothing to predict: name the column of a class (data.label) or columns of numbers "
                "(data.targets)",
                place);
  }
  Splits splits = options.folds > 0 ? fold_splits(corpus, options.folds, seed) : rows_by_split(corpus);
  if (splits["train"].empty() && splits["valid"].empty() && splits["test"].empty())
    draw_splits(corpus, options, seed, splits);
  if (splits["valid"].empty()) draw_valid(corpus, options, seed, splits);
  splits.erase("");
  splits["test"];
  for (const char* part : {"train", "valid"}) {
    if (splits[part].empty())
      throw Error(ErrorKind::kData, std::string("has no ") + noun(corpus) + " with a target for " + part,
                  place);
  }
  if (corpus.has_classes() && corpus.outputs() < 2)
    throw Error(ErrorKind::kData, "has one class only, '" + corpus.set->targets.classes.values.front() + "'",
                place);
  corpus.splits = std::move(splits);
  return corpus;
}

toml::table graph_card(const GraphCorpus& corpus) {
  const GraphSet& set = *corpus.set;
  Crc32c checksum;
  add_bytes(checksum, set.source);
  add_bytes(checksum, set.target);
  add_bytes(checksum, set.node_features.dense);
  add_bytes(checksum, set.node_features.indices);
  add_bytes(checksum, set.node_features.values);
  add_bytes(checksum, set.coordinates);
  add_bytes(checksum, set.point_weights);
  for (const auto& column : set.node_categories) add_bytes(checksum, column.codes);
  for (const auto& column : set.edge_categories) add_bytes(checksum, column.codes);
  add_bytes(checksum, set.targets.classes.codes);
  add_bytes(checksum, set.targets.numbers);
  toml::table card{{"graphs", set.graphs()}, {"nodes", set.nodes()}, {"edges", set.edges()}};
  for (const auto& [name, rows] : corpus.splits) {
    card.insert(name, std::ssize(rows));
    add_bytes(checksum, rows);
  }
  card.insert("crc32c", int64_t{checksum.value()});
  return card;
}

std::string corpus_line(const GraphCorpus& corpus) {
  const std::string what = corpus.has_classes()    ? " classes of "
                           : corpus.outputs() == 1 ? " number of "
                                                   : " numbers of ";
  std::string line = "graph: " + text::grouped(corpus.outputs()) + what + noun(corpus);
  for (const char* part : {"train", "valid", "test"})
    line += std::string("; ") + part + " " + text::grouped(std::ssize(corpus.split(part)));
  return line;
}

}  // namespace heed::tasks
