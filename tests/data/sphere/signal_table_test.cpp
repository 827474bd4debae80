// SPDX-License-Identifier: Apache-2.0
#include "heed/data/sphere/signal_table.h"

#include <cmath>

#include "tests/data/sphere/signal_fixtures.h"

namespace heed::sphere {
namespace {
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using testing::floats_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pointwise;
using testing::refusal;
using testing::sound;
using testing::values_of;

SignalSet read(const std::string& text, const SignalReadOptions& options = {}) {
  return sound([&] { return parse_signal_table(text, "s.csv", options); });
}
std::string failure(const std::string& text, const SignalReadOptions& options = {}) {
  return refusal([&] { read(text, options); });
}

TEST(SignalTables, OneSampleNeedsCoordinatesAndValues) {
  const SignalSet set = read("lon,lat,value\n0,0,1\n90,0,-2.5\n0,90,3\n");
  EXPECT_EQ(set.samples, 1);
  EXPECT_EQ(set.channels, 1);
  EXPECT_THAT(set.points, Pointwise(FloatNear(1e-7F), {1, 0, 0, 0, 1, 0, 0, 0, 1}));
  EXPECT_THAT(floats_of(set), ElementsAre(1, -2.5F, 3));
  EXPECT_THAT(set.channel_names, ElementsAre("value"));
  EXPECT_THAT(set.sample_names, IsEmpty());
  EXPECT_EQ(set.targets.level, graph::Level::kNone);
}

TEST(SignalTables, SamplesHaveLabelsSplitsAndChannels) {
  const SignalSet set = read(
      "Sample;Label;Split;X;Y;Z;red;blue\n"
      "first;10;train;0;0;2;1;2\nfirst;10;train;0;3;0;3;4\n"
      "second;9;val;0;0;2;5;6\nsecond;9;val;0;3;0;7;8\n"
      "third;;;0;0;2;9;10\nthird;;;0;3;0;11;12\n");
  EXPECT_EQ(set.samples, 3);
  EXPECT_THAT(set.sample_names, ElementsAre("first", "second", "third"));
  EXPECT_THAT(set.points, ElementsAre(0, 0, 1, 0, 1, 0));
  EXPECT_THAT(set.channel_names, ElementsAre("red", "blue"));
  EXPECT_THAT(floats_of(set), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
  EXPECT_THAT(set.targets.classes.values, ElementsAre("9", "10"));
  EXPECT_THAT(values_of(set.targets.classes), ElementsAre("10", "9", ""));
  EXPECT_THAT(set.split, ElementsAre(graph::Split::kTrain, graph::Split::kValid, graph::Split::kNone));
}

TEST(SignalTables, LabelsThatAreNotWholeAreNumbers) {
  const std::string table = "sample,lon,lat,label,v\na,0,0,1.5,1\nb,0,0,nan,2\nc,0,0,,3\n";
  const SignalSet set = read(table);
  EXPECT_THAT(set.targets.names, ElementsAre("label"));
  EXPECT_EQ(set.targets.numbers[0], 1.5);
  EXPECT_TRUE(std::isnan(set.targets.numbers[1]) && std::isnan(set.targets.numbers[2]));
  EXPECT_THAT(values_of(read(table, {.target_kind = "classes"}).targets.classes), ElementsAre("1.5", "", ""));
  EXPECT_THAT(read("lon,lat,label,v\n0,0,3,1\n", {.target_kind = "numbers"}).targets.numbers, ElementsAre(3));
}

TEST(SignalTables, WithLongitudeTheColumnsXYZAreValues) {
  const SignalSet set = read("longitude\tLatitude\tx\ty\tz\n-180\t-90\t1\t2\t3\n");
  EXPECT_THAT(set.channel_names, ElementsAre("x", "y", "z"));
  EXPECT_NEAR(set.points[2], -1, 1e-7);
}

TEST(SignalTables, WeightsAreScaledOrFollowFromThePoints) {
  EXPECT_THAT(read("lon,lat,weight,v\n0,0,1,5\n90,0,3,6\n").weights, ElementsAre(0.25F, 0.75F));
  EXPECT_THAT(read("lon,lat,v\n0,0,5\n90,0,6\n").weights, Each(0.5F));
  std::string table = "lon,lat,v\n";
  for (const int lat : {60, 0, -60})
    for (const int lon : {0, 90, 180, 270}) table += std::to_string(lon) + "," + std::to_string(lat) + ",1\n";
  const SignalSet grid = read(table);
  EXPECT_EQ(grid.geometry, "grid");
  EXPECT_NEAR(grid.weights[0], (1 - 0.5) / 8, 1e-7);
  EXPECT_NEAR(grid.weights[4], 1.0 / 8, 1e-7);
}

TEST(SignalTables, KnownPointsAreRecognised) {
  std::string table = "lon,lat,v\n";
  for (const Point& point : icosahedron(2).points) {
    const LonLat degrees = lon_lat(point);
    table += std::to_string(degrees.lon) + "," + std::to_string(degrees.lat) + ",0\n";
  }
  EXPECT_EQ(read(table).geometry, "ico2");
}

TEST(SignalTables, CommentsQuotesAndByteOrderMarksAreRead) {
  const SignalSet set = read("\xEF\xBB\xBF# stations\n\"lon\",lat,\"v, mean\"\r\n 0 , 0 , +1e1 \r\n\r\n");
  EXPECT_THAT(set.channel_names, ElementsAre("v, mean"));
  EXPECT_THAT(floats_of(set), ElementsAre(10));
}

TEST(SignalTables, SamplesMustShareTheirPoints) {
  const std::string head = "sample,lon,lat,v\na,0,0,1\na,90,0,2\n",
                    shared = "; the samples of a table share their points, in one order";
  EXPECT_EQ(failure(head + "b,0,0,1\nb,91,0,2\n"),
            "s.csv, line 5: the point or its weight is not that of line 3, where sample 'a' has its point 2" +
                shared);
  EXPECT_EQ(failure(head + "b,90,0,1\nb,0,0,2\n"),
            "s.csv, line 4: the point or its weight is not that of line 2, where sample 'a' has its point 1" +
                shared);
  EXPECT_EQ(failure(head + "b,0,0,1\nc,0,0,1\nc,90,0,1\n"),
            "s.csv, line 4: sample 'b' ends after point 1, but sample 'a' has 2 points" + shared);
  EXPECT_EQ(failure(head + "b,0,0,1\n"),
            "s.csv, line 4: sample 'b' ends after point 1, but sample 'a' has 2 points" + shared);
  EXPECT_EQ(failure(head + "b,0,0,1\nb,90,0,1\nb,180,0,1\n"),
            "s.csv, line 6: sample 'b' has more points than sample 'a', which has 2" + shared);
  EXPECT_EQ(failure(head + "b,0,0,1\nb,90,0,1\na,0,0,1\n"),
            "s.csv, line 6: sample 'a' began in line 2; the rows of a sample must follow each other");
  EXPECT_EQ(failure(head + ",0,0,1\n"),
            "s.csv, line 4: column 'sample' is empty; each row needs the name of its sample");
  EXPECT_THAT(failure("sample,lon,lat,weight,v\na,0,0,1,1\nb,0,0,2,1\n"),
              HasSubstr("line 3: the point or its weight"));
}

TEST(SignalTables, LabelsAndSplitsDoNotChangeWithinASample) {
  EXPECT_EQ(failure("lon,lat,label,v\n0,0,x,1\n90,0,y,2\n"),
            "s.csv, line 3: column 'label' has 'y', but the first row of the sample has 'x'");
  EXPECT_EQ(failure("lon,lat,split,v\n0,0,train,1\n90,0,,2\n"),
            "s.csv, line 3: column 'split' has '', but the first row of the sample has 'train'");
  EXPECT_THAT(failure("lon,lat,split,v\n0,0,tomorrow,1\n"),
              HasSubstr("s.csv, line 2: the split 'tomorrow' is unknown; known: train, valid, test, none"));
}

TEST(SignalTables, WrongCellsAreErrorsWithTheirLine) {
  EXPECT_EQ(failure("lon,lat,v\n0,0,1\n0,0,x\n"),
            "s.csv, line 3: column 'v' must be a finite number, got 'x'");
  EXPECT_EQ(failure("lon,lat,v\n0,0,\n"), "s.csv, line 2: column 'v' must be a finite number, got ''");
  EXPECT_EQ(failure("lon,lat,v\n0,0,1e39\n"),
            "s.csv, line 2: column 'v' must be a finite number, got '1e39'");
  EXPECT_EQ(failure("lon,lat,v\neast,0,1\n"),
            "s.csv, line 2: column 'lon' must be a finite number, got 'east'");
  EXPECT_EQ(failure("lon,lat,v\n0,91,1\n"),
            "s.csv, line 2: latitude must be from -90 to 90 degrees, got 91.000000");
  EXPECT_EQ(failure("lon,lat,v\n-361,0,1\n"),
            "s.csv, line 2: longitude must be from -360 to 360 degrees, got -361.000000");
  EXPECT_EQ(failure("x,y,z,v\n0,0,0,1\n"),
            "s.csv, line 2: x, y and z are 0: a point needs a direction from the centre of the sphere");
  EXPECT_EQ(failure("lon,lat,v\n0,0,1,2\n"), "s.csv, line 2: has 4 columns, the first row has 3");
  EXPECT_EQ(failure("lon,lat,weight,v\n0,0,1,1\n9,0,-1,1\n"),
            "s.csv, line 3: the point must have a weight of 0 or more, got -1.000000");
  EXPECT_EQ(failure("lon,lat,weight,v\n0,0,0,1\n9,0,0,1\n"),
            "s.csv, line 2: the point has the weight 0, and so have all others");
}

TEST(SignalTables, WrongHeadersAreErrors) {
  EXPECT_EQ(failure(""), "s.csv: is empty");
  EXPECT_EQ(failure("lon,lat,v\n"), "s.csv, line 1: has a header, but no rows");
  EXPECT_EQ(failure("lon,v\n0,1\n"),
            "s.csv, line 1: is no table of points on the sphere: it needs columns lon and lat (degrees), or "
            "x, y and z; "
            "its first row begins lon, v");
  EXPECT_EQ(failure("lon,lat,sample\n0,0,a\n"),
            "s.csv, line 1: has no values: all its columns are coordinates, sample, label, split or weight");
  EXPECT_EQ(failure("lon,lat,v,v\n0,0,1,2\n"), "s.csv, line 1: two columns have the name 'v'");
  EXPECT_THAT(failure("lon,lat,\xFF\n0,0,1\n"), HasSubstr("s.csv, line 1: "));
  EXPECT_THAT(failure("lon,lat,\"v\n0,0,1\n"), HasSubstr("s.csv, line 1: "));
}

TEST(SignalTables, LimitsAreErrorsThatNameThem) {
  EXPECT_EQ(failure("lon,lat,v\n0,0,1\n1,0,1\n", {.limits = {.points = 1}}),
            "s.csv, line 3: more than 1 points");
  EXPECT_EQ(failure("sample,lon,lat,v\na,0,0,1\nb,0,0,1\n", {.limits = {.samples = 1}}),
            "s.csv, line 3: more than 1 samples");
  EXPECT_EQ(failure("lon,lat,v,w\n0,0,1,1\n", {.limits = {.channels = 1}}),
            "s.csv, line 1: more than 1 columns of values");
}

}  // namespace
}  // namespace heed::sphere
