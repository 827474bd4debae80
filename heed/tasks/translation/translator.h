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
#include "heed/tasks/run.h"
#include "heed/tasks/translation/alignment.h"
#include "heed/tasks/translation/line_parts.h"
#include "heed/tasks/translation/translation_data.h"

namespace heed::tasks {

/// Translations that are drawn. A line has a number, and sample k of a line is a function of (model, line,
/// number, k, this, output rules, rule of parts) alone.
struct TranslationDraw {
  decoding::SamplingOptions sampling{};
  int64_t count = 1;  ///< samples of each line, at most kMostSamples; changes none of them
  uint64_t seed = 0;
};
inline constexpr int64_t kMostSamples = 4096;

struct TranslateOptions {
  decoding::BeamOptions beam;
  std::optional<TranslationDraw> draw{};  ///< instead of the search; under its output rules
  int64_t batch_size = 64;                ///< sentences decoded together
  PartRule parts = PartRule::kAuto;
  int64_t max_pieces = 200;   ///< of a part; a sentence over that, or over what the model reads, is cut
  bool copy_unknown = false;  ///< unknown pieces may be written, and become what they stand for in the source
  bool align = false;         ///< say which words belong together
  AlignmentOptions alignment;
};

struct Translation {
  std::string text;
  double log_probability = 0;
  double score = 0;  ///< under length and coverage penalty, of a sample ln p; of several parts the sum
  std::vector<WordLink> links;  ///< with TranslateOptions::align
  bool looped = false;          ///< it went round in circles and was ended
  bool unfinished = false;      ///< it was as long as an output may be before it ended
};

/// What became of a line.
struct TranslatedLine {
  /// At least one, which is empty for a line of blanks. Best first, and fewer than asked where fewer are
  /// possible; samples: all, as they were drawn. Of several parts: the best of all ways to put a translation
  /// of each together; sample k is made of sample k of each.
  std::vector<Translation> best;
  int64_t parts = 1;
  bool cut = false;  ///< a sentence of it was too long for the model and was cut

  bool looped() const;      ///< one of the translations
  bool unfinished() const;  ///< one of the translations
};

/// A trained model with its vocabulary: text in, text out.
///
/// A line's translation is a function of (model, line, beam options, rule of parts) alone, a drawn one also
/// of the line's number (see TranslationDraw): whatever lines stand beside it and however large the batch, to
/// the last bit. A line of blanks gives an empty one.
class Translator {
 public:
  /// Throws Error(kCheckpoint) when `name` is no model that translates, or lacks its vocabulary.
  static Translator open(const std::string& name, at::Device device,
                         const std::string& attention_backend = "");

  /// first_line: the number of the first line; the others count up from it. Only samples depend on it.
  std::vector<TranslatedLine> translate(std::span<const std::string> lines, const TranslateOptions& options,
                                        int64_t first_line = 0);

  const TrainedTranslator& trained() const { return trained_; }
  const TranslationVocabulary& vocabulary() const { return vocabulary_; }
  /// Section [data] that it was trained with.
  const TranslationDataOptions& data_options() const { return data_options_; }
  /// The search that suits it: section [decoding] of its config, defaults for what that does not name.
  const decoding::BeamOptions& search() const { return search_; }

 private:
  Translator(TrainedTranslator trained, TranslationVocabulary vocabulary);
  struct Part;
  std::vector<Part> part(std::span<const std::string> lines, const TranslateOptions& options) const;
  void decode(std::span<Part*> parts, const TranslateOptions& options, int64_t first_line);
  TranslatedLine finish_line(std::span<Part> parts, const TranslateOptions& options);
  const Translation& finished(Part& part, size_t hypothesis, const TranslateOptions& options);
  Translation join(std::span<Part> parts, const std::vector<size_t>& hypotheses,
                   const TranslateOptions& options);
  Translation finish(const LinePart& part, const decoding::Hypothesis& hypothesis,
                     const TranslateOptions& options);
  std::string with_copies(const std::vector<int32_t>& tokens, const SoftAlignment& alignment) const;

  TrainedTranslator trained_;
  TranslationVocabulary vocabulary_;
  TranslationDataOptions data_options_;
  decoding::BeamOptions search_;
  SourceText sources_;
};

}  // namespace heed::tasks
