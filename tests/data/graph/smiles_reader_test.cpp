// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/smiles_reader.h"

#include <cmath>
#include <utility>

#include "tests/core/kept_log.h"
#include "tests/data/graph/graph_arrays.h"
#include "tests/data/graph/graph_fixtures.h"

#include "heed/data/graph/graph_files.h"
#include "heed/data/graph/graph_schema.h"
#include "heed/data/graph/smiles.h"
#include "heed/data/graph/tensor_reader.h"

namespace heed::graph {
namespace {
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::Files;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::names_of;
using testing::refusal;
using testing::sound;
using testing::values_of;

GraphSet read_table(const std::string& text, const GraphReadOptions& options = {}) {
  return sound([&] { return read_smiles_table({"m.csv", text}, options); });
}
GraphSet read_lines(const std::string& text, const GraphReadOptions& options = {}) {
  return sound([&] { return read_smiles({"m.smi", text}, options); });
}
std::string failure(const std::string& text, const GraphReadOptions& options = {}) {
  return refusal([&] { read_lines(text, options); });
}

const GraphReadOptions kGeometry{.conformer = "rdkit"};

double distance(const GraphSet& set, size_t a, size_t b) {
  double sum = 0;
  for (size_t axis = 0; axis < 3; ++axis)
    sum += std::pow(set.coordinates[3 * a + axis] - set.coordinates[3 * b + axis], 2);
  return std::sqrt(sum);
}

class SmilesReader : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!no_smiles().empty()) GTEST_SKIP() << "it " << no_smiles();
  }
};

TEST(SmilesReaderWithoutRdkit, SaysHowToGetIt) {
  if (no_smiles().empty()) GTEST_SKIP() << "this heed was built with RDKit";
  const Files files;
  for (const auto& path : {files.write("a.smi", "CCO\n"), files.write("a.csv", "smiles,logS\nCCO,1\n")})
    EXPECT_THAT(refusal([&] { read_graphs({path}); }), AllOf(HasSubstr("librdkit-dev"), HasSubstr("to SDF")));
}

TEST_F(SmilesReader, ARowIsAGraphWithTheColumnsOfMolecules) {
  const GraphSet set = read_table("code,SMILES,logS,split\nx,CC(=O)[O-],-1.5,train\ny,c1cn[nH]c1,,test\n");
  EXPECT_THAT(set.node_ptr, ElementsAre(0, 4, 9));
  EXPECT_THAT(names_of(set.node_categories),
              ElementsAre("element", "charge", "hydrogens", "aromatic", "ring"));
  EXPECT_THAT(values_of(set.node_categories[0]), ElementsAre("C", "C", "O", "O", "C", "C", "N", "N", "C"));
  EXPECT_THAT(values_of(set.node_categories[1]), ElementsAre("0", "0", "0", "-1", "0", "0", "0", "0", "0"));
  EXPECT_THAT(values_of(set.node_categories[2]), ElementsAre("3", "0", "0", "0", "1", "1", "0", "1", "1"));
  EXPECT_THAT(values_of(set.node_categories[3]), ElementsAre("0", "0", "0", "0", "1", "1", "1", "1", "1"));
  EXPECT_EQ(values_of(set.node_categories[3]), values_of(set.node_categories[4]));
  EXPECT_THAT(names_of(set.edge_categories), ElementsAre("bond", "ring"));
  EXPECT_THAT(values_of(set.edge_categories[0]), ElementsAre("single", "double", "single", "aromatic",
                                                             "aromatic", "aromatic", "aromatic", "aromatic"));
  EXPECT_THAT(values_of(set.edge_categories[1]), ElementsAre("0", "0", "0", "1", "1", "1", "1", "1"));
  EXPECT_FALSE(set.directed);
  EXPECT_THAT(set.coordinates, IsEmpty());
  EXPECT_THAT(set.targets.names, ElementsAre("logS"));
  EXPECT_EQ(set.targets.numbers.at(0), -1.5);
  EXPECT_TRUE(std::isnan(set.targets.numbers.at(1)));
  EXPECT_THAT(set.split, ElementsAre(Split::kTrain, Split::kTest));
  EXPECT_THAT(set.graph_names, ElementsAre("CC(=O)[O-]", "c1cn[nH]c1"));
}

