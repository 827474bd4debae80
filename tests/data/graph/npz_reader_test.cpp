// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/npz_reader.h"

#include <cmath>
#include <sstream>

#include "tests/core/kept_log.h"
#include "tests/data/graph/graph_arrays.h"
#include "tests/data/graph/graph_fixtures.h"

#include "heed/data/graph/npy.h"

namespace heed::graph {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::npy;
using testing::npy_texts;
using testing::npy_with;
using testing::refusal;
using testing::sound;
using Arrays = std::map<std::string, std::string>;

GraphSet read(const Arrays& arrays, const GraphReadOptions& options = {}) {
  image::testing::NamedContents files;
  for (const auto& [name, content] : arrays) files.emplace_back(name + ".npy", content);
  const std::string zip = image::testing::write_archive(files);
  return sound([&] { return read_npz(std::make_unique<std::istringstream>(zip), "g.npz", options); });
}
std::string failure(const Arrays& arrays) {
  return refusal([&] { read(arrays); });
}

/// Three nodes: 0 -> 1, 0 -> 2, 2 -> 0.
Arrays scipy() {
  return {{"data", npy<float>("(3,)", {1, 1, 1})},
          {"indices", npy<int32_t>("(3,)", {1, 2, 0})},
          {"indptr", npy<int32_t>("(4,)", {0, 2, 2, 3})},
          {"shape", npy<int64_t>("(2,)", {3, 3})},
          {"format", npy_with("{'descr': '|S3', 'fortran_order': False, 'shape': (), }", "csr")}};
}

Arrays benchmark() {
  Arrays arrays;
  for (const auto& [name, content] : scipy())
    if (name != "format") arrays["adj_" + name] = content;
  arrays["attr_data"] = npy<float>("(2,)", {2, 3});
  arrays["attr_indices"] = npy<int32_t>("(2,)", {1, 0});
  arrays["attr_indptr"] = npy<int64_t>("(4,)", {0, 1, 1, 2});
  arrays["attr_shape"] = npy<int64_t>("(2,)", {3, 2});
  arrays["labels"] = npy<int64_t>("(3,)", {1, 0, -1});
  return arrays;
}

TEST(NpzReader, ReadsAMatrixOfScipy) {
  const GraphSet set = read(scipy());
  EXPECT_EQ(set.nodes(), 3);
  EXPECT_THAT(set.source, ElementsAre(0, 0, 2));
  EXPECT_THAT(set.target, ElementsAre(1, 2, 0));
  EXPECT_TRUE(set.directed);
  EXPECT_EQ(set.edge_features.width, 0);
}

TEST(NpzReader, ValuesOtherThanOneAreWeights) {
  Arrays arrays = scipy();
  arrays["data"] = npy<double>("(3,)", {1, 0.5, 1});
  EXPECT_THAT(read(arrays).edge_features.names, ElementsAre("weight"));
  EXPECT_THAT(read(arrays).edge_features.dense, ElementsAre(1, 0.5F, 1));
}

TEST(NpzReader, ReadsTheArraysOfGraphBenchmarks) {
  LinesOfLog log;
  Arrays arrays = benchmark();
  arrays["attr_names"] = npy_texts({"word", "b"}, 5);
  arrays["node_names"] = npy_with("{'descr': '|O', 'fortran_order': False, 'shape': (3,), }", "pickle");
  arrays["class_names"] = npy_texts({"theory", "genes", "more"}, 6);
  arrays["train_mask"] = npy<uint8_t>("(3,)", {0, 1, 0});
  const GraphSet set = read(arrays);
  EXPECT_EQ(set.node_features.width, 2);
  EXPECT_THAT(set.node_features.names, ElementsAre("word", "b"));
  EXPECT_THAT(set.node_features.values, ElementsAre(2, 3));
  EXPECT_THAT(set.targets.classes.values, ElementsAre("theory", "genes", "more"));
  EXPECT_THAT(set.targets.classes.codes, ElementsAre(1, 0, -1));
  EXPECT_THAT(set.split, ElementsAre(Split::kNone, Split::kTrain, Split::kNone));
  EXPECT_THAT(log.notes, ElementsAre("g.npz, 'node_names': passed over, as it holds Python objects"));
}

TEST(NpzReader, FeaturesAndLabelsMayBeDense) {
  Arrays arrays = scipy();
  arrays["features"] = npy<double>("(3, 1)", {1, 2, 3});
  arrays["labels"] = npy<double>("(3, 2)", {0, 1, 1, NAN, 0, 0});
  const GraphSet set = read(arrays);
  EXPECT_THAT(set.node_features.dense, ElementsAre(1, 2, 3));
  EXPECT_THAT(set.targets.names, ElementsAre("labels0", "labels1"));
  EXPECT_TRUE(std::isnan(set.targets.numbers.at(3)));
}

TEST(NpzReader, ObjectsAreNeverUnpickled) {
  Arrays arrays = benchmark();
  arrays["labels"] = npy_with("{'descr': '|O', 'fortran_order': False, 'shape': (3,), }", "\x80\x03]");
  EXPECT_EQ(failure(arrays),
            "g.npz, 'labels': holds Python objects, which heed does not unpickle; save it as numbers");
}

TEST(NpzReader, FaultsNameTheArray) {
  const auto with = [](const std::string& name, const std::string& content) {
    Arrays arrays = scipy();
    arrays[name] = content;
    return failure(arrays);
  };
  EXPECT_THAT(failure({{"a", npy<float>("(1,)", {1})}}), HasSubstr("g.npz: has no adjacency matrix"));
  EXPECT_THAT(with("shape", npy<int64_t>("(2,)", {3, 4})),
              HasSubstr("'shape' is of a matrix that is not square: 3 x 4"));
  EXPECT_THAT(with("indices", npy<int32_t>("(3,)", {1, 3, 0})),
              HasSubstr("'indices' value 1 must be from 0 to 2, got 3"));
  EXPECT_THAT(with("format", npy_with("{'descr': '|S3', 'fortran_order': False, 'shape': (), }", "coo")),
              HasSubstr("is 'coo'; save the matrix as csr"));
  EXPECT_THAT(with("features", npy_with("{'descr': '<f8', 'fortran_order': True, 'shape': (3, 2), }",
                                        std::string(48, '\0'))),
              HasSubstr("'features': is stored column by column"));
  EXPECT_THAT(with("data", npy_with("{'descr': '>f4', 'fortran_order': False, 'shape': (3,), }",
                                    std::string(12, '\0'))),
              HasSubstr("is big-endian ('>f4'); save it as '<f4'"));
  EXPECT_THAT(with("data", npy<float>("(3,)", {1, 1})), HasSubstr("'data': needs 12 bytes, there are 8"));
  EXPECT_THAT(with("data", npy_with("{'descr': '<f2', 'fortran_order': False, 'shape': (3,), }", "abcdef")),
              HasSubstr("has the type '<f2'"));
  EXPECT_THAT(with("data", "no array at all"), HasSubstr("'data': is no .npy array"));
}

TEST(Npy, HeadersAreHeldToTheirForm) {
  const auto parse = [](const std::string& file) {
    return refusal([&] { parse_npy(std::as_bytes(std::span(file)), "a.npy"); });
  };
  const std::string good = npy<float>("(1,)", {1});
  EXPECT_NO_THROW(parse_npy(std::as_bytes(std::span(good)), "a.npy"));
  EXPECT_THAT(parse(npy_with("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "")),
              HasSubstr("array of records"));
  EXPECT_THAT(parse(npy_with("{'descr': '<f4', 'shape': (1,)}", "")), HasSubstr("damaged"));
  EXPECT_THAT(parse(npy_with("{'descr': '<f4', 'fortran_order': 1, 'shape': (1,)}", "")),
              HasSubstr("damaged"));
  EXPECT_THAT(parse(npy_with("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "")),
              HasSubstr("damaged"));
  EXPECT_THAT(
      parse(npy_with("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", "")),
      HasSubstr("too large"));
  EXPECT_THAT(parse(good.substr(0, 20)), HasSubstr("cut or too long"));
  EXPECT_THAT(parse(good.substr(0, 6) + "\x09" + good.substr(7)), HasSubstr("unknown .npy version 9"));
}

}  // namespace
}  // namespace heed::graph
