// SPDX-License-Identifier: Apache-2.0
#include "heed/core/progress.h"

#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace heed {
namespace {
using testing::HasSubstr;
using testing::internal::CaptureStderr;
using testing::internal::GetCapturedStderr;

TEST(FormatDuration, WritesMinutesAndHours) {
  EXPECT_EQ(format_duration(0), "0:00");
  EXPECT_EQ(format_duration(59.4), "0:59");
  EXPECT_EQ(format_duration(59.6), "1:00");
  EXPECT_EQ(format_duration(125), "2:05");
  EXPECT_EQ(format_duration(3599.6), "1:00:00");
  EXPECT_EQ(format_duration(4320), "1:12:00");
  EXPECT_EQ(format_duration(360000), "100:00:00");
}

TEST(FormatDuration, AbsurdValuesGiveAText) {
  EXPECT_EQ(format_duration(-5), "0:00");
  for (const double value : {std::nan(""), 1e300, HUGE_VAL}) EXPECT_FALSE(format_duration(value).empty());
}

TEST(Talk, QuietSilencesNotesButNotWarnings) {
  CaptureStderr();
  set_quiet(true);
  inform("a note");
  warn("a warning");
  set_quiet(false);
  inform("another note");
  EXPECT_EQ(GetCapturedStderr(), "warning: a warning\nanother note\n");
}

TEST(Progress, InAPipeItPrintsPlainLines) {
  CaptureStderr();
  {
    Progress progress("train", 200);
    progress.update(50, "loss 1.25");
    progress.finish("loss 1.00");
  }
  const std::string text = GetCapturedStderr();
  EXPECT_EQ(text.find('\r'), std::string::npos);
  EXPECT_THAT(text, HasSubstr("train  50/200  25 %  loss 1.00"));
}

TEST(Progress, WithoutATotalItNamesNoPercentage) {
  CaptureStderr();
  Progress("read", 0).finish("12 files");
  const std::string text = GetCapturedStderr();
  EXPECT_THAT(text, HasSubstr("read  0  12 files"));
  EXPECT_EQ(text.find('%'), std::string::npos);
}

class KeptLog : public Log {
 public:
  void inform(const std::string& line) override { lines.push_back("note " + line); }
  void warn(const std::string& line) override { lines.push_back("warning " + line); }
  void progress(const ProgressState& state) override {
    lines.push_back(state.title + " " + std::to_string(state.done) + (state.finished ? " finished" : ""));
  }
  std::chrono::milliseconds progress_interval() const override { return std::chrono::milliseconds(0); }
  std::vector<std::string> lines;
};

TEST(Log, AScopeReceivesNotesWarningsAndProgressOfItsThread) {
  KeptLog outer, inner;
  const LogScope outer_scope(outer);
  Progress progress("train", 10);
  {
    const LogScope inner_scope(inner);
    warn("inside");
    progress.update(3);  // begun under the outer scope
  }
  inform("outside");
  progress.finish();
  progress.finish();
  EXPECT_THAT(inner.lines, testing::ElementsAre("warning inside"));
  EXPECT_THAT(outer.lines, testing::ElementsAre("train 3", "note outside", "train 3 finished"));
}

}  // namespace
}  // namespace heed