TEST_F(SmilesReader, AModelOfTensorsReadsTheSameCodes) {
  testing::Tensors tensors;  // N#CC1=CC=CO1, aromatic
  using U8 = std::vector<uint8_t>;
  tensors.set("atom_ptr", {2}, std::vector<int32_t>{0, 7}).set("bond_ptr", {2}, std::vector<int32_t>{0, 7});
  tensors.set("atom_z", {7}, U8{7, 6, 6, 6, 6, 6, 8}).set("atom_charge", {7}, U8(7, 0));
  tensors.set("atom_h", {7}, U8{0, 0, 0, 1, 1, 1, 0}).set("atom_flags", {7}, U8{0, 0, 3, 3, 3, 3, 3});
  tensors.set("bond_u", {7}, U8{0, 1, 2, 3, 4, 5, 6}).set("bond_v", {7}, U8{1, 2, 3, 4, 5, 6, 2});
  tensors.set("bond_type", {7}, U8{3, 1, 20, 20, 20, 20, 20});
  const GraphSet given = parse_graph_tensors(tensors.file(), "g.safetensors", {});
  const GraphSet set = read_lines("N#CC1=CC=CO1", {.schema = schema_of(given)});
  EXPECT_EQ(set.source, given.source);
  EXPECT_EQ(set.target, given.target);
  ASSERT_EQ(set.node_categories.size(), given.node_categories.size());
  ASSERT_EQ(set.edge_categories.size(), given.edge_categories.size());
  for (size_t i = 0; i < given.node_categories.size(); ++i)
    EXPECT_EQ(set.node_categories[i].codes, given.node_categories[i].codes) << given.node_categories[i].name;
  for (size_t i = 0; i < given.edge_categories.size(); ++i)
    EXPECT_EQ(set.edge_categories[i].codes, given.edge_categories[i].codes) << given.edge_categories[i].name;
}

TEST_F(SmilesReader, LinesHaveASmilesAndAName) {
  const GraphSet set =
      read_lines("\xEF\xBB\xBF# a comment\r\nCCO\tethanol, 96 %\r\n\r\n  C  \r\n[Na+].[Cl-] |(1,2)| salt");
  EXPECT_THAT(set.graph_names, ElementsAre("ethanol, 96 %", "C", "salt"));
  EXPECT_THAT(set.node_ptr, ElementsAre(0, 3, 4, 6));
}

TEST_F(SmilesReader, LinesWithAHeaderAreATable) {
  const GraphSet set = read_lines("smiles zinc_id y\nCCO ZINC1 0.5\nC ZINC2 1.5\n");
  EXPECT_THAT(set.targets.names, ElementsAre("y"));
  EXPECT_EQ(set.graphs(), 2);
}

TEST_F(SmilesReader, NumbersThatNameAGraphAreNotPredicted) {
  const GraphSet set = read_table("id;smiles;logS\n7;C;0.5\n9;CC;1.5\n");
  EXPECT_THAT(set.targets.names, ElementsAre("logS"));
  EXPECT_THAT(set.graph_names, ElementsAre("7", "9"));
}

TEST_F(SmilesReader, WhatRdkitRefusesIsNamedWithItsReason) {
  const std::pair<const char*, const char*> cases[] = {
      {"C(C)(C)(C)(C)C", "m.smi, line 2: RDKit refuses the SMILES 'C(C)(C)(C)(C)C': Explicit valence"},
      {"C1CC(", "RDKit refuses the SMILES 'C1CC(': syntax error"},
      {"C1CC", "unclosed ring"},
      {"c1ccc1c", "non-ring atom 4 marked aromatic"},
      {"c1cccc1", "kekulize"},
      {"CC*", "the SMILES 'CC*' has an atom that is no element"},
      {"N->[Pt]", "has a bond that is not single, double, triple or aromatic"},
  };
  for (const auto& [smiles, message] : cases) {
    ::testing::internal::CaptureStderr();
    EXPECT_THAT(failure("C\n" + std::string(smiles)), HasSubstr(message));
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "") << "RDKit is silent";
  }
  const std::string error = failure(std::string(200, 'C') + "(");
  EXPECT_THAT(error, HasSubstr("CCC...': "));
  EXPECT_LT(error.size(), 300U);
}

TEST_F(SmilesReader, CellsThatHoldNoSmilesAreErrors) {
  EXPECT_THAT(refusal([] { read_table("smiles,y\nC,1\n,2\n"); }), HasSubstr("m.csv, line 3: has no SMILES"));
  EXPECT_THAT(refusal([] { read_table("smiles,y\nC O,1\n"); }), HasSubstr("'O' follows the SMILES 'C'"));
  EXPECT_THAT(refusal([] { read_table("smiles,y\nC\n"); }), HasSubstr("line 2: has 1 columns"));
  EXPECT_THAT(refusal([] { read_table("smiles,y\n"); }), HasSubstr("m.csv: has no molecules"));
  EXPECT_THAT(failure(std::string(2001, 'C')), HasSubstr("has more than 2,000 characters"));
  EXPECT_EQ(read_table("structure,y\nC,1\n", {.smiles = "structure"}).graphs(), 1);
}

