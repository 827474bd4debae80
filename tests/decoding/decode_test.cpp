// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/decode.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <utility>

#include "searches.h"
#include "toy_translators.h"
#include <gtest/gtest.h>

#include <ATen/Parallel.h>

#include "heed/decoding/beam_search.h"
#include "heed/decoding/start_state.h"

namespace heed::decoding {
namespace {

using testing::copying_translator;
using testing::make_source;
using testing::options_of;
using testing::Tokens;
using testing::ToyTranslator;

/// Sets the number of threads during its lifetime.
class Threads {
 public:
  explicit Threads(int count) : before_(at::get_num_threads()) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(before_); }

 private:
  int before_;
};

std::vector<Tokens> forty_sentences() {
  std::vector<Tokens> sources;
  for (int64_t i = 0; i < 40; ++i) sources.emplace_back(static_cast<size_t>(1 + i % 6), 3 + i % 5);
  return sources;
}

TEST(Decode, ThreadsTakeAShareOfALargeBatchEach) {
  const Threads three(3);
  auto model = copying_translator(9);
  const auto sources = forty_sentences();
  const auto found = beam_search(*model, make_source(sources), options_of(5, 10));
  for (size_t i = 0; i < sources.size(); ++i) EXPECT_EQ(found[i].at(0).tokens, sources[i]) << i;
  const auto& rows = model->rows_stepped;
  EXPECT_EQ(std::count(rows.begin(), rows.end(), 13) + std::count(rows.begin(), rows.end(), 14), 3)
      << "each share begins with a row a sentence";
  EXPECT_LE(*std::max_element(rows.begin(), rows.end()), 14 * 5);
}

TEST(Decode, FewRowsStayTogether) {
  const Threads three(3);
  auto model = copying_translator(9);
  beam_search(*model, make_source(forty_sentences()), options_of(1, 10));
  EXPECT_EQ(model->rows_stepped.front(), 40);
}

TEST(Decode, NoShareKeepsAGradient) {
  const Threads three(3);
  std::atomic<int> wrong = 0;
  ToyTranslator model(6, [&](const Tokens&, const Tokens&) {
    wrong += at::GradMode::is_enabled();
    return std::vector<float>{0, 0, 8, 0, 0, 0};
  });
  beam_search(model, make_source(forty_sentences()), options_of(5, 10));
  EXPECT_EQ(wrong, 0);
}

TEST(Decode, AnErrorOfAShareIsTheCallers) {
  const Threads three(3);
  ToyTranslator model(6, [&](const Tokens& source, const Tokens&) -> std::vector<float> {
    if (source.front() == 5) throw std::runtime_error("no logits");
    return {0, 0, 8, 0, 0, 0};
  });
  EXPECT_THROW(beam_search(model, make_source(forty_sentences()), options_of(5, 10)), std::runtime_error);
}

/// Follows a script: after each reading it continues the rows of `moves`, each (parent, token). Records what
/// its rows must have consumed and checks that the toy was asked for exactly that.
class Scripted : public Policy {
 public:
  using Moves = std::vector<std::vector<std::pair<int64_t, int64_t>>>;
  Scripted(Tokens prompt, Moves moves) : Policy(prompt), moves_(std::move(moves)), rows_{prompt} {}

  /// The toy returns what a row consumed as its logits.
  void read(int64_t row, std::span<const float> logits) override {
    const Tokens& target = rows_.at(static_cast<size_t>(row));
    for (size_t i = 0; i < logits.size(); ++i)
      EXPECT_EQ(logits[i], i < target.size() ? static_cast<float>(target[i]) : -1.0f) << "row " << row;
    ++reads;
  }
  void choose() override {
    EXPECT_EQ(reads, std::ssize(rows_)) << "every row was read";
    reads = 0;
    drop_rows();
    std::vector<Tokens> next;
    if (step_ < moves_.size()) {
      for (const auto& [parent, token] : moves_[step_]) {
        go_on(parent, token);
        next.push_back(rows_[static_cast<size_t>(parent)]);
        next.back().push_back(token);
      }
    }
    ++step_;
    rows_ = std::move(next);
  }

