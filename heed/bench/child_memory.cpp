// SPDX-License-Identifier: Apache-2.0
#include "heed/bench/child_memory.h"

#include <cerrno>
#include <fstream>
#include <string>

#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ATen/Parallel.h>

#include "heed/core/error.h"

namespace heed::bench {
namespace {

/// Returns a line of /proc/self/status in bytes. "VmHWM" is the peak of resident memory, "VmRSS" the current
/// one.
double status_bytes(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(name + ":", 0) == 0) return std::stod(line.substr(name.size() + 1)) * 1024;
  }
  throw Error(ErrorKind::kSystem, "has no line " + name, "/proc/self/status");
}

double measure(const std::function<void()>& prepare, const std::function<void()>& work) {
  at::set_num_threads(1);  // OpenMP's threads do not survive a fork
  mallopt(M_MMAP_THRESHOLD,
          64 * 1024);  // returns freed tensors at once, so that the peak counts only memory in use together
  prepare();
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";  // resets the peak to the current value
  const double before = status_bytes("VmRSS");
  work();
  return status_bytes("VmHWM") - before;
}

[[noreturn]] void run_child(int pipe_end, const std::function<void()>& prepare,
                            const std::function<void()>& work) {
  int status = 1;
  try {
    const double bytes = measure(prepare, work);
    if (write(pipe_end, &bytes, sizeof bytes) == sizeof bytes) status = 0;
  } catch (...) {
    status = 2;
  }
  _exit(status);
}

}  // namespace

double peak_extra_memory(const std::function<void()>& prepare, const std::function<void()>& work) {
  int ends[2];
  if (pipe(ends) != 0) throw Error(ErrorKind::kSystem, "cannot make a pipe");
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    run_child(ends[1], prepare, work);
  }
  close(ends[1]);
  double bytes = -1;
  const bool received = child > 0 && read(ends[0], &bytes, sizeof bytes) == sizeof bytes;
  close(ends[0]);
  int status = 0;
  while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!received)
    throw Error(ErrorKind::kSystem, "the measuring process failed or was killed (out of memory?)");
  return bytes;
}

}  // namespace heed::bench
