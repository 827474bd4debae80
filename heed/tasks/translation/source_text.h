// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <toml++/toml.h>

#include "heed/data/text/pair_reader.h"
#include "heed/tasks/translation/translation_batches.h"

namespace heed::tasks {

/// What a model's training sources are like, which tells how much text it translates well at a time. It is
/// kept with the model, in section [about] of its config.
struct SourceText {
  int64_t pieces = 0;                 ///< 99 of 100 sources have no more; 0: not known
  double with_several_sentences = 0;  ///< share of the sources

  bool known() const { return pieces > 0; }
  /// Hardly any source has several sentences, so that of several some are soon left out.
  bool of_single_sentences() const { return known() && with_several_sentences < 0.05; }

  void write(toml::table& about) const;
  static SourceText read(const toml::table& about);
};

/// Of these pairs, as text and in pieces. Sources over `max_length` with their end mark are not trained on,
/// and not counted.
SourceText describe_sources(const std::vector<text::SentencePair>& pairs,
                            const std::vector<EncodedPair>& encoded, const std::string& language,
                            int64_t max_length);

}  // namespace heed::tasks