TEST_F(SmilesReader, GeometriesHaveHydrogensAndAreTheSameEachTime) {
  LinesOfLog log;
  const GraphSet set = read_lines("c1ccccc1\nC\n", kGeometry);
  EXPECT_THAT(log.notes, Contains(HasSubstr("RDKit adds hydrogens and coordinates")));
  EXPECT_THAT(names_of(set.node_categories), ElementsAre("element", "charge", "aromatic", "ring"));
  EXPECT_THAT(set.node_ptr, ElementsAre(0, 12, 17));
  EXPECT_EQ(values_of(set.node_categories[0])[6], "H");
  EXPECT_EQ(values_of(set.node_categories[3])[5], "1");
  EXPECT_EQ(values_of(set.node_categories[3])[6], "0");
  EXPECT_EQ(values_of(set.edge_categories[0])[5], "aromatic");
  for (size_t e = 0; e < 6; ++e)
    EXPECT_NEAR(distance(set, static_cast<size_t>(set.source[e]), static_cast<size_t>(set.target[e])), 1.39,
                0.02);
  for (size_t atom = 13; atom < 17; ++atom) EXPECT_NEAR(distance(set, 12, atom), 1.09, 0.02);
  EXPECT_EQ(read_lines("c1ccccc1\nC\n", kGeometry).coordinates, set.coordinates);
  EXPECT_EQ(read_lines("C\n", kGeometry).coordinates.at(0), set.coordinates.at(36));
}

TEST_F(SmilesReader, PartsOfASaltLieApart) {
  const GraphSet set = read_lines("[Na+].[Cl-]", kGeometry);
  EXPECT_GT(distance(set, 0, 1), 1.5);
}

TEST_F(SmilesReader, ElementsThatMmff94DoesNotKnowHaveAGeometryToo) {
  const GraphSet set = read_lines("CB(O)O", kGeometry);
  EXPECT_NEAR(distance(set, 0, 1), 1.57, 0.1);
}

TEST_F(SmilesReader, MoleculesWithoutAGeometryAreSkippedUnlessStrict) {
  LinesOfLog log;
  const std::string impossible =
      "[C@@]12(F)C[C@@]1(F)C2";  // two rings of three on opposite sides of one bond
  const std::string table = "smiles,logS\nC,1\n" + impossible + ",2\nCC,3\n" + impossible + ",4\n";
  EXPECT_THAT(read_table(table, kGeometry).targets.numbers, ElementsAre(1, 3));
  EXPECT_THAT(log.warnings,
              ElementsAre(AllOf(HasSubstr("skipped 2 molecules without a geometry"),
                                HasSubstr("m.csv, line 3"), HasSubstr("RDKit finds no geometry"))));
  GraphReadOptions strict = kGeometry;
  strict.strict = true;
  EXPECT_THAT(refusal([&] { read_table(table, strict); }), HasSubstr("m.csv, line 3: the SMILES '[C@@]12"));
  EXPECT_THAT(refusal([&] { read_lines(impossible, kGeometry); }), HasSubstr("has no molecules"));
  EXPECT_THAT(refusal([&] { read_lines(std::string(100, 'C'), strict); }),
              HasSubstr("302 atoms are more than 300"));
}

TEST_F(SmilesReader, AModelThatKnowsCoordinatesGetsThem) {
  LinesOfLog log;
  const GraphSchema schema = schema_of(read_lines("CO", kGeometry));
  const GraphSet set = read_lines("CCO", {.schema = schema});
  EXPECT_EQ(set.coordinates.size(), 27U);
  EXPECT_THAT(log.notes, Contains(HasSubstr("(ETKDGv3, MMFF94), which the model needs")));
}

TEST_F(SmilesReader, TablesAndFilesAreFoundByHeaderAndEnding) {
  LinesOfLog log;
  const Files files;
  files.write("a.smi", "CCO ethanol\n");
  files.write("test/b.smiles.gz", testing::gzip("C methane\n"));
  const GraphSet set = read_graphs({files.path()});
  EXPECT_THAT(set.graph_names, ElementsAre("ethanol", "methane"));
  EXPECT_THAT(set.split, ElementsAre(Split::kTrain, Split::kTest));
  const auto named = read_graphs({files.write("c.csv", "id,smiles,logS\nm1,CCO,1\n")});
  EXPECT_THAT(named.graph_names, ElementsAre("m1"));
  EXPECT_EQ(read_graphs({files.write("d.txt", "Canonical_SMILES\nCCO\nC\n")}).graphs(), 2);
}

TEST(GraphTables, SmilesBesideAnIdAndATableOfEdgesAreOfNodes) {
  const Files files;
  const auto edges = files.write("edges.csv", "source,target\na,b\n");
  const auto nodes = files.write("nodes.csv", "id,smiles\na,CCO\nb,C\n");
  const GraphSet set = read_graphs({edges, nodes});
  EXPECT_THAT(set.node_ids, ElementsAre("a", "b"));
  EXPECT_THAT(values_of(set.node_categories.at(0)), ElementsAre("CCO", "C"));
}

}  // namespace
}  // namespace heed::graph
