// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <toml++/toml.h>

#include "heed/nn/sequence_model.h"
#include "heed/tasks/language_objective.h"
#include "heed/tasks/music/music_batches.h"

namespace heed::tasks {

/// Pieces and tokens of each split, with a checksum over all of them: equal cards mean equal training data.
toml::table music_data_card(const music::Corpus& corpus);

/// Trains on crops of `train` and validates on windows of `valid`, in nats per token (chorales: 4 x steps; performances:
/// events). End marks are in the sum but not in the count.
std::unique_ptr<LanguageObjective> make_music_objective(std::shared_ptr<nn::SequenceModel> model,
                                                        std::shared_ptr<const music::Corpus> corpus,
                                                        const MusicDataOptions& options, uint64_t seed,
                                                        at::Device device);

}  // namespace heed::tasks
