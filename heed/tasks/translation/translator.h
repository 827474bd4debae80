// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "heed/decoding/beam_search.h"
#include "heed/decoding/sample_translations.h"
#include "heed/nn/sequence_to_sequence.h"
#include "heed/tasks/trained.h"
#include "heed/tasks/translation/alignment.h"
#include "heed/tasks/translation/line_parts.h"
#include "heed/tasks/translation/translation_data.h"

namespace heed::tasks {

/// Sampling instead of search. Sample k of a line depends only on the model, the line, its number, k, these options,
/// the output rules and the rule of parts.
struct TranslationDraw {
  decoding::SamplingOptions sampling{};
  int64_t count = 1;  ///< samples of each line, at most kMostSamples; changes none of them
  uint64_t seed = 0;
};
inline constexpr int64_t kMostSamples = 4096;

struct TranslateOptions {
  decoding::BeamOptions beam;
  std::optional<TranslationDraw> draw{};  ///< sample instead of searching, under the same output rules
  int64_t batch_size = 64;                ///< sentences decoded together
  PartRule parts = PartRule::kAuto;
  int64_t max_pieces = 200;   ///< pieces of a part; a longer sentence, or one the model cannot read, is cut
  bool copy_unknown = false;  ///< allow unknown pieces and replace them by what they attend to in the source
  bool align = false;         ///< fill Translation::links
  AlignmentOptions alignment;
};

struct Translation {
  std::string text;
  double log_probability = 0;
  double score = 0;  ///< with length and coverage penalty; of a sample ln p; of several parts the sum
  std::vector<WordLink> links;  ///< with TranslateOptions::align
  bool looped = false;          ///< the loop guard ended it
  bool unfinished = false;      ///< it reached the greatest length before it ended
};

/// The translations of a line.
struct TranslatedLine {
  /// At least one; an empty one for a blank line. Search returns the best first, and fewer than asked when fewer
  /// exist; sampling returns all, in order of their number. For a line of several parts, the best combinations of
  /// their translations; sample k consists of sample k of each part.
  std::vector<Translation> best;
  int64_t parts = 1;
  bool cut = false;  ///< one of its sentences was too long for the model and was cut

  bool looped() const;      ///< one of the translations
  bool unfinished() const;  ///< one of the translations
};

/// A trained translation model with its vocabulary: text in, text out.
///
/// A line's translation depends only on the model, the line, the beam options and the rule of parts; a sampled one also
/// on the line's number (TranslationDraw). The other lines and the batch size do not change it, not in the last bit.
/// A blank line gives an empty translation. Several threads may translate at the same time.
class Translator : public TaskModel {
 public:
  /// Throws Error(kCheckpoint) when the folder lacks the vocabulary, or it does not fit the model.
  explicit Translator(Trained<torch::nn::Module> any);

  /// `first_line` is the number of the first line; the others count up from it. Only samples depend on it.
  std::vector<TranslatedLine> translate(std::span<const std::string> lines, const TranslateOptions& options,
                                        int64_t first_line = 0) const;

  const Trained<nn::SequenceToSequenceModel>& trained() const { return trained_; }
  nn::SequenceToSequenceModel& model() const { return *trained_.model; }
  const TranslationVocabulary& vocabulary() const { return vocabulary_; }
  /// Section [data] of its config.
  const TranslationDataOptions& data_options() const { return data_options_; }
  /// The search options of its config, section [decoding]; defaults for fields that are not there.
  const decoding::BeamOptions& search() const { return search_; }

 private:
  struct Part;
  std::vector<Part> split(std::span<const std::string> lines, const TranslateOptions& options) const;
  void decode(std::span<Part*> parts, const TranslateOptions& options, int64_t first_line) const;
  TranslatedLine finish_line(std::span<Part> parts, const TranslateOptions& options) const;
  const Translation& finished(Part& part, size_t hypothesis, const TranslateOptions& options) const;
  Translation join(std::span<Part> parts, const std::vector<size_t>& hypotheses,
                   const TranslateOptions& options) const;
  Translation finish(const LinePart& part, const decoding::Hypothesis& hypothesis,
                     const TranslateOptions& options) const;
  std::string with_copies(const std::vector<int32_t>& tokens, const SoftAlignment& alignment) const;

  Trained<nn::SequenceToSequenceModel> trained_;
  TranslationVocabulary vocabulary_;
  TranslationDataOptions data_options_;
  decoding::BeamOptions search_;
  SourceText sources_;
};

}  // namespace heed::tasks
