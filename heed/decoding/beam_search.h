// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "heed/core/field.h"
#include "heed/decoding/hypothesis.h"
#include "heed/decoding/output_rules.h"
#include "heed/nn/sequence_model.h"
#include "heed/nn/sequence_to_sequence.h"

namespace heed::decoding {

/// Options of beam search. beam_size 1 is greedy decoding.
struct BeamOptions {
  int64_t beam_size = 5;
  int64_t n_best = 1;           ///< outputs per sentence, at most beam_size
  double length_penalty = 0.6;  ///< alpha; 0 compares ln p, which favours short outputs
  double coverage_penalty = 0;  ///< beta; 0: off, and nothing is computed for it
  double patience = 1;          ///< search until patience * beam_size hypotheses are complete
                                ///< (Kasai et al. 2022, arXiv:2204.05424)
  OutputRules output{};
};
/// Config fields, including the output rules. n_best is a request option and has no field.
std::vector<Field> fields(BeamOptions& options);

/// Returns the n_best outputs of each source, best first, in the order of the sources; fewer if fewer are
/// possible. Scores follow Wu et al. 2016, arXiv:1609.08144, equation 14:
///   ln p / ((5 + length) / 6)^alpha + beta * sum_i ln min(sum_j p_ij, 1)
/// length includes the end mark. p_ij is the attention of the step that wrote token j (including the end
/// mark) to source position i (including the source's end mark), averaged over the heads of the decoder's
/// last layer. As in the paper, beta affects the comparison of complete hypotheses but not the steps: with a
/// beam of 1 it does not change the output.
///
/// A step ranks the continuations of a sentence's open hypotheses by ln p; ties go to the lower beam, then
/// the lower token. An end mark among the first beam_size completes its hypothesis. The first beam_size
/// others stay open, except loops, which are complete. Forbidden tokens are skipped, and their probability is
/// not redistributed: ln p is the model's.
///
/// The search of a sentence ends when
/// (1) patience * beam_size hypotheses are complete, or
/// (2) n_best hypotheses have ended and no open one can beat the last of them: the best open ln p (which
///     can only fall), divided by the length penalty of the longest allowed output, with the whole source
///     covered, is no larger than that score, or
/// (3) its outputs have the maximum length.
/// Open hypotheses are then cut off, and returned if fewer than n_best have ended. Ended hypotheses rank
/// before those that were cut off, and those before loops, whatever their scores.
///
/// The result of a sentence depends, to the last bit, only on the weights, the sentence and the options:
/// finished sentences leave the batch, and the others may have any order. Sums are in float64, see
/// top_tokens(). Throws c10::Error for invalid sizes or sources, a logit that is NaN or +infinity, and a beta
/// for a model without attention to the source.
std::vector<std::vector<Hypothesis>> beam_search(nn::SequenceToSequenceModel& model, const nn::Source& source,
                                                 const BeamOptions& options);

/// Does the same for a language model: the n_best continuations of each prompt, which is not part of them. The marks in
/// options.output are those of the model's vocabulary, -1 for none; without an end mark every output has the maximum
/// length. Throws c10::Error for models without beams (SequenceModel::start_beams), and for a coverage penalty.
std::vector<std::vector<Hypothesis>> beam_search(nn::SequenceModel& model,
                                                 const std::vector<std::vector<int64_t>>& prompts,
                                                 const BeamOptions& options);

}  // namespace heed::decoding
