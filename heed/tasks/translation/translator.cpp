// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/translator.h"

#include <algorithm>

#include "heed/core/error.h"
#include "heed/data/text/sentence_splitter.h"
#include "heed/nn/linear.h"

namespace heed::tasks {

/// A line, or what of a long one is translated at a time.
struct Translator::Part {
  size_t line = 0;
  std::vector<int32_t> tokens;
  std::string separator;  ///< the blanks behind it
  std::vector<decoding::Hypothesis> hypotheses;
};

Translator::Translator(TrainedTranslator trained, TranslationVocabulary vocabulary)
    : trained_(std::move(trained)), vocabulary_(std::move(vocabulary)) {
  read_fields(config_section(trained_.config, "data"), "[data]", fields(data_options_));
}

Translator Translator::open(const std::string& name, at::Device device,
                            const std::string& attention_backend) {
  auto trained = load_translator(name, device, attention_backend);
  if (!TranslationVocabulary::is_in(trained.folder)) {
    throw Error(ErrorKind::kCheckpoint,
                "lacks its vocabulary: vocabulary.model, or source.model and target.model",
                trained.folder.string());
  }
  auto vocabulary = TranslationVocabulary::read(trained.folder);
  if (vocabulary.target.size() != trained.model->vocabulary_size()) {
    throw Error(ErrorKind::kCheckpoint,
                "the vocabulary has " + std::to_string(vocabulary.target.size()) + " pieces, the model " +
                    std::to_string(trained.model->vocabulary_size()),
                trained.folder.string());
  }
  return {std::move(trained), std::move(vocabulary)};
}

std::vector<Translator::Part> Translator::cut(std::span<const std::string> lines,
                                              const TranslateOptions& options) const {
  std::vector<Part> parts;
  const auto most = static_cast<size_t>(options.max_pieces);
  for (size_t i = 0; i < lines.size(); ++i) {
    auto tokens = vocabulary_.source.encode(lines[i]);
    if (tokens.size() <= most) {
      if (!tokens.empty()) parts.push_back({i, std::move(tokens), "", {}});
      continue;
    }
    // A piece has a character at least, so that as many characters never make more pieces than are allowed.
    for (const auto& piece : text::split_sentences(lines[i], {.max_characters = most, .max_words = 0})) {
      auto of_piece = vocabulary_.source.encode(piece.text);
      if (!of_piece.empty()) parts.push_back({i, std::move(of_piece), std::string(piece.separator), {}});
    }
  }
  return parts;
}

void Translator::decode(std::span<Part*> parts, const TranslateOptions& options) {
  std::vector<std::span<const int32_t>> sentences;
  for (const Part* part : parts) sentences.emplace_back(part->tokens);
  const auto marks = vocabulary_.marks();
  const nn::Source source = make_source(sentences, marks.source);
  decoding::BeamOptions beam = options.beam;
  beam.output.begin = marks.target.begin;
  beam.output.end = marks.target.end;
  beam.output.pad = marks.target.pad == marks.target.end ? -1 : marks.target.pad;
  beam.output.unknown = vocabulary_.target.unknown();
  const nn::RowInvariantScope same_in_every_batch;
  auto results = decoding::beam_search(*trained_.model, source, beam);
  for (size_t i = 0; i < parts.size(); ++i) parts[i]->hypotheses = std::move(results[i]);
}

std::vector<TranslatedLine> Translator::translate(std::span<const std::string> lines,
                                                  const TranslateOptions& options) {
  std::vector<Part> parts = cut(lines, options);
  std::vector<Part*> by_length;
  for (Part& part : parts) by_length.push_back(&part);
  std::stable_sort(by_length.begin(), by_length.end(),
                   [](const Part* a, const Part* b) { return a->tokens.size() > b->tokens.size(); });
  for (size_t first = 0; first < by_length.size(); first += static_cast<size_t>(options.batch_size)) {
    const size_t count = std::min(static_cast<size_t>(options.batch_size), by_length.size() - first);
    decode(std::span(by_length).subspan(first, count), options);
  }

  std::vector<TranslatedLine> result(lines.size());
  std::vector<int64_t> count(lines.size());
  for (const Part& part : parts) ++count[part.line];
  std::vector<std::string> separator(lines.size());
  for (const Part& part : parts) {
    TranslatedLine& line = result[part.line];
    line.parts = count[part.line];
    const size_t kept = line.parts > 1 ? 1 : part.hypotheses.size();
    line.best.resize(std::max(line.best.size(), kept));
    for (size_t n = 0; n < kept; ++n) {
      const auto& hypothesis = part.hypotheses[n];
      const std::vector<int32_t> tokens(hypothesis.tokens.begin(), hypothesis.tokens.end());
      line.best[n].text += separator[part.line] + vocabulary_.target.decode(tokens);
      line.best[n].log_probability += hypothesis.log_probability;
      line.best[n].score += hypothesis.score;
      line.looped = line.looped || hypothesis.looped;
    }
    separator[part.line] = part.separator.empty() ? " " : part.separator;
  }
  for (auto& line : result) {
    if (line.best.empty()) line.best.emplace_back();
  }
  return result;
}

}  // namespace heed::tasks
