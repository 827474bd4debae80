// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/calm_threads.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <system_error>
#include <thread>

#include <omp.h>

namespace heed::cli {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kLookEvery = 20ms;
constexpr double kBusyShare = 0.1;  // of the time since the last look, summed over threads
constexpr auto kCalmFor = 500ms;    // after the last look that found the machine busy

/// Waits until told to stop; false when `time` passed before.
bool stopped_within(std::stop_token stop, std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable_any condition;
  std::unique_lock lock(mutex);
  return condition.wait_for(lock, stop, time, [&] { return stop.stop_requested(); });
}

/// While it lives, OpenMP has more threads than cores: then libgomp lets a waiting thread spin 100 times
/// instead of 300,000 (its manual, GOMP_SPINCOUNT). The threads that make it so many are asleep.
class ShortSpins {
 public:
  explicit ShortSpins(int others) : thread_([others](std::stop_token stop) { hold(others, stop); }) {}

 private:
  static void hold(int others, std::stop_token stop) {
    std::atomic<int> team{0};  // an empty region would be compiled away
#pragma omp parallel num_threads(others + 1)
    ++team;
    while (!stopped_within(stop, 1h)) {}
  }  // OpenMP's team of this thread ends with it

  std::jthread thread_;
};

/// Seconds that each thread of this process stood in the queue for a core so far (Linux, CONFIG_SCHED_INFO).
std::map<std::string, double> time_in_queue() {
  std::map<std::string, double> times;
  std::error_code code;
  const fs::directory_iterator end;
  for (fs::directory_iterator task("/proc/self/task", code); !code && task != end; task.increment(code)) {
    int64_t running = 0, queued = 0;
    if (std::ifstream(task->path() / "schedstat") >> running >> queued)
      times[task->path().filename()] = static_cast<double>(queued) * 1e-9;
  }
  return times;
}

/// How long the threads queued since the last look, over the time that has passed: 0 on an idle machine.
class Queue {
 public:
  double share_since_last_look() {
    const auto now = Clock::now();
    auto times = time_in_queue();
    double queued = 0;
    for (const auto& [thread, time] : times) {
      if (const auto before = times_.find(thread); before != times_.end()) queued += time - before->second;
    }
    const double passed = std::chrono::duration<double>(now - last_).count();
    times_ = std::move(times);
    last_ = now;
    return queued / passed;
  }

 private:
  std::map<std::string, double> times_ = time_in_queue();
  Clock::time_point last_ = Clock::now();
};

/// Threads beside `threads` of them that make more than there are cores.
int others_needed(int threads) { return omp_get_num_procs() - threads + 1; }

bool environment_decides() {
  return std::getenv("GOMP_SPINCOUNT") != nullptr || std::getenv("OMP_WAIT_POLICY") != nullptr;
}

/// Why nothing is watched; empty: it is.
std::string why_not(int threads) {
  if (threads == 1) return "one thread waits for none";
  if (environment_decides()) return "as GOMP_SPINCOUNT or OMP_WAIT_POLICY in the environment says";
  if (others_needed(threads) <= 0) return "sleep at once: there are more threads than cores";
  return "";
}

}  // namespace

class CalmThreads::Watch {
 public:
  explicit Watch(int threads)
      : thread_([others = others_needed(threads)](std::stop_token stop) { run(others, stop); }) {}

 private:
  static void run(int others, std::stop_token stop) {
    Queue queue;
    std::optional<ShortSpins> calm;
    auto busy_at = Clock::now();
    while (!stopped_within(stop, kLookEvery)) {
      const bool busy = queue.share_since_last_look() > kBusyShare;
      if (busy) busy_at = Clock::now();
      if (busy && !calm) calm.emplace(others);
      if (calm && Clock::now() - busy_at > kCalmFor) calm.reset();
    }
  }

  std::jthread thread_;
};

CalmThreads::CalmThreads(int threads) {
  if (why_not(threads).empty()) watch_ = std::make_unique<Watch>(threads);
}

CalmThreads::~CalmThreads() = default;

std::string waiting_threads(int threads) {
  if (const std::string reason = why_not(threads); !reason.empty()) return reason;
  return "spin while the machine is idle, and sleep at once while other programs use its cores, so that heed "
         "keeps its share; GOMP_SPINCOUNT and OMP_WAIT_POLICY in the environment override it";
}

}  // namespace heed::cli
