// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include <c10/util/Exception.h>

#include "heed/core/error.h"

namespace heed::attention::testing {

/// The message of the error that a call throws.
inline std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace heed::attention::testing
