// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/sdf_reader.h"

#include <cmath>

#include "tests/core/kept_log.h"
#include "tests/data/graph/graph_fixtures.h"

namespace heed::graph {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::lines_of;
using testing::names_of;
using testing::refusal;
using testing::sound;
using testing::values_of;

GraphSet read(const std::string& sdf, const GraphReadOptions& options = {}) {
  return sound([&] { return read_sdf(lines_of(sdf, {}, "m.sdf"), options); });
}
std::string failure(const std::string& sdf) {
  return refusal([&] { read(sdf); });
}

/// An atom line of V2000.
std::string atom(const std::string& element, const std::string& charge = "0",
                 const std::string& x = "1.0000") {
  const auto wide = [](const std::string& text, size_t width) {
    return std::string(width - text.size(), ' ') + text;
  };
  return wide(x, 10) + wide("2.0000", 10) + wide("-3.5000", 10) + " " + element +
         std::string(3 - element.size(), ' ') + " 0" + wide(charge, 3) + "  0  0  0  0\n";
}

const std::string kHead = "water\n  heed              3D\n\n";
const std::string kWater = kHead + "  3  2  0  0  0  0  0  0  0  0999 V2000\n" + atom("O") + atom("H") +
                           atom("H") + "  1  2  1  0\n  1  3  1  0\nM  END\n";

TEST(SdfReader, ReadsAtomsBondsCoordinatesAndFields) {
  const GraphSet set = read(kWater + "> 12 <logS>  (1)\n-1.5\n\n>  <note>\ntwo\nlines\n\n$$$$\n" + kWater +
                            "> <logS>\n\n$$$$\n");
  EXPECT_THAT(set.graph_names, ElementsAre("water", "water"));
  EXPECT_THAT(set.node_ptr, ElementsAre(0, 3, 6));
  EXPECT_THAT(set.source, ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(set.target, ElementsAre(1, 2, 1, 2));
  EXPECT_FALSE(set.directed);
  EXPECT_THAT(names_of(set.node_categories), ElementsAre("element", "charge"));
  EXPECT_THAT(values_of(set.node_categories[0]), ElementsAre("O", "H", "H", "O", "H", "H"));
  EXPECT_THAT(values_of(set.edge_categories.at(0)), ElementsAre("single", "single", "single", "single"));
  EXPECT_EQ(set.coordinates.size(), 18U);
  EXPECT_EQ(set.coordinates[2], -3.5F);
  EXPECT_EQ(set.targets.level, Level::kGraph);
  EXPECT_THAT(set.targets.names, ElementsAre("logS"));
  EXPECT_EQ(set.targets.numbers.at(0), -1.5);
  EXPECT_TRUE(std::isnan(set.targets.numbers.at(1)));
}

TEST(SdfReader, AMolFileHasOneMoleculeAndNoEndMark) {
  EXPECT_EQ(read(kWater).graphs(), 1);
  std::string with_returns;
  for (const char c : kWater) with_returns += c == '\n' ? "\r\n" : std::string(1, c);
  EXPECT_EQ(read(with_returns + "\r\n\r\n\r\n\r\n\r\n").nodes(), 3);
}

TEST(SdfReader, ChargesOfThePropertiesReplaceThoseOfTheAtoms) {
  const std::string ions =
      kHead + "  2  0  0  0  0  0  0  0  0  0999 V2000\n" + atom("Na", "3") + atom("Cl", "5");
  EXPECT_THAT(values_of(read(ions + "M  END\n").node_categories[1]), ElementsAre("1", "-1"));
  EXPECT_THAT(values_of(read(ions + "M  CHG  1   2  -2\nM  END\n").node_categories[1]),
              ElementsAre("0", "-2"));
}

TEST(SdfReader, ReadsV3000) {
  const std::string v3000 =
      "salt\n\n\n  0  0  0     0  0            999 V3000\nM  V30 BEGIN CTAB\nM  V30 COUNTS 3 2 0 0 0\n"
      "M  V30 BEGIN ATOM\nM  V30 7 C 0.5 0 0 0\nM  V30 2 N 1 0 0 -\nM  V30 0 CHG=1 NOTE=\"a b\"\nM  V30 3 O "
      "2 0 0 0\n"
      "M  V30 END ATOM\nM  V30 BEGIN BOND\nM  V30 1 2 7 2\nM  V30 2 4 3 2 ENDPTS=(2 7 3)\nM  V30 END BOND\n"
      "M  V30 END CTAB\nM  END\n";
  const GraphSet set = read(v3000);
  EXPECT_THAT(values_of(set.node_categories[0]), ElementsAre("C", "N", "O"));
  EXPECT_THAT(values_of(set.node_categories[1]), ElementsAre("0", "1", "0"));
  EXPECT_THAT(set.source, ElementsAre(0, 2));
  EXPECT_THAT(set.target, ElementsAre(1, 1));
  EXPECT_THAT(values_of(set.edge_categories[0]), ElementsAre("double", "aromatic"));
  EXPECT_EQ(set.coordinates.at(0), 0.5F);
  EXPECT_THAT(refusal([&] { read(v3000.substr(0, v3000.find("M  V30 END BOND"))); }),
              HasSubstr("ends inside a molecule"));
}

TEST(SdfReader, DrawingsAreNoGeometry) {
  LinesOfLog log;
  std::string drawing = kWater;
  drawing.replace(drawing.find("3D"), 2, "2D");
  EXPECT_THAT(read(kWater + "$$$$\n" + drawing).coordinates, IsEmpty());
  EXPECT_THAT(log.notes, ElementsAre(HasSubstr("drawings")));
}

TEST(SdfReader, FaultsAreNamedByLine) {
  EXPECT_EQ(failure(""), "m.sdf: has no molecules");
  EXPECT_EQ(failure("\n\n\n"), "m.sdf: has no molecules");
  EXPECT_THAT(failure(kWater.substr(0, kWater.find("M  END"))),
              HasSubstr("m.sdf, line 9: the file ends inside a molecule"));
  EXPECT_THAT(failure(kHead + "  1  0  0  0  0  0  0  0  0  0999 V2000\n" + atom("R#") + "M  END\n"),
              HasSubstr("m.sdf, line 5: 'R#' is no element"));
  EXPECT_THAT(
      failure(kHead + "  1  0  0  0  0  0  0  0  0  0999 V2000\n" + atom("C", "0", "nan") + "M  END\n"),
      HasSubstr("m.sdf, line 5: a coordinate must be a number, got 'nan'"));
  EXPECT_THAT(
      failure(kHead + "  1  1  0  0  0  0  0  0  0  0999 V2000\n" + atom("C") + "  1  2  1  0\nM  END\n"),
      HasSubstr("m.sdf, line 6: the atom of a bond must be a whole number from 1 to 1, got '2'"));
  EXPECT_THAT(
      failure(kHead + "  1  1  0  0  0  0  0  0  0  0999 V2000\n" + atom("C") + "  1  1  8  0\nM  END\n"),
      HasSubstr("m.sdf, line 6: bond type 8 is not read"));
  EXPECT_THAT(failure(kHead + "hello\n"), HasSubstr("m.sdf, line 4: 'hello' is no counts line"));
  EXPECT_THAT(failure(kWater + "> logS\n1\n\n$$$$\n"),
              HasSubstr("m.sdf, line 11: the data field '> logS' has no <name>"));
  EXPECT_THAT(failure(kWater + "> <a>\n1\n\n> <a>\n2\n\n$$$$\n"), HasSubstr("has 'a' twice"));
}

}  // namespace
}  // namespace heed::graph
