// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

namespace heed::bench {

/// Runs `prepare` and then `work` in a forked child, single-threaded, and returns how far `work` raised the
/// peak of resident memory over what was there after `prepare`. Throws Error(kSystem) when the child fails or
/// is killed.
double peak_extra_memory(const std::function<void()>& prepare, const std::function<void()>& work);

}  // namespace heed::bench
