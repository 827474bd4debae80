// SPDX-License-Identifier: Apache-2.0
#include "heed/core/child_process.h"

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include <gtest/gtest.h>
#include <unistd.h>

#include "heed/core/error.h"

namespace heed {
namespace {

TEST(ChildProcess, GivesBackEveryByteAndChangesNothingHere) {
  int here = 1;
  const std::string large(3'000'000, '\0');
  const auto result = run_in_child([&] {
    here = 2;
    return large + "end";
  });
  EXPECT_EQ(result, large + "end");
  EXPECT_EQ(here, 1);
  EXPECT_EQ(run_in_child([] { return std::string(); }), "");
}

TEST(ChildProcess, EndsWithoutAResultWhateverWayItEnds) {
  EXPECT_EQ(run_in_child([]() -> std::string { std::exit(0); }), std::nullopt);
  EXPECT_EQ(run_in_child([]() -> std::string { throw std::runtime_error("no"); }), std::nullopt);
  EXPECT_EQ(run_in_child([]() -> std::string {
              ::raise(SIGABRT);
              return "";
            }),
            std::nullopt);
}

TEST(ChildProcess, AnInterruptIsAnError) {
  EXPECT_THROW(run_in_child([]() -> std::string {
                 ::raise(SIGINT);
                 return "";
               }),
               Error);
}

TEST(ChildProcess, IsSilentAndDoesNotRunTheExitHandlersOfItsParent) {
  static const pid_t parent = ::getpid();
  std::atexit([] {
    if (::getpid() != parent) std::cerr << "a handler of the parent ran\n";
  });
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  run_in_child([]() -> std::string {
    std::cout << "out" << std::endl;
    std::cerr << "err" << std::endl;
    std::exit(1);
  });
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace heed
