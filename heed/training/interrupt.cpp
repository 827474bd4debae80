// SPDX-License-Identifier: Apache-2.0
#include "heed/training/interrupt.h"

#include <atomic>

namespace heed::training {
namespace {

constexpr int kStops[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

std::atomic<int> stop_signal{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may only touch lock-free atomics");

bool is_ignored(int signal) {
  struct sigaction present {};
  ::sigaction(signal, nullptr, &present);
  return present.sa_handler == SIG_IGN;
}

/// Whether someone chose that the signal is to be ignored. Shells ignore SIGINT for every program that they start in
/// the background, which is nobody's choice.
bool stays_ignored(int signal) {
  return signal != SIGINT && signal != SIGTERM && is_ignored(signal);
}

extern "C" void note_stop_signal(int signal) {
  stop_signal = signal;
  for (const int each : kStops) {
    if (!stays_ignored(each)) std::signal(each, each == SIGHUP ? SIG_IGN : SIG_DFL);
  }
}

}  // namespace

InterruptGuard::InterruptGuard() {
  stop_signal = 0;
  struct sigaction action {};
  action.sa_flags = SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  for (const int each : kStops) ::sigaddset(&action.sa_mask, each);  // one handler at a time
  const auto set = [&](int signal, void (*handler)(int)) {
    action.sa_handler = handler;
    ::sigaction(signal, &action, &old_[signal]);
  };
  for (const int each : kStops) {
    if (!stays_ignored(each)) set(each, note_stop_signal);
  }
  set(SIGPIPE, SIG_IGN);
}

InterruptGuard::~InterruptGuard() {
  for (const auto& [signal, action] : old_) ::sigaction(signal, &action, nullptr);
}

int InterruptGuard::signal() const {
  return stop_signal;
}

}  // namespace heed::training
