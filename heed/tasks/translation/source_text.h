// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <toml++/toml.h>

#include "heed/data/text/pair_reader.h"
#include "heed/tasks/translation/translation_batches.h"

namespace heed::tasks {

/// What the training sources of a model are like: how much text it translates well at a time. It is stored in section
/// [about] of the model's config.
struct SourceText {
  int64_t pieces = 0;                 ///< 99 % of the sources have at most as many; 0: unknown
  double with_several_sentences = 0;  ///< share of the sources that have

  bool known() const { return pieces > 0; }
  /// True when hardly any source has several sentences: such a model tends to omit some of several.
  bool of_single_sentences() const { return known() && with_several_sentences < 0.05; }

  void write(toml::table& about) const;
  static SourceText read(const toml::table& about);
};

/// Describes the sources of these pairs, given as text and in pieces. Sources longer than `max_length`, end mark included,
/// are not trained on and do not count.
SourceText describe_sources(const std::vector<text::SentencePair>& pairs,
                            const std::vector<EncodedPair>& encoded, const std::string& language,
                            int64_t max_length);

}  // namespace heed::tasks
