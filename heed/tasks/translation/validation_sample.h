// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "heed/data/text/pair_reader.h"

namespace heed::tasks {

/// Takes about `wanted` pairs out of `train`, at most a tenth and one of them, and returns them; both keep
/// their order. Which ones is settled by a hash of the source alone: not by their order, and pairs of one
/// source, such as duplicates and other translations, stay on one side. None where there is but one source.
std::vector<text::SentencePair> take_validation_sample(std::vector<text::SentencePair>& train,
                                                       int64_t wanted);

}  // namespace heed::tasks
