// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/graph/graph_task.h"

#include <algorithm>
#include <random>

#include "tests/core/expect_error.h"
#include "tests/core/kept_log.h"
#include "tests/data/text/text_files.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/field_json.h"
#include "heed/core/files.h"
#include "heed/tasks/graph/graph_data.h"
#include "heed/tasks/model_store.h"
#include "heed/tasks/train.h"

namespace heed::tasks {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using text::testing::Files;
namespace fs = std::filesystem;

/// Two communities: a node's colour says its class for some only, its neighbours say it for all.
void write_community(const Files& files) {
  std::mt19937 random(3);
  std::string nodes = "id,colour,weight,label,split\n", edges = "source,target\n";
  const char* splits[] = {"train", "valid", "test", "test"};
  for (int i = 0; i < 120; ++i) {
    const bool left = i % 2 == 0, tells = random() % 3 == 0;
    const std::string colour = tells ? (left ? "red" : "blue") : "grey";
    nodes += "n" + std::to_string(i) + "," + colour + "," + std::to_string(random() % 4 + 1) + "," +
             (left ? "left" : "right") + "," + splits[i / 2 % 4] + "\n";
    for (int k = 0; k < 6; ++k)
      edges += "n" + std::to_string(i) + ",n" + std::to_string(2 * (random() % 60) + !left) + "\n";
  }
  files.write("nodes.csv", nodes);
  files.write("edges.csv", edges);
}

TrainRequest request_for(const Files& files, const std::string& output) {
  TrainRequest request;
  request.task = "graph";
  request.data = {files.path() / "nodes.csv", files.path() / "edges.csv"};
  request.output = files.path() / output;
  request.steps = 40;
  request.set = {"data.directed='no'",           "data.self_loops=true",
                 "data.watch='either'",          "model.head_dim=4",
                 "model.input_dropout=0.2",      "model.attention_dropout=0.2",
                 "model.value_dropout=0.2",      "training.learning_rate=0.02",
                 "training.schedule='constant'", "training.warmup_steps=0",
                 "training.precision='fp32'",    "training.validate_every=1",
                 "training.checkpoint_every=20"};
  return request;
}

Answer act(const std::string& verb, const fs::path& model, const Json& json,
           std::vector<std::string>* lines = nullptr) {
  const auto opened = open_model(model.string());
  const auto request = graph_task().action(verb)->request();
  read_json(json, request->fields());
  Call call;
  call.output = [&](std::string_view line) {
    if (lines != nullptr) lines->emplace_back(line);
  };
  return request->run(std::span(&opened, 1), call);
}

TEST(GraphTask, LearnsNodesFromTablesAndAnswersAboutThem) {
  const LinesOfLog log;
  const Files files;
  write_community(files);
  const TrainOutcome outcome = train(request_for(files, "run"), at::kCPU);
  EXPECT_GT(outcome.test.at("accuracy"), 0.9);
  EXPECT_EQ(outcome.answer.json.at("test_accuracy"), outcome.test.at("accuracy"));
  const Json data{{"data", {(files.path() / "nodes.csv").string(), (files.path() / "edges.csv").string()}}};
  const Answer scores = act("evaluate", files.path() / "run", data);
  EXPECT_EQ(scores.json.at("accuracy"), outcome.test.at("accuracy")) << "the test part by default";
  EXPECT_EQ(scores.json.at("nodes"), 60);

  std::vector<std::string> lines;
  Json wanted = data;
  wanted["probabilities"] = true;
  act("predict", files.path() / "run", wanted, &lines);
  ASSERT_EQ(lines.size(), 121U);
  EXPECT_EQ(lines[0], "node,label,probability,left,right");
  EXPECT_THAT(lines[1], HasSubstr("n0,left,"));
  lines.clear();
  wanted["embeddings"] = true;
  act("predict", files.path() / "run", wanted, &lines);
  EXPECT_THAT(lines[0], HasSubstr("right,e0,e1"));
}

TEST(GraphTask, RefusesACategoryThatTheModelDoesNotKnow) {
  const LinesOfLog log;
  const Files files;
  write_community(files);
  auto request = request_for(files, "run");
  request.steps = 2;
  train(request, at::kCPU);
  const fs::path nodes = files.write("new/nodes.csv", "id,colour,weight\na,red,1\nb,green,2\n");
  const fs::path edges = files.write("new/edges.csv", "source,target\na,b\n");
  const Json data{{"data", {nodes.string(), edges.string()}}};
  EXPECT_THAT(error_of(ErrorKind::kData, [&] { act("predict", files.path() / "run", data); }),
              ::testing::AllOf(HasSubstr("'green'"), HasSubstr("line 3")));
}

TEST(GraphTask, DrawsSplitsWhereTheDataHasNone) {
  const LinesOfLog log;
  const Files files;
  write_community(files);
  auto request = request_for(files, "run");
  request.steps = 2;
  request.set.emplace_back("data.ignore=['split']");
  request.set.emplace_back("data.valid_share=0.25");
  train(request, at::kCPU);
  const auto card = toml::parse(read_text(files.path() / "run/data.toml"));
  EXPECT_NEAR(card["valid"].value_or(0), 30, 12);
  EXPECT_NEAR(card["test"].value_or(0), 12, 10);
  EXPECT_EQ(card["train"].value_or(0) + card["valid"].value_or(0) + card["test"].value_or(0), 120);
}

TEST(GraphTask, FoldsTestEveryRowOnce) {
  const LinesOfLog log;
  const Files files;
  write_community(files);
  GraphDataOptions options;
  options.folds = 4;
  std::vector<int64_t> tested;
  for (const uint64_t seed : {7, 8, 9, 10}) {
    const auto corpus =
        read_graph_corpus({files.path() / "nodes.csv", files.path() / "edges.csv"}, options, seed);
    EXPECT_EQ(corpus.split("test").size(), 30U);
    EXPECT_EQ(corpus.split("valid").size(), 30U);
    EXPECT_EQ(corpus.split("train").size(), 60U);
    EXPECT_TRUE(std::is_sorted(corpus.split("train").begin(), corpus.split("train").end()));
    tested.insert(tested.end(), corpus.split("test").begin(), corpus.split("test").end());
  }
  std::sort(tested.begin(), tested.end());
  EXPECT_EQ(std::unique(tested.begin(), tested.end()) - tested.begin(), 120);
}

std::string model_bytes(const fs::path& run) {
  return read_text(run / "model.safetensors");
}

TEST(Seeds, GiveMeanAndSpreadAndKeepTheBest) {
  const LinesOfLog log;
  const Files files;
  write_community(files);
  auto request = request_for(files, "seeds");
  request.steps = 8;
  request.seeds = 3;
  const Json found = train(request, at::kCPU).answer.json;
  EXPECT_EQ(found.at("seeds"), 3);
  EXPECT_GE(found.at("accuracy_std"), 0.0);
  double sum = 0;
  for (const int64_t seed : {1, 2, 3}) {
    auto one = request_for(files, "one-" + std::to_string(seed));
    one.steps = 8;
    one.seed = seed;
    const auto outcome = train(one, at::kCPU);
    sum += outcome.test.at("accuracy");
    if (found.at("best_seed") == seed) {
      EXPECT_EQ(model_bytes(one.output), model_bytes(request.output));
    }
  }
  EXPECT_NEAR(found.at("accuracy_mean").get<double>(), sum / 3, 1e-12);
  EXPECT_FALSE(fs::exists(request.output / "seed-1"));
  EXPECT_GT(act("evaluate", request.output,
                {{"data", {(files.path() / "nodes.csv").string(), (files.path() / "edges.csv").string()}}})
                .json.at("accuracy"),
            0.4);
}

TEST(Seeds, MissingOnesAreTrainedOnResuming) {
  const LinesOfLog log;
  const Files files;
  write_community(files);
  auto request = request_for(files, "seeds");
  request.steps = 4;
  request.seeds = 2;
  train(request, at::kCPU);
  request.seeds = 3;
  const Json grown = train(request, at::kCPU).answer.json;
  EXPECT_EQ(grown.at("seeds"), 3);
  TrainRequest again;
  again.resume = request.output;
  const auto outcome = train(again, at::kCPU);
  EXPECT_TRUE(outcome.was_finished);
  EXPECT_EQ(outcome.answer.json.at("accuracy_mean"), grown.at("accuracy_mean"));
}

TEST(Seeds, NeedAFolderOfTheirOwn) {
  const LinesOfLog log;
  const Files files;
  write_community(files);
  files.write("taken/notes.txt", "mine");
  auto request = request_for(files, "taken");
  request.seeds = 2;
  EXPECT_THAT(error_of(ErrorKind::kUsage, [&] { train(request, at::kCPU); }),
              HasSubstr("a folder of their own"));
}

}  // namespace
}  // namespace heed::tasks
