// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "heed/core/config.h"
#include "heed/decoding/hypothesis.h"
#include "heed/decoding/output_rules.h"
#include "heed/nn/sequence_to_sequence.h"

namespace heed::decoding {

/// How outputs are searched. beam_size 1 is greedy decoding.
struct BeamOptions {
  int64_t beam_size = 5;
  int64_t n_best = 1;           ///< outputs of each sentence, at most beam_size
  double length_penalty = 0.6;  ///< alpha; 0 compares plain ln p, which favours short outputs
  double coverage_penalty = 0;  ///< beta; 0: off, and nothing is computed for it
  double patience = 1;          ///< search on until patience * beam_size hypotheses are complete
                                ///< (Kasai et al. 2022, arXiv:2204.05424)
  OutputRules output{};
};
/// What suits a model, the output rules among it; n_best is what somebody asks for, and none.
std::vector<Field> fields(BeamOptions& options);

/// The best outputs of each source, best first: n_best of them, in the order of the sources. Fewer where
/// fewer are possible. Scores follow Wu et al. 2016, arXiv:1609.08144, equation 14:
///   ln p / ((5 + length) / 6)^alpha + beta * sum_i ln min(sum_j p_ij, 1)
/// length counts the end mark. p_ij is how much the step that wrote token j, end mark included, attended to
/// position i of the source, whose end mark is a position like the others: the mean of the heads of the
/// decoder's last layer. Beta takes part where complete hypotheses are compared, as in the paper, and not in
/// the steps: a beam of 1 writes the same with any.
///
/// A step ranks the continuations of a sentence's open hypotheses by ln p (of equals the lower beam first,
/// then the lower token). End marks among the first beam_size complete their hypotheses; the first beam_size
/// of the others stay open, but for loops, which are complete. What may not be written is passed over and its
/// probability given to no other: ln p is the model's.
///
/// A sentence is done (1) when patience * beam_size hypotheses are complete, or (2) when n_best have ended
/// and not even the best open one can come before the last of them: its ln p, which can only fall, over the
/// length penalty of the longest output allowed, with all of the source covered, is no larger than that
/// score, or (3) when its outputs are as long as they may be. The open ones are then cut, and returned where
/// fewer than n_best have ended. What ended comes before what was cut, and that before loops, whatever the
/// scores.
///
/// A sentence's result depends on (weights, the sentence, options) alone, to the last bit, since the model's
/// numbers do: finished sentences leave the batch, others may have any order. Sums in float64, see
/// top_tokens(). Throws c10::Error when a size or the source is not what it must be, a logit is NaN or
/// +infinity, or beta is given for a model without attention to the source.
std::vector<std::vector<Hypothesis>> beam_search(nn::SequenceToSequenceModel& model, const nn::Source& source,
                                                 const BeamOptions& options);

}  // namespace heed::decoding
