// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

namespace heed::imaging {

/// Calls work(0) to work(count - 1) on `threads` threads (0: one per core). The assignment of indices to
/// threads is not fixed, so results must not depend on it. After an exception no further calls begin; the
/// first exception is rethrown once the running calls have ended.
void for_each_index(int64_t count, int threads, const std::function<void(int64_t)>& work);

}  // namespace heed::imaging
