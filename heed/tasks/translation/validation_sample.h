// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "heed/data/text/pair_reader.h"

namespace heed::tasks {

/// Moves about `wanted` pairs out of `train`, at most a tenth plus one, and returns them; both keep their order. A hash of
/// the source alone decides which: their order does not matter, and pairs with the same source, such as duplicates and
/// other translations, stay on one side. Returns none when there is only one source.
std::vector<text::SentencePair> take_validation_sample(std::vector<text::SentencePair>& train,
                                                       int64_t wanted);

}  // namespace heed::tasks
