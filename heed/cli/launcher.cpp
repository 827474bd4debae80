// SPDX-License-Identifier: Apache-2.0
// What people start as `heed`. OpenMP's runtime reads only once, while it is loaded, how long a thread spins
// at a barrier before it sleeps. Its default, milliseconds, takes the core from the very thread that is
// waited for as soon as other programs run. So the choice is made here, before anything that needs OpenMP is
// loaded; this file uses the C library alone. docs/busy-machines.md has the measurements.
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include "heed/cli/launch.h"

namespace {

constexpr const char* kVariable = "GOMP_SPINCOUNT";
constexpr const char* kSpinCount = "2000";

bool user_decides() {
  return std::getenv(kVariable) != nullptr || std::getenv("OMP_WAIT_POLICY") != nullptr;
}

using Entry = decltype(&heed_main);

/// A file that is opened must not become stdin, stdout or stderr, where what is meant for these would go. Writing to a
/// stdout that was closed stays an error.
void occupy_closed_streams() {
  const int modes[] = {O_RDONLY, O_RDONLY, O_WRONLY};
  for (int stream = 0; stream < 3; ++stream) {
    if (::fcntl(stream, F_GETFD) == -1 && ::open("/dev/null", modes[stream]) != stream) ::_exit(1);
  }
}

/// Libraries that get no memory while they are loaded end the process: with a message instead of a core file.
extern "C" void end_loading(int) {
  const char message[] =
      "heed: cannot load the program: its libraries ended; is the memory limited (ulimit -v)?\n";
  if (::write(STDERR_FILENO, message, sizeof message - 1) < 0) ::_exit(1);
  ::_exit(1);
}

constexpr int kFatal[] = {SIGABRT, SIGSEGV, SIGBUS};

/// Null, said on stderr, where a library is missing or another build's.
Entry load_program() {
  void* program = ::dlopen("libheed_program.so", RTLD_LAZY | RTLD_GLOBAL);
  void* entry = program != nullptr ? ::dlsym(program, "heed_main") : nullptr;
  if (entry == nullptr) {
    std::fprintf(
        stderr,
        "heed: cannot load the program: %s\n"
        "libheed_program.so must be beside build/release/heed, or in lib/ if heed is in bin/: move them "
        "together, or install again. libtorch must be where it was at build time, or in LD_LIBRARY_PATH.\n",
        ::dlerror());
  }
  return reinterpret_cast<Entry>(entry);
}

}  // namespace

int main(int argc, char** argv) {
  occupy_closed_streams();
  const bool set_spin_count = !user_decides();
  if (set_spin_count) ::setenv(kVariable, kSpinCount, 1);
  for (const int fatal : kFatal) std::signal(fatal, end_loading);
  const Entry entry = load_program();
  for (const int fatal : kFatal) std::signal(fatal, SIG_DFL);
  if (set_spin_count) ::unsetenv(kVariable);  // child processes see the environment as the user left it
  if (entry == nullptr) return 1;
  return entry(argc, argv, set_spin_count ? kSpinCount : nullptr);
}
