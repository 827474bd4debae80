// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "heed/core/field.h"
#include "heed/nn/sequence_to_sequence.h"
#include "heed/tasks/token_loss.h"

namespace heed::tasks {

/// A sentence and its translation in tokens, without marks.
struct EncodedPair {
  std::vector<int32_t> source, target;
};

/// Ids of the marks of a vocabulary.
struct TokenMarks {
  int32_t begin = 1, end = 2, pad = 3;
};
struct TranslationMarks {
  TokenMarks source, target;
};

/// How pairs become batches.
struct TranslationBatchOptions {
  int64_t max_tokens = 4096;  ///< tokens of a batch: sentences * (longest source + longest target), marks and
                              ///< padding included
  int64_t max_sentences = 0;  ///< pairs of a batch; 0: no limit
  int64_t max_length =
      256;  ///< longest source or target, mark included; longer pairs are left out of training
};
std::vector<Field> fields(TranslationBatchOptions& options);

/// A batch of pairs.
struct TranslationBatch {
  static constexpr int64_t kIgnore = kIgnoredTarget;
  nn::Source source;          ///< each sentence with its end mark (none is empty), then padding
  at::Tensor target_input;    ///< [batch, length] int64: begin mark, sentence, then padding
  at::Tensor target_lengths;  ///< [batch] int64: marks included, padding not
  at::Tensor target_output;   ///< [batch, length] int64: sentence, end mark, then kIgnore
  int64_t target_tokens = 0;  ///< tokens of target_output: end marks included, padding not
  TranslationBatch to(at::Device device) const;
};

/// Sentences as a model reads them: each with its end mark, padded to the longest.
nn::Source make_source(std::span<const std::span<const int32_t>> sentences, const TokenMarks& marks);

/// The pairs with these indices, in this order.
TranslationBatch make_translation_batch(const std::vector<EncodedPair>& pairs,
                                        std::span<const size_t> indices, const TranslationMarks& marks);

/// Training batches that depend on (seed, index) alone. Every epoch visits each pair once, pairs of similar length
/// together: pairs are sorted into classes of length, each a tenth longer than the last, and cut into batches within the
/// budget. Each epoch shuffles the pairs of a class and the batches, by (seed, epoch). All epochs have the same number of
/// batches, and resuming needs the index alone. A pair larger than the budget is a batch of its own.
///
/// Keeps a reference to `pairs`. One thread at a time may use it. Throws Error(kData) when no pair is left.
class TranslationBatches {
 public:
  TranslationBatches(const std::vector<EncodedPair>& pairs, const TranslationBatchOptions& options,
                     const TranslationMarks& marks, uint64_t seed);

  TranslationBatch batch(int64_t index);
  /// Indices of the pairs in a batch.
  std::vector<size_t> rows(int64_t index);
  int64_t batches_per_epoch() const { return static_cast<int64_t>(starts_.size()) - 1; }
  int64_t left_out() const { return left_out_; }  ///< pairs longer than max_length

 private:
  void begin_epoch(int64_t epoch);

  const std::vector<EncodedPair>& pairs_;
  TranslationMarks marks_;
  uint64_t seed_;
  int64_t left_out_ = 0;
  std::vector<uint32_t> sorted_;   ///< pairs by class of length
  std::vector<size_t> classes_;    ///< where each class begins in sorted_, then the end
  std::vector<size_t> starts_;     ///< where each batch begins in sorted_, then the end
  int64_t epoch_ = -1;             ///< current epoch
  std::vector<uint32_t> order_;    ///< sorted_, each class shuffled
  std::vector<uint32_t> batches_;  ///< batches in their order
};

/// Batches for validation: every pair once, however long, sorted by exact length and cut within the budget.
std::vector<std::vector<size_t>> batches_by_length(const std::vector<EncodedPair>& pairs,
                                                   const TranslationBatchOptions& options);

}  // namespace heed::tasks
