// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/worker_processes.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ATen/Parallel.h>

#include "heed/core/error.h"
#include "heed/training/interrupt.h"

namespace heed::tasks {
namespace {

constexpr int kLookForSignals = 300;         // milliseconds
constexpr char kResult = 'r', kError = 'e';  // the first byte of what a child says

[[noreturn]] void fail(const char* action) {
  throw Error(ErrorKind::kSystem, std::string(action) + ": " + std::strerror(errno));
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

[[noreturn]] void live(const std::function<std::string(int64_t)>& work, int64_t item, int output,
                       pid_t parent, int threads) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(1);
  ::setpgid(0, 0);  // a terminal's interrupt is for the parent, which passes it on
  for (const int each : {SIGINT, SIGTERM}) ::signal(each, SIG_DFL);
  if (std::atexit([] { ::_exit(1); }) != 0) ::_exit(1);
  at::set_num_threads(threads);
  std::string said;
  try {
    said = kResult + work(item);
  } catch (const Error& error) {
    said = {kError, static_cast<char>(error.kind())};
    said += error.what();
  } catch (const std::exception& error) {
    said = {kError, static_cast<char>(ErrorKind::kSystem)};
    said += error.what();
  }
  ::_exit(write_all(output, said) ? 0 : 1);
}

struct Child {
  int64_t item = 0;
  pid_t process = 0;
  int output = -1;  ///< the end of a pipe that this process reads
  std::string said;
};

Child start(const std::function<std::string(int64_t)>& work, int64_t item, int threads) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("cannot make a pipe");
  const pid_t parent = ::getpid(), process = ::fork();
  if (process == 0) live(work, item, ends[1], parent, threads);
  ::close(ends[1]);
  if (process < 0) {
    ::close(ends[0]);
    fail("cannot start a child process");
  }
  return {item, process, ends[0], {}};
}

/// Ends of children that still run, for whatever reason this process leaves them.
class Children {
 public:
  Children() = default;
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;
  ~Children() {
    signal(SIGTERM);
    for (Child& child : running_) {
      ::close(child.output);
      wait_for(child.process);
    }
  }

  size_t count() const { return running_.size(); }
  void add(Child child) { running_.push_back(std::move(child)); }
  void signal(int number) {
    for (const Child& child : running_) ::kill(child.process, number);
  }

  /// Waits a while until a child says something or ends; the one that has ended, or none.
  std::optional<std::pair<Child, int>> next() {
    std::vector<struct pollfd> watched;
    for (const Child& child : running_) watched.push_back({child.output, POLLIN, 0});
    if (::poll(watched.data(), watched.size(), kLookForSignals) < 0) {
      if (errno == EINTR) return std::nullopt;
      fail("cannot wait for child processes");
    }
    for (size_t i = 0; i < watched.size(); ++i) {
      if (watched[i].revents == 0) continue;
      char buffer[1 << 12];
      const ssize_t count = ::read(watched[i].fd, buffer, sizeof buffer);
      if (count < 0 && errno == EINTR) continue;
      if (count > 0) {
        running_[i].said.append(buffer, static_cast<size_t>(count));
        continue;
      }
      Child ended = std::move(running_[i]);
      running_.erase(running_.begin() + static_cast<ptrdiff_t>(i));
      ::close(ended.output);
      const int status = wait_for(ended.process);
      return std::pair(std::move(ended), status);
    }
    return std::nullopt;
  }

 private:
  static int wait_for(pid_t process) {
    int status = 0;
    while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
  }

  std::vector<Child> running_;
};

/// What the work returned. Throws what it threw.
std::string result_of(const Child& child, int status) {
  if (child.said.size() > 1 && child.said.front() == kError)
    throw Error(static_cast<ErrorKind>(child.said[1]), child.said.substr(2));
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !child.said.empty() && child.said.front() == kResult)
    return child.said.substr(1);
  const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  std::string message = "a child process ended without a result";
  if (signal != 0) message = "a child process was ended by signal " + std::to_string(signal);
  if (signal == SIGKILL) message += ": is the memory enough for so many at a time?";
  throw Error(ErrorKind::kSystem, message);
}

}  // namespace

int work_in_children(const std::vector<int64_t>& items, int64_t processes,
                     const std::function<std::string(int64_t)>& work,
                     const std::function<void(int64_t, const std::string&)>& done) {
  const training::InterruptGuard interrupt;
  const int threads = std::max(1, at::get_num_threads() / static_cast<int>(processes));
  Children children;
  auto next = items.begin();
  bool passed_on = false;
  while (true) {
    const int signal = interrupt.signal();
    if (signal != 0 && !passed_on) {
      children.signal(signal);
      passed_on = true;
    }
    while (signal == 0 && next != items.end() && children.count() < static_cast<size_t>(processes))
      children.add(start(work, *next++, threads));
    if (children.count() == 0) return signal;
    const auto ended = children.next();
    if (!ended) continue;
    const auto& [child, status] = *ended;
    if (passed_on && WIFSIGNALED(status)) continue;  // had not begun to save, and has nothing to
    done(child.item, result_of(child, status));
  }
}

}  // namespace heed::tasks
