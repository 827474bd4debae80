// SPDX-License-Identifier: Apache-2.0
// Actions as a service runs them: JSON requests on a loaded model, several at a time.
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heed/core/error.h"
#include "heed/core/field_json.h"
#include "heed/core/log.h"
#include "heed/nn/sequence_to_sequence.h"
#include "heed/tasks/model_store.h"
#include "heed/tasks/task_list.h"

namespace heed::tasks {
namespace {
using testing::HasSubstr;
using testing::IsEmpty;
namespace fs = std::filesystem;

std::string shipped(const std::string& model) {
  return std::string(HEED_SOURCE_DIR) + "/models/" + model;
}

/// A log that keeps what it gets, for the requests of one thread.
class KeptLog : public Log {
 public:
  void inform(const std::string& line) override { lines.push_back(line); }
  void warn(const std::string& line) override { lines.push_back("warning: " + line); }
  void progress(const ProgressState& state) override { last = state; }
  std::chrono::milliseconds progress_interval() const override { return std::chrono::milliseconds(0); }
  std::vector<std::string> lines;
  ProgressState last;
};

/// Runs an action of a model's task with the options of a JSON request.
Answer run(const std::string& verb, const std::string& name, const std::shared_ptr<const TaskModel>& model,
           const Json& json, const Call& call = {}) {
  const Action* action = task_of_model(name).action(verb);
  const auto request = action->request();
  read_json(json, request->fields());
  std::vector<std::string> given;
  for (const auto& [field, value] : json.items()) given.push_back(field);
  request->check(given);
  return request->run(std::span(&model, 1), call);
}

std::string bytes_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

Json piece_request(const fs::path& output, int64_t seed) {
  return {{"output", output.string()}, {"seconds", 3}, {"seed", seed}, {"no_picture", true}};
}

class Actions : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  fs::path path(const std::string& name) const { return folder_.path() / name; }
};

TEST_F(Actions, TwoThreadsUseOneLoadedModelAndEachGetsItsOwnPiece) {
  for (const auto weights : {nn::WeightType::kFloat32, nn::WeightType::kInt8}) {
    const std::string name = shipped("chorales");
    const auto model = open_model(name, {.weights = weights});
    std::vector<std::string> together(2), alone(2);
    std::vector<std::thread> threads;
    for (size_t i = 0; i < 2; ++i) {
      threads.emplace_back([&, i] {
        KeptLog log;
        const LogScope scope(log);
        const fs::path output = path("together" + std::to_string(i));
        run("generate", name, model, piece_request(output, static_cast<int64_t>(i) + 1));
        together[i] = bytes_of(output / "sample-000.mid");
        EXPECT_EQ(log.last.title, "generate");
        EXPECT_TRUE(log.last.finished);
      });
    }
    for (auto& thread : threads) thread.join();
    for (size_t i = 0; i < 2; ++i) {
      const fs::path output = path("alone" + std::to_string(i));
      run("generate", name, open_model(name, {.weights = weights}),
          piece_request(output, static_cast<int64_t>(i) + 1));
      alone[i] = bytes_of(output / "sample-000.mid");
    }
    EXPECT_EQ(together, alone);
    EXPECT_NE(alone[0], alone[1]);
  }
}

TEST_F(Actions, TranslateReadsLinesFromTheCallAndWritesLinesToIt) {
  const std::string name = shipped("tatoeba-en-de");
  std::vector<std::string> input{"Where is the station?", "", "broken \xff"}, output;
  Call call;
  call.input = [&](size_t) { return std::exchange(input, {}); };
  call.output = [&](std::string_view line) { output.emplace_back(line); };
  KeptLog log;
  const LogScope scope(log);
  const Answer answer = run("translate", name, open_model(name), {{"beam_size", 1}}, call);
  ASSERT_EQ(output.size(), 3U);
  EXPECT_THAT(output[0], HasSubstr("Bahnhof"));
  EXPECT_THAT(output[1], IsEmpty());
  EXPECT_EQ(answer.json["lines"], 3);
  EXPECT_EQ(answer.json["invalid"], 1);
  ASSERT_EQ(log.lines.size(), 1U);
  EXPECT_THAT(log.lines[0], HasSubstr("line 3: byte 0xFF"));
}

TEST_F(Actions, AStopEndsTheWorkWithinAStep) {
  const std::string name = shipped("chorales");
  std::stop_source stop;
  stop.request_stop();
  Call call;
  call.stop = stop.get_token();
  Json request = piece_request(path("stopped"), 1);
  request["seconds"] = 60;
  EXPECT_LE(run("generate", name, open_model(name), request, call).json["events"], 8);
}

TEST_F(Actions, ARequestThatIsWrongNamesItsField) {
  const std::string name = shipped("chorales");
  const auto model = open_model(name);
  const auto message = [&](const Json& json) {
    return error_of(ErrorKind::kRequest, [&] { run("generate", name, model, json); });
  };
  EXPECT_EQ(message({{"seconds", 4}}), "output: is required");
  EXPECT_EQ(message({{"output", "x"}, {"cuont", 4}}), "cuont: unknown field 'cuont'; did you mean 'count'?");
  EXPECT_EQ(message({{"output", "x"}, {"count", 0}}), "count: must be at least 1, got 0");
  EXPECT_EQ(message({{"output", "x"}, {"primer_bars", 2}}), "primer_bars: needs 'primer'");
}

TEST(Tasks, EveryFieldOfEveryActionHasANameOfItsOwnAndHelp) {
  for (const Task* task : task_list()) {
    for (const auto& action : task->actions()) {
      std::vector<std::string> names{"model",  "task",    "weights", "attention_backend",
                                     "device", "threads", "json",    "quiet"};
      for (const auto& field : action.request()->fields()) {
        EXPECT_THAT(names, testing::Not(testing::Contains(field.name))) << task->name() << " " << action.verb;
        EXPECT_FALSE(field.help.empty()) << field.name;
        names.push_back(field.name);
      }
    }
  }
}

TEST(Tasks, AModelOfAnotherTaskIsRefused) {
  const auto load_translator = [](const char* name) { load<nn::SequenceToSequenceModel>(shipped(name)); };
  EXPECT_THAT(error_of(ErrorKind::kUsage, [&] { load_translator("chorales"); }),
              HasSubstr("is a music model"));
  EXPECT_THAT(error_of(ErrorKind::kUsage, [&] { load_translator("nobody"); }), HasSubstr("unknown model"));
}

}  // namespace
}  // namespace heed::tasks
