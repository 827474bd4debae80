// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace heed::tasks {

/// Calls `work` with each item in a child process of its own, `processes` of them at a time, and `done` here with the item and what
/// `work` returned, in the order in which the children end. Each child computes with its share of the threads.
///
/// An Error that `work` throws, or a child that a signal ends, stops the others, which save what they have, and is thrown here. A
/// signal that asks this process to stop (training/interrupt.h) is passed on to the children, and returned once they have ended; 0: none
/// came.
///
/// This process must not have computed on more than one thread, nor on a GPU: neither survives a fork.
int work_in_children(const std::vector<int64_t>& items, int64_t processes,
                     const std::function<std::string(int64_t)>& work,
                     const std::function<void(int64_t, const std::string&)>& done);

}  // namespace heed::tasks
