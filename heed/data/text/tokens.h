// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace heed::text {

/// Ids of a vocabulary, from 0.
using Tokens = std::vector<int32_t>;

}  // namespace heed::text
