// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

namespace heed::bench {

/// Runs `prepare` and then `work` in a forked child on one thread. Returns by how many bytes `work` raised
/// the peak of resident memory above its value after `prepare`. Throws Error(kSystem) if the child fails or
/// is killed.
double peak_extra_memory(const std::function<void()>& prepare, const std::function<void()>& work);

}  // namespace heed::bench
