// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "heed/data/music/chorale_encoding.h"
#include "heed/data/music/corpus.h"
#include "heed/models/transformer.h"

namespace heed::tasks::testing {

/// Makes pieces whose tokens count upwards from 10, so that a token identifies its position: piece p has
/// `lengths[p]` steps.
inline music::Corpus counting_corpus(const std::vector<int>& lengths) {
  music::Corpus corpus;
  corpus.encoding = music::make_encoding("chorale");
  for (size_t p = 0; p < lengths.size(); ++p) {
    music::EncodedPiece piece{"piece-" + std::to_string(p), {}};
    for (int i = 0; i < lengths[p] * music::Chorale::kVoices; ++i) piece.body.push_back(10 + i % 100);
    corpus.splits["train"].push_back(piece);
    corpus.splits["valid"].push_back(piece);
  }
  return corpus;
}

inline std::shared_ptr<models::Transformer> tiny_model(int64_t vocabulary) {
  at::manual_seed(5);
  models::TransformerOptions options;
  options.vocabulary = vocabulary;
  options.d_model = 16;
  options.heads = 2;
  options.layers = 1;
  options.d_ff = 16;
  options.max_relative_distance = 16;
  auto model = std::make_shared<models::Transformer>(options);
  model->eval();
  return model;
}

}  // namespace heed::tasks::testing
