// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace heed {

/// What `make` returns, run in a child process: for work by libraries that end the process where they cannot
/// go on. The child has a copy of this process's memory, changes nothing here, writes nothing to stdout or
/// stderr, and ends with this process and by an interrupt. It has one thread at first: `make` must not use
/// libtorch, nor wait for threads of the parent.
///
/// Nothing when the child ends without a result, `make` throwing included. Throws Error(kSystem) when no
/// child can be started, or when it is interrupted or killed.
std::optional<std::string> run_in_child(const std::function<std::string()>& make);

}  // namespace heed
