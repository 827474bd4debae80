// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/graph/path_lengths.h"

namespace heed::tasks {

std::vector<int64_t> path_lengths(int64_t nodes, std::span<const std::pair<int64_t, int64_t>> edges) {
  const auto count = static_cast<size_t>(nodes);
  std::vector<std::vector<size_t>> neighbours(count);
  for (const auto& [from, to] : edges) {
    neighbours[static_cast<size_t>(from)].push_back(static_cast<size_t>(to));
    neighbours[static_cast<size_t>(to)].push_back(static_cast<size_t>(from));
  }
  std::vector<int64_t> lengths(count * count, -1);
  std::vector<size_t> reached;
  for (size_t start = 0; start < count; ++start) {
    int64_t* const length = lengths.data() + start * count;
    length[start] = 0;
    reached.assign(1, start);
    for (size_t i = 0; i < reached.size(); ++i) {
      for (const size_t next : neighbours[reached[i]]) {
        if (length[next] >= 0) continue;
        length[next] = length[reached[i]] + 1;
        reached.push_back(next);
      }
    }
  }
  return lengths;
}

}  // namespace heed::tasks
