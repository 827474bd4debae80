// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace heed {

/// Returns the result of `make`, run in a child process: for libraries that abort on errors. The child has a
/// copy of this process's memory and changes nothing here. It writes nothing to stdout or stderr, and ends
/// with this process and on an interrupt. It starts with one thread: `make` must not use libtorch, nor wait
/// for threads of the parent.
///
/// Returns nothing if the child ends without a result, for example because `make` throws. Throws
/// Error(kSystem) if no child can be started, or if it is interrupted or killed.
std::optional<std::string> run_in_child(const std::function<std::string()>& make);

}  // namespace heed
