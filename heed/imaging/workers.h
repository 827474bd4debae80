// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

namespace heed::imaging {

/// Calls work(0) to work(count - 1), on `threads` threads at once; 0: one a core. Which thread takes which
/// index is open, so that results must not depend on it. The first exception of a call is thrown again after
/// the calls under way have ended; no further ones are begun then.
void for_each_index(int64_t count, int threads, const std::function<void(int64_t)>& work);

}  // namespace heed::imaging
