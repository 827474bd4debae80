// SPDX-License-Identifier: Apache-2.0
#include "heed/data/graph/graph_files.h"

#include "tests/core/kept_log.h"
#include "tests/data/graph/graph_arrays.h"
#include "tests/data/graph/graph_fixtures.h"

#include "heed/data/graph/graph_schema.h"

namespace heed::graph {
namespace {
namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::Files;
using testing::gzip;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::refusal;
using testing::sound;
using testing::values_of;

GraphSet read(const std::vector<fs::path>& paths, const GraphReadOptions& options = {}) {
  return sound([&] { return read_graphs(paths, options); });
}

constexpr const char* kXyz = "1\nwater\nO 0 0 0.5\n";

TEST(GraphFiles, JoinsATableOfEdgesWithItsNodes) {
  LinesOfLog log;
  const Files files;
  const auto edges = files.write("links.csv", "source,target\na,b\n");
  const auto nodes = files.write("people.csv.gz", gzip("id,x\nb,1\na,2\nc,3\n"));
  for (const auto& paths :
       {std::vector{edges, nodes}, std::vector{nodes, edges}, std::vector{files.path()}}) {
    const GraphSet set = read(paths);
    EXPECT_THAT(set.node_ids, ElementsAre("b", "a", "c"));
    EXPECT_THAT(set.source, ElementsAre(1));
  }
  EXPECT_EQ(log.notes.back(), "3 nodes, 1 edges, 1 isolated nodes, degree 0 to 1");
}

TEST(GraphFiles, ATableOfPointsWithoutIdsHoldsSignals) {
  LinesOfLog log;
  const Files files;
  const auto table = files.write("sky.csv",
                                 "sample,lon,lat,warmth,label\n"
                                 "a,0,90,1.5,x\na,0,-90,2,x\nb,0,90,3,y\nb,0,-90,4,y\n");
  const GraphSet set = read({table});
  EXPECT_EQ(set.graphs(), 2);
  EXPECT_TRUE(set.same_points);
  EXPECT_THAT(set.node_features.dense, ElementsAre(1.5, 2, 3, 4));
  EXPECT_THAT(values_of(set.targets.classes), ElementsAre("x", "y"));
  EXPECT_EQ(log.notes.back(), "2 signals on 2 points");
  files.write("towns.csv", "id,lon,lat\nulm,10,48\nbonn,7,51\n");
  const GraphSet towns =
      read({files.write("roads.csv", "source,target\nulm,bonn\n"), files.path() / "towns.csv"});
  EXPECT_FALSE(towns.same_points);
  EXPECT_EQ(towns.node_features.width, 2);
}

TEST(GraphFiles, SeveralTablesAreJoinedByName) {
  LinesOfLog log;
  const Files files;
  files.write("a.edges.csv", "source,target\n1,2\n");
  files.write("a.nodes.csv", "id\n2\n1\n");
  files.write("b-edges.csv", "source,target\n7,8\n");
  files.write("b-nodes.csv", "id\n7\n8\n9\n");
  EXPECT_THAT(read({files.path()}).node_ids, ElementsAre("2", "1", "7", "8", "9"));
  const auto alone = files.write("c.nodes.csv", "id\n1\n");
  read({files.path()});
  EXPECT_THAT(log.warnings,
              ElementsAre(HasSubstr("c.nodes.csv: lists nodes, but no table of edges belongs to it")));
  EXPECT_THAT(refusal([&] { read({alone}); }), HasSubstr("no table of edges belongs to it"));
}

TEST(GraphFiles, FoldersOfMixedFilesSayWhatTheyPassOver) {
  LinesOfLog log;
  const Files files;
  files.write("b/two.xyz", kXyz);
  files.write("a.xyz.gz", gzip(kXyz));
  files.write("notes.txt", "hello");
  files.write("c.xyz", "1\nbroken\n");
  const GraphSet set = read({files.path()});
  EXPECT_EQ(set.graphs(), 2);
  EXPECT_THAT(log.notes, Contains(HasSubstr("passed over 1 .txt")));
  EXPECT_THAT(log.warnings,
              ElementsAre(HasSubstr("skipped " + (files.path() / "c.xyz").string() + ", line 2")));
  EXPECT_THAT(refusal([&] { read({files.path()}, {.strict = true}); }), HasSubstr("c.xyz, line 2"));
}

TEST(GraphFiles, NotesOnManyFilesAreFew) {
  LinesOfLog log;
  const Files files;
  for (char c = 'a'; c < 'a' + 9; ++c)
    files.write(std::string(1, c) + ".json",
                R"({"nodes": [{"id": 0}], "links": [], "graph": {"note": "x"}})");
  EXPECT_EQ(read({files.path()}).graphs(), 9);
  EXPECT_EQ(log.notes.size(), 7U);
  EXPECT_EQ(log.notes[5], "further notes on single files are left out");
  EXPECT_EQ(log.notes[6], "9 graphs, 9 nodes, 0 edges, 9 isolated nodes, degree 0 to 0");
}

TEST(GraphFiles, ContentDecidesWhereTheEndingSaysNothing) {
  const Files files;
  EXPECT_EQ(read({files.write("molecule", kXyz)}).nodes(), 1);
  EXPECT_EQ(read({files.write("graph.txt", "0 1\n1 2\n")}).nodes(), 3);
  EXPECT_EQ(read({files.write("graph.dat", " {\"nodes\": [], \"links\": []}")}).graphs(), 1);
  EXPECT_EQ(read({files.write("graph.xml", "<graphml><graph><node id=\"a\"/></graph></graphml>")}).nodes(),
            1);
  testing::Tensors tensors;
  tensors.set("edge_index", {2, 1}, std::vector<int64_t>{0, 1}).set("x", {2, 1}, std::vector<float>{1, 2});
  const auto bytes = tensors.file();
  const std::string content(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  EXPECT_EQ(read({files.write("graph.bin", content)}).nodes(), 2);
  EXPECT_EQ(read({files.write("g.safetensors.gz", gzip(content))}).nodes(), 2);
}

TEST(GraphFiles, NamesGiveSplitsWhereFilesHaveNone) {
  const Files files;
  files.write("qm9-valid.xyz", kXyz);
  files.write("more.xyz", std::string(kXyz) + kXyz);
  files.write("test/a.xyz", kXyz);
  EXPECT_THAT(read({files.path()}).split,
              ElementsAre(Split::kTrain, Split::kTrain, Split::kValid, Split::kTest));
  EXPECT_EQ(read({files.path() / "more.xyz"}).split_level, Level::kNone);
}

TEST(GraphFiles, FilesThatDoNotFitTogetherAreNamed) {
  const Files files;
  const auto a = files.write("a.xyz", kXyz);
  const auto b = files.write("b.csv", "u,v\n1,2\n");
  EXPECT_THAT(refusal([&] { read({a, b}); }), HasSubstr("b.csv: its edges are directed"));
}

TEST(GraphFiles, AModelsDictionariesHoldForEveryFile) {
  const Files files;
  GraphReadOptions options;
  options.schema = schema_of(read({files.write("a.xyz", "2\n\nO 0 0 0\nH 0 0 1\n")}));
  EXPECT_THAT(read({files.write("b.xyz", kXyz)}, options).node_categories.at(0).codes, ElementsAre(1));
  EXPECT_THAT(
      refusal([&] { read({files.write("c.xyz", "2\n\nH 0 0 0\nXe 0 0 1\n")}, options); }),
      HasSubstr("c.xyz, line 4: column 'element' has 'Xe', which the model does not know; it knows H, O"));
}

TEST(GraphFiles, NothingToReadIsAnError) {
  const Files files;
  EXPECT_THAT(refusal([&] { read({files.path() / "none"}); }), HasSubstr("there is no such file or folder"));
  EXPECT_THAT(refusal([&] { read({files.path()}); }), HasSubstr("contains no file of graphs"));
  files.write("a.txt", "x");
  EXPECT_THAT(refusal([&] { read({files.path()}); }),
              HasSubstr("contains no file of graphs; there are 1 .txt"));
  EXPECT_THAT(refusal([&] { read({}); }), HasSubstr("there are no graphs to read"));
}

}  // namespace
}  // namespace heed::graph
