// SPDX-License-Identifier: Apache-2.0
#include "heed/imaging/workers.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace heed::imaging {

void for_each_index(int64_t count, int threads, const std::function<void(int64_t)>& work) {
  const int64_t wanted = threads > 0 ? threads : std::max(1u, std::thread::hardware_concurrency());
  std::atomic<int64_t> next{0};
  std::exception_ptr failure;
  std::mutex failing;
  const auto take = [&] {
    try {
      for (int64_t i = next++; i < count; i = next++) work(i);
    } catch (...) {
      const std::lock_guard<std::mutex> lock(failing);
      if (!failure) failure = std::current_exception();
      next = count;
    }
  };
  std::vector<std::jthread> others;
  for (int64_t i = 1; i < std::min(wanted, count); ++i) others.emplace_back(take);
  take();
  others.clear();  // joins the threads
  if (failure) std::rethrow_exception(failure);
}

}  // namespace heed::imaging