  int64_t reads = 0;
  size_t steps() const { return step_; }

 private:
  Moves moves_;
  std::vector<Tokens> rows_;
  size_t step_ = 0;
};

/// Logits are what the row consumed, then -1.
ToyTranslator reciter(int64_t longest) {
  return ToyTranslator(longest, [longest](const Tokens&, const Tokens& target) {
    std::vector<float> row(static_cast<size_t>(longest), -1.0f);
    for (size_t i = 0; i < target.size(); ++i) row.at(i) = static_cast<float>(target[i]);
    return row;
  });
}

struct Scripts {
  std::vector<std::unique_ptr<Scripted>> policies;
  nn::Source source;

  std::vector<Policy*> pointers() const {
    std::vector<Policy*> list;
    for (const auto& policy : policies) list.push_back(policy.get());
    return list;
  }
};

Scripts scripts_of(std::vector<std::pair<Tokens, Scripted::Moves>> list) {
  Scripts result;
  std::vector<Tokens> sources;
  for (auto& [prompt, moves] : list) {
    result.policies.push_back(std::make_unique<Scripted>(prompt, std::move(moves)));
    sources.push_back({3});
  }
  result.source = make_source(sources);
  return result;
}

TEST(Decode, RowsContinueTheParentsThatAPolicyNamesWhateverTheOthersDo) {
  ToyTranslator model = reciter(12);
  const Scripts scripts = scripts_of({
      {{1}, {{{0, 5}, {0, 6}, {0, 7}}, {{2, 8}, {0, 9}}, {{1, 4}, {1, 3}, {0, 2}}}},
      {{1, 2, 3, 4}, {{{0, 9}}, {{0, 8}, {0, 7}}}},
      {{2}, {}},
      {{4, 4}, {{{0, 1}, {0, 2}}, {{1, 3}, {0, 5}}, {{0, 6}}, {{0, 7}}}},
  });
  decode(model, start_sentences(model, scripts.source, 3, 12), scripts.pointers());
  EXPECT_EQ(scripts.policies[0]->steps(), 4u);
  EXPECT_EQ(scripts.policies[1]->steps(), 3u);
  EXPECT_EQ(scripts.policies[2]->steps(), 1u);
  EXPECT_EQ(scripts.policies[3]->steps(), 5u);
  EXPECT_EQ(model.rows_stepped, (std::vector<int64_t>{4, 3 + 1 + 2, 2 + 2 + 2, 3 + 1, 1}))
      << "prompts of any length share a pass, and who is done leaves";
}

TEST(Decode, LongPromptsPassInPiecesWhileTheOthersGoOn) {
  ToyTranslator model = reciter(700);
  Tokens prompt(600);
  for (size_t i = 0; i < prompt.size(); ++i) prompt[i] = static_cast<int64_t>(i % 9);
  const Scripts scripts = scripts_of({{prompt, {{{0, 5}}}}, {{1}, {{{0, 2}}, {{0, 3}, {0, 4}}, {{1, 5}}}}});
  decode(model, start_sentences(model, scripts.source, 2, 700), scripts.pointers());
  EXPECT_EQ(scripts.policies[0]->steps(), 2u) << "no piece of a prompt but the last is read";
  EXPECT_EQ(scripts.policies[1]->steps(), 4u);
  EXPECT_EQ(model.rows_stepped, (std::vector<int64_t>{2, 2, 3, 2})) << "256, 256 and 88 tokens";
}

TEST(Decode, StopsWithinOneStepAndLeavesPoliciesWhatTheyHave) {
  ToyTranslator model = reciter(12);
  const Scripts scripts = scripts_of({{{1}, {{{0, 5}}, {{0, 6}}, {{0, 7}}, {{0, 8}}}}});
  std::stop_source stop;
  int steps = 0;
  DecodeOptions options;
  options.stop = stop.get_token();
  options.after_step = [&] {
    if (++steps == 2) stop.request_stop();
  };
  decode(model, start_sentences(model, scripts.source, 1, 12), scripts.pointers(), options);
  EXPECT_EQ(scripts.policies[0]->steps(), 2u);
  EXPECT_FALSE(scripts.policies[0]->done());
  decode(model, start_sentences(model, scripts.source, 1, 12), scripts_of({{{1}, {}}}).pointers(), options);
  EXPECT_EQ(model.rows_stepped.size(), 2u) << "what is stopped beforehand takes no step";
}

TEST(Decode, RunsInEvalModeWithoutGradientAndRestoresBoth) {
  int wrong = 0;
  ToyTranslator* seen = nullptr;
  ToyTranslator model(6, [&](const Tokens&, const Tokens&) {
    wrong += seen->is_training() || at::GradMode::is_enabled();
    return std::vector<float>(6, 0);
  });
  seen = &model;
  model.train();
  const Scripts scripts = scripts_of({{{1}, {}}});
  struct Quiet : Policy {
    using Policy::Policy;
    void read(int64_t, std::span<const float>) override {}
    void choose() override { drop_rows(); }
  } quiet({1});
  decode(model, start_sentences(model, scripts.source, 1, 4), {&quiet});
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(model.is_training() && at::GradMode::is_enabled());
}

TEST(Decode, AfterStepIsNeverCalledTwiceAtOnceAndWhatItThrowsEndsTheWork) {
  const Threads four(4);
  ToyTranslator toy = reciter(40);
  std::vector<std::pair<Tokens, Scripted::Moves>> list;
  for (int64_t i = 0; i < 40; ++i) list.push_back({{1}, Scripted::Moves(30, {{0, 5}})});
  const Scripts scripts = scripts_of(list);
  std::atomic<int> inside = 0, calls = 0;
  DecodeOptions options{.rows_per_input = 5, .stop = {}, .after_step = {}};
  options.after_step = [&] {
    EXPECT_EQ(++inside, 1);
    const int call = ++calls;
    --inside;
    if (call == 6) throw std::runtime_error("enough");
  };
  EXPECT_THROW(decode(toy, start_sentences(toy, scripts.source, 5, 40), scripts.pointers(), options),
               std::runtime_error);
  EXPECT_EQ(calls, 6);
  EXPECT_LE(toy.rows_stepped.size(), 6u + 4u) << "each share ends within one step";
}

TEST(Decode, NothingToDoTakesNoStepAndAnEmptyPromptIsRefused) {
  ToyTranslator model = reciter(4);
  const nn::Source source = make_source({{3}});
  decode(model, start_sentences(model, source, 1, 4), {});
  EXPECT_TRUE(model.rows_stepped.empty());
  Scripted empty({}, {});
  EXPECT_THROW(decode(model, start_sentences(model, source, 1, 4), {&empty}), c10::Error);
}

TEST(Decode, RefusesAStateWithOtherRowsAndLogitsOfAnotherShape) {
  ToyTranslator model = reciter(4);
  const nn::Source two = make_source({{3}, {4}});
  Scripted policy({1}, {});
  const StartState both = [&](const std::vector<int64_t>&) { return model.start(two, 1, 4); };
  EXPECT_THROW(decode(model, both, {&policy}), c10::Error);
  struct Wide : ToyTranslator {
    using ToyTranslator::ToyTranslator;
    int64_t vocabulary_size() const override { return 5; }
  } wide(4, [](const Tokens&, const Tokens&) { return std::vector<float>(4, 0); });
  const nn::Source one = make_source({{3}});
  EXPECT_THROW(decode(wide, start_sentences(wide, one, 1, 4), {&policy}), c10::Error);
}

}  // namespace
}  // namespace heed::decoding
