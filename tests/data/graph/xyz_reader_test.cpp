// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/xyz_reader.h"

#include "tests/data/graph/graph_fixtures.h"

#include "heed/data/graph/elements.h"

namespace heed::graph {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::lines_of;
using testing::refusal;
using testing::sound;
using testing::values_of;

GraphSet read_frames(const std::string& xyz) {
  return sound([&] { return read_xyz(lines_of(xyz, {}, "m.xyz"), {}); });
}

TEST(XyzReader, ReadsFramesWithTheirComments) {
  const GraphSet set = read_frames(
      "2\nLattice=\"1 0 0\" energy=-1\nC 0 1e-3 -2 9.9 x\n1\t0.5 0 0\n\n1\n\nCL 0 0 0\n0\nnothing\n");
  EXPECT_THAT(set.node_ptr, ElementsAre(0, 2, 3, 3));
  EXPECT_THAT(set.graph_names, ElementsAre("Lattice=\"1 0 0\" energy=-1", "", "nothing"));
  EXPECT_THAT(values_of(set.node_categories.at(0)), ElementsAre("C", "H", "Cl"));
  EXPECT_EQ(set.coordinates.at(1), 1e-3F);
  EXPECT_EQ(set.edges(), 0);
}

TEST(XyzReader, ReadsMoleculesOfQm9) {
  const std::string numbers =
      "157.7118\t157.70997\t157.70699\t0.\t13.21\t-0.3877\t0.1171\t0.5048\t35.3641\t0.044749\t"
      "-40.47893\t-40.476062\t-40.475117\t-40.498597\t6.469\t";
  const GraphSet set =
      read_frames("1\ngdb 1\t" + numbers +
                  "\nC\t-0.0126981359\t 1.08\t 2.1997*^-6\t-0.535689\n1341.307\t1341.3284\nC\tC\t\n"
                  "InChI=1S/CH4/h1H4\tInChI=1S/CH4/h1H4\n");
  EXPECT_THAT(set.graph_names, ElementsAre("gdb 1"));
  EXPECT_EQ(set.targets.names.size(), 15U);
  EXPECT_EQ(set.targets.names[14], "cv");
  EXPECT_EQ(set.targets.numbers.at(14), 6.469);
  EXPECT_EQ(set.targets.numbers.at(3), 0);
  EXPECT_FLOAT_EQ(set.coordinates.at(2), 2.1997e-6F);
}

TEST(XyzReader, FaultsAreNamedByLine) {
  const auto fails = [](const std::string& xyz) { return refusal([&] { read_frames(xyz); }); };
  EXPECT_EQ(fails(""), "m.xyz: has no frames");
  EXPECT_THAT(fails("2\nx\nC 0 0 0\n"), HasSubstr("m.xyz, line 3: the file ends inside a frame"));
  EXPECT_THAT(fails("C 0 0 0\n"), HasSubstr("m.xyz, line 1: a frame begins with its number of atoms"));
  EXPECT_THAT(fails("1e300\n"), HasSubstr("number of atoms"));
  EXPECT_THAT(fails("1\n\nQq 0 0 0\n"), HasSubstr("m.xyz, line 3: 'Qq' is no element"));
  EXPECT_THAT(fails("1\n\nC 0 inf 0\n"),
              HasSubstr("m.xyz, line 3: a coordinate must be a number, got 'inf'"));
  EXPECT_THAT(fails("1\n\nC 0 0\n"), HasSubstr("three coordinates"));
}

TEST(Elements, AreKnownByNumberAndSymbol) {
  EXPECT_EQ(element_symbol(1), "H");
  EXPECT_EQ(element_symbol(118), "Og");
  EXPECT_EQ(element_symbol(0), "");
  EXPECT_EQ(element_symbol(119), "");
  EXPECT_EQ(element_named("cL"), "Cl");
  EXPECT_EQ(element_named("17"), "Cl");
  EXPECT_EQ(element_named("D"), "H");
  EXPECT_EQ(element_named("Xx"), "");
  EXPECT_EQ(element_named(""), "");
}

}  // namespace
}  // namespace heed::graph
