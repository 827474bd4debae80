// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/search_options.h"

#include "heed/core/error.h"

namespace heed::tasks {

Fields search_fields(SearchOptions& options) {
  Fields search = decoding::fields(options.beam);
  for (auto& field : search) field.default_text = value_text(field) + ", or the model's";
  const Fields line{
      {"parts", &options.parts,
       "what is translated at a time. sentences: each by itself; fit: as many whole sentences as "
       "max_pieces allow; beginning: the first of these, without the rest; auto: as the training lines were",
       one_of({"auto", "sentences", "fit", "beginning"})},
      {"max_pieces", &options.max_pieces, "pieces of a part; a longer sentence is cut", at_least(1)}};
  return under("Search", search + line);
}

TranslateOptions translate_options(const SearchOptions& options, const Translator& translator) {
  TranslateOptions result;
  result.beam = translator.search();
  decoding::BeamOptions asked = options.beam;
  copy_fields(decoding::fields(result.beam), decoding::fields(asked), options.given);
  const bool attends = translator.model().attention_layers(nn::AttentionPart::kCross) > 0;
  if (result.beam.coverage_penalty > 0 && !attends)
    throw Error(ErrorKind::kUsage, "needs a model that attends to the source", FieldName{"coverage_penalty"});
  result.parts = parse_part_rule(options.parts);
  result.max_pieces = options.max_pieces;
  result.batch_size = options.batch_size;
  result.copy_unknown = options.copy_unknown;
  return result;
}

}  // namespace heed::tasks
