// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/tensor_reader.h"

#include <cmath>
#include <limits>

#include "tests/data/graph/graph_arrays.h"
#include "tests/data/graph/graph_fixtures.h"

#include "heed/data/graph/graph_schema.h"

namespace heed::graph {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::names_of;
using testing::refusal;
using testing::sound;
using testing::Tensors;
using testing::values_of;
using I32 = std::vector<int32_t>;
using I64 = std::vector<int64_t>;
using U8 = std::vector<uint8_t>;
using F32 = std::vector<float>;
using F64 = std::vector<double>;

GraphSet read(const Tensors& tensors, const std::map<std::string, std::string>& metadata = {},
              const GraphReadOptions& options = {}) {
  return sound([&] { return parse_graph_tensors(tensors.file(metadata), "g.safetensors", options); });
}
std::string failure(const Tensors& tensors, const std::map<std::string, std::string>& metadata = {}) {
  return refusal([&] { read(tensors, metadata); });
}

/// Three nodes; 0 - 1 in both directions.
Tensors citations() {
  Tensors tensors;
  tensors.set("x_indptr", {4}, I64{0, 2, 2, 3}).set("x_indices", {3}, I32{4, 0, 2});
  tensors.set("x_values", {3}, F32{1, 2, 3}).set("x_shape", {2}, I64{3, 5});
  tensors.set("edge_index", {2, 2}, I64{0, 1, 1, 0}).set("y", {3}, I64{2, 0, -1});
  return tensors.set("train_mask", {3}, U8{1, 0, 0}).set("test_mask", {3}, U8{0, 0, 1});
}

TEST(CitationTensors, GiveSparseFeaturesClassesAndSplits) {
  const GraphSet set = read(citations());
  EXPECT_THAT(set.source, ElementsAre(0, 1));
  EXPECT_THAT(set.target, ElementsAre(1, 0));
  EXPECT_TRUE(set.directed);
  EXPECT_EQ(set.node_features.width, 5);
  EXPECT_THAT(set.node_features.indptr, ElementsAre(0, 2, 2, 3));
  EXPECT_THAT(set.node_features.indices, ElementsAre(0, 4, 2));
  EXPECT_THAT(set.node_features.values, ElementsAre(2, 1, 3));
  EXPECT_THAT(set.targets.classes.values, ElementsAre("0", "1", "2"));
  EXPECT_THAT(set.targets.classes.codes, ElementsAre(2, 0, -1));
  EXPECT_THAT(set.split, ElementsAre(Split::kTrain, Split::kNone, Split::kTest));
}

TEST(CitationTensors, FeaturesMayBeDenseOrMissing) {
  Tensors dense = citations();
  dense.drop("x_indptr").set("x", {3, 2}, F64{1, 2, 3, 4, 5, 6});
  EXPECT_THAT(read(dense).node_features.dense, ElementsAre(1, 2, 3, 4, 5, 6));
  dense.drop("x");
  EXPECT_EQ(read(dense, {{"num_nodes", "3"}}).nodes(), 3);
  EXPECT_THAT(failure(dense), HasSubstr("neither features"));
}

TEST(CitationTensors, EntriesOfOnePlaceAreAddedUp) {
  Tensors tensors = citations();
  tensors.set("x_indices", {3}, I32{4, 4, 2});
  EXPECT_THAT(read(tensors).node_features.values, ElementsAre(3, 3));
}

TEST(CitationTensors, FaultsNameTheTensor) {
  EXPECT_EQ(failure(citations().set("edge_index", {2, 1}, I64{0, 3})),
            "g.safetensors: 'edge_index' value 1 must be from 0 to 2, got 3");
  EXPECT_EQ(failure(citations().set("edge_index", {3, 1}, I64{0, 1, 2})),
            "g.safetensors: 'edge_index' has the shape [3, 1]; [2, any] is needed");
  EXPECT_THAT(failure(citations().set("x_values", {3}, F32{1, INFINITY, 1})),
              HasSubstr("'x_values' value 1 must be finite"));
  EXPECT_THAT(failure(citations().set("x_indptr", {4}, I64{0, 2, 1, 3})),
              HasSubstr("'x_indptr' must ascend; value 2"));
  EXPECT_THAT(failure(citations().set("x_indptr", {4}, I64{0, 2, 2, 4})),
              HasSubstr("must end with 3, got 4"));
  EXPECT_THAT(failure(citations().set("y", {2}, I64{0, 1})),
              HasSubstr("'y' has the shape [2]; [3] is needed"));
  EXPECT_THAT(failure(citations().set("y", {3}, F64{0, 0.5, 1})),
              HasSubstr("'y' value 1 must be a whole number"));
  EXPECT_THAT(failure(citations().set("train_mask", {3}, U8{2, 0, 0})), HasSubstr("'train_mask' value 0"));
  EXPECT_THAT(failure(citations().set("val_mask", {3}, U8{1, 0, 0})),
              HasSubstr("puts node 0 into a second split"));
  EXPECT_THAT(failure(citations().drop("x_shape")), HasSubstr("x_shape"));
}

/// CO2 without hydrogens, and CH4 (a carbon with four).
Tensors molecules() {
  Tensors tensors;
  tensors.set("atom_ptr", {3}, I32{0, 3, 4}).set("bond_ptr", {3}, I32{0, 2, 2});
  tensors.set("atom_z", {4}, U8{8, 6, 8, 6})
      .set("atom_h", {4}, U8{0, 0, 0, 4})
      .set("atom_flags", {4}, U8{0, 3, 0, 0});
  tensors.set("bond_u", {2}, U8{0, 1}).set("bond_v", {2}, U8{1, 2}).set("bond_type", {2}, U8{2, 18});
  return tensors.set("y", {2, 2}, F64{1, NAN, 3, 4}).set("id", {2}, I32{7, 1});
}

TEST(MoleculeTensors, GiveTheColumnsOfEveryReaderOfMolecules) {
  const GraphSet set = read(molecules(), {{"targets", "u0, gap"}});
  EXPECT_THAT(names_of(set.node_categories), ElementsAre("element", "hydrogens", "aromatic", "ring"));
  EXPECT_THAT(values_of(set.node_categories[0]), ElementsAre("O", "C", "O", "C"));
  EXPECT_THAT(values_of(set.node_categories[1]), ElementsAre("0", "0", "0", "4"));
  EXPECT_THAT(values_of(set.node_categories[2]), ElementsAre("0", "1", "0", "0"));
  EXPECT_THAT(names_of(set.edge_categories), ElementsAre("bond", "ring"));
  EXPECT_THAT(values_of(set.edge_categories[0]), ElementsAre("double", "double"));
  EXPECT_THAT(values_of(set.edge_categories[1]), ElementsAre("0", "1"));
  EXPECT_FALSE(set.directed);
  EXPECT_THAT(set.targets.names, ElementsAre("u0", "gap"));
  EXPECT_TRUE(std::isnan(set.targets.numbers[1]));
  EXPECT_THAT(set.graph_names, ElementsAre("7", "1"));
}

TEST(MoleculeTensors, CoordinatesAreKept) {
  Tensors tensors = molecules();
  tensors.set("atom_xyz", {4, 3}, F32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  EXPECT_EQ(read(tensors).coordinates.at(11), 12);
  tensors.set("atom_xyz", {4, 3}, F32{1, 2, 3, 4, 5, NAN, 7, 8, 9, 10, 11, 12});
  EXPECT_THAT(failure(tensors), HasSubstr("'atom_xyz' value 5 must be finite"));
}

TEST(MoleculeTensors, FaultsNameTheTensor) {
  EXPECT_THAT(failure(molecules().set("bond_v", {2}, U8{1, 3})),
              HasSubstr("'bond_v' value 1 is no atom of molecule 0, which has 3"));
  EXPECT_THAT(failure(molecules().set("atom_z", {4}, U8{8, 0, 8, 6})),
              HasSubstr("'atom_z' value 1 is 0, which is no element"));
  EXPECT_THAT(failure(molecules().set("bond_type", {2}, U8{2, 5})),
              HasSubstr("'bond_type' value 1 is 5, which is no bond"));
  EXPECT_THAT(failure(molecules().set("bond_type", {2}, U8{2, 33})), HasSubstr("'bond_type' value 1"));
  EXPECT_THAT(failure(molecules().set("bond_ptr", {2}, I32{0, 2})),
              HasSubstr("'bond_ptr' is for 1 molecules, 'atom_ptr' for 2"));
  EXPECT_THAT(failure(molecules(), {{"targets", "a,b,c"}}),
              HasSubstr("'y' has 2 columns, but the metadata entry 'targets' names 3"));
  EXPECT_THAT(failure(molecules().set("y", {2, 1}, F32{1, -INFINITY})),
              HasSubstr("'y' value 1 must be finite"));
}

TEST(MoleculeTensors, TargetsCanBeChosenAndColumnsIgnored) {
  const std::map<std::string, std::string> names{{"targets", "u0,gap"}};
  const GraphSet set = read(molecules(), names, {.targets = {"gap"}, .ignore = {"ring"}});
  EXPECT_THAT(set.targets.names, ElementsAre("gap"));
  EXPECT_EQ(set.targets.numbers.at(1), 4);
  EXPECT_THAT(names_of(set.node_categories), ElementsAre("element", "hydrogens", "aromatic"));
  EXPECT_THAT(refusal([&] { read(molecules(), names, {.targets = {"mu"}}); }),
              HasSubstr("there are u0, gap"));
  GraphReadOptions options;
  options.schema = schema_of(set);
  EXPECT_THAT(read(molecules(), names, options).targets.names, ElementsAre("gap"));
  EXPECT_EQ(read(molecules().drop("y"), {}, options).targets.numbers.size(), 0U);
}

TEST(GraphTensors, FilesOfOtherTensorsAreRefused) {
  Tensors weights;
  weights.set("layer.weight", {1}, F32{1});
  EXPECT_EQ(failure(weights),
            "g.safetensors: holds no graphs: 'edge_index', 'atom_ptr', 'node_ptr' and 'points' are not among "
            "its tensors "
            "(layer.weight)");
  EXPECT_THAT(refusal([] { parse_graph_tensors(std::vector<std::byte>(9), "g.safetensors", {}); }),
              HasSubstr("g.safetensors: not a valid safetensors file"));
}

}  // namespace
}  // namespace heed::graph
