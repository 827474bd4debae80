// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/fluidsynth_log.h"

#include <mutex>
#include <string>

#include <fluidsynth.h>

#include "heed/core/progress.h"

namespace heed::rendering {
namespace {

void pass_on(int /*level*/, const char* message, void* /*data*/) {
  warn(std::string("fluidsynth: ") + message);
}

}  // namespace

void redirect_fluidsynth_log() {
  static std::once_flag once;
  std::call_once(once, [] {
    for (const int level : {FLUID_PANIC, FLUID_ERR, FLUID_WARN})
      fluid_set_log_function(level, pass_on, nullptr);
    for (const int level : {FLUID_INFO, FLUID_DBG}) fluid_set_log_function(level, nullptr, nullptr);
  });
}

}  // namespace heed::rendering
