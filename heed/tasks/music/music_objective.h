// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <toml++/toml.h>

#include "heed/nn/sequence_model.h"
#include "heed/tasks/language_objective.h"
#include "heed/tasks/music/music_batches.h"

namespace heed::tasks {

/// Pieces and tokens of each split with a checksum of all of them: two corpora with one card train alike.
toml::table music_data_card(const music::Corpus& corpus);

/// Trains on the crops of `train` and validates on `valid` in windows as the options say, in nats a token
/// (chorales: 4 x steps; performances: events). End marks count in the total but not in the number.
std::unique_ptr<LanguageObjective> make_music_objective(std::shared_ptr<nn::SequenceModel> model,
                                                        std::shared_ptr<const music::Corpus> corpus,
                                                        const MusicDataOptions& options, uint64_t seed,
                                                        at::Device device);

}  // namespace heed::tasks
