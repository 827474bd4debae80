// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/source_text.h"

#include <algorithm>
#include <cmath>

#include "heed/data/text/sentence_splitter.h"

namespace heed::tasks {
namespace {

constexpr const char *kPieces = "source_pieces", *kSeveral = "sources_of_several_sentences";
constexpr double kQuantile = 0.99;

}  // namespace

void SourceText::write(toml::table& about) const {
  if (!known()) return;
  about.insert_or_assign(kPieces, pieces);
  about.insert_or_assign(kSeveral, with_several_sentences);
}

SourceText SourceText::read(const toml::table& about) {
  return {.pieces = about[kPieces].value_or(int64_t{0}),
          .with_several_sentences = about[kSeveral].value_or(0.0)};
}

SourceText describe_sources(const std::vector<text::SentencePair>& pairs,
                            const std::vector<EncodedPair>& encoded, const std::string& language,
                            int64_t max_length) {
  text::SplitOptions sentences;
  sentences.gather = text::Gather::kOne;
  sentences.language = language;
  std::vector<int64_t> lengths;
  int64_t several = 0;
  for (size_t i = 0; i < pairs.size(); ++i) {
    const auto length = static_cast<int64_t>(encoded[i].source.size());
    if (length >= max_length) continue;
    lengths.push_back(length);
    several += text::split_sentences(pairs[i].source, sentences).size() > 1;
  }
  if (lengths.empty()) return {};
  const auto count = static_cast<double>(lengths.size());
  const auto place = lengths.begin() + static_cast<std::ptrdiff_t>(std::ceil(kQuantile * count)) - 1;
  std::nth_element(lengths.begin(), place, lengths.end());
  // Rounded, so that the config reads well.
  return {.pieces = *place,
          .with_several_sentences = std::round(1e4 * static_cast<double>(several) / count) / 1e4};
}

}  // namespace heed::tasks
