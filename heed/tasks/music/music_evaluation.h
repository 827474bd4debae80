// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "heed/data/music/corpus.h"
#include "heed/decoding/sampling.h"
#include "heed/evaluation/loss_by_position.h"
#include "heed/evaluation/motif.h"
#include "heed/evaluation/sequence_nll.h"
#include "heed/nn/sequence_model.h"

namespace heed::tasks {

/// Negative log-likelihood of a split. `nll` is the sum of -ln p of all tokens of the pieces, end marks included, divided
/// by `units`: 4 x steps of a chorale (rests included), or events of a performance (marks not included).
struct MusicEvaluation {
  double total_nats = 0;
  int64_t units = 0, tokens = 0, pieces = 0;
  double copy_share = 0;  ///< share of tokens that equal the one a period before: the accuracy of copying
  evaluation::LossByPosition by_position{64};
  double nll() const { return units > 0 ? total_nats / static_cast<double>(units) : 0; }
};

struct MusicEvaluationOptions {
  evaluation::WindowOptions windows;
  int64_t bucket = 64;     ///< tokens in a bucket of by_position
  int64_t max_tokens = 0;  ///< tokens scored in each piece; 0: all
  int64_t max_pieces = 0;  ///< pieces scored; 0: all
  std::function<void(int64_t done, int64_t pieces, double nll)> progress;
};

/// Returns a width for the buckets of pieces of up to `longest` tokens: the least of 4, 8, 20, 40, 80, 200, ... that
/// makes at most 50 buckets. All are multiples of the four voices of a step.
int64_t readable_bucket(int64_t longest);
/// The number of predictions that the options score in the longest piece of a split.
int64_t longest_scored(const music::Corpus& corpus, const std::string& split,
                       const MusicEvaluationOptions& options);

MusicEvaluation evaluate_music(nn::SequenceModel& model, const music::Corpus& corpus,
                               const std::string& split, const MusicEvaluationOptions& options);

/// Do the motifs of a primer return? Measures, for the first pieces of a split that are long enough, the share of the
/// primer's 4-note interval patterns that recur in the model's continuation, and in the real continuation of the same
/// number of tokens.
struct MotifOptions {
  int64_t pieces = 16;
  int64_t primer_tokens = 256, continuation_tokens = 512;
  int64_t batch_size = 8;
  uint64_t seed = 1;
  decoding::SamplingOptions sampling;
  std::function<void(int64_t done, int64_t pieces)> progress;
};
struct MotifEvaluation {
  evaluation::MeanWithError generated, real;
  evaluation::MeanWithError distance;  ///< |generated share - real share|, mean over pieces
};
MotifEvaluation evaluate_motifs(nn::SequenceModel& model, const music::Corpus& corpus,
                                const std::string& split, const MotifOptions& options);

}  // namespace heed::tasks
