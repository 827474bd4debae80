// SPDX-License-Identifier: Apache-2.0
#include "heed/core/child_process.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heed/core/error.h"

namespace heed {
namespace {

[[noreturn]] void fail(const char* action) {
  throw Error(ErrorKind::kSystem, std::string(action) + ": " + std::strerror(errno));
}

// Returns 0 on success, else errno.
int write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return 1;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

std::string read_all(int descriptor) {
  std::string bytes;
  char buffer[1 << 16];
  while (true) {
    const ssize_t count = ::read(descriptor, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return bytes;
    bytes.append(buffer, static_cast<size_t>(count));
  }
}

void leave_the_terminal() {
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGTERM, SIG_DFL);
  const int nowhere = ::open("/dev/null", O_WRONLY);
  ::dup2(nowhere, STDOUT_FILENO);
  ::dup2(nowhere, STDERR_FILENO);
}

[[noreturn]] void live(const std::function<std::string()>& make, int output, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  // Registered last, so it runs first if anything calls exit(): the parent's other handlers and its unwritten
  // output must not run in the child.
  if (std::atexit([] { ::_exit(1); }) != 0) ::_exit(1);
  leave_the_terminal();
  try {
    ::_exit(write_all(output, make()));
  } catch (...) {
    ::_exit(1);
  }
}

// Whether the signal is an interrupt or comes from a system short of memory; `make` itself causes other
// signals.
bool from_outside(int signal) {
  return signal == SIGINT || signal == SIGTERM || signal == SIGKILL;
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) fail("cannot wait for a child process");
  }
  return status;
}

}  // namespace

std::optional<std::string> run_in_child(const std::function<std::string()>& make) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("cannot make a pipe");
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) live(make, ends[1], parent);
  ::close(ends[1]);
  if (child < 0) {
    ::close(ends[0]);
    fail("cannot start a child process");
  }
  std::string result = read_all(ends[0]);
  ::close(ends[0]);
  const int status = wait_for(child);
  if (WIFSIGNALED(status) && from_outside(WTERMSIG(status)))
    throw Error(ErrorKind::kSystem,
                "a child process was ended by signal " + std::to_string(WTERMSIG(status)));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::nullopt;
  return result;
}

}  // namespace heed
