// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/translator.h"

#include <algorithm>

#include "heed/core/error.h"
#include "heed/data/text/sentence_splitter.h"
#include "heed/nn/linear.h"

namespace heed::tasks {

/// A line, or what of a long one is translated at a time.
struct Translator::Part {
  size_t line = 0, number = 0;  ///< number: among those of the line
  std::string text;
  std::vector<int32_t> tokens;
  std::string separator;  ///< the blanks behind it
  std::vector<decoding::Hypothesis> hypotheses;
};

namespace {

/// Index of a part's first sample. Lines, parts of a line and samples of a part have room of their own, so
/// that no number of one changes the samples of another.
int64_t first_sample(int64_t line, size_t part) {
  return (line << 32) + static_cast<int64_t>(part) * kMostSamples;
}

}  // namespace

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
  const int64_t bound = trained_.model->max_length();  // of a source with its end mark
  const int64_t readable = bound > 0 ? std::max<int64_t>(bound - 1, 1) : options.max_pieces;
  const auto most = static_cast<size_t>(std::min(options.max_pieces, readable));
  const auto cost = [&](std::string_view word) { return vocabulary_.source.encode(word).size(); };
  for (size_t i = 0; i < lines.size(); ++i) {
    auto tokens = vocabulary_.source.encode(lines[i]);
    if (tokens.size() <= most) {
      if (!tokens.empty()) parts.push_back({i, 0, lines[i], std::move(tokens), "", {}});
      continue;
    }
    size_t number = 0;
    for (const auto& piece : text::split_sentences(lines[i], {.max_cost = most, .cost = cost})) {
      auto of_piece = vocabulary_.source.encode(piece.text);
      if (of_piece.empty()) continue;
      // More than its words have apart may come of a vocabulary whose pieces reach over blanks.
      of_piece.resize(std::min(of_piece.size(), most));
      parts.push_back(
          {i, number++, std::string(piece.text), std::move(of_piece), std::string(piece.separator), {}});
    }
  }
  return parts;
}

void Translator::decode(std::span<Part*> parts, const TranslateOptions& options, int64_t first_line) {
  std::vector<std::span<const int32_t>> sentences;
  for (const Part* part : parts) sentences.emplace_back(part->tokens);
  const auto marks = vocabulary_.marks();
  const nn::Source source = make_source(sentences, marks.source);
  decoding::BeamOptions beam = options.beam;
  beam.output.begin = marks.target.begin;
  beam.output.end = marks.target.end;
  beam.output.pad = marks.target.pad == marks.target.end ? -1 : marks.target.pad;
  beam.output.unknown = options.copy_unknown ? -1 : vocabulary_.target.unknown();
  const nn::Int8Scope int8(options.int8);
  std::vector<std::vector<decoding::Hypothesis>> results;
  if (options.draw) {
    decoding::TranslationSampling request{.sampling = options.draw->sampling,
                                          .output = beam.output,
                                          .count = options.draw->count,
                                          .seed = options.draw->seed};
    for (const Part* part : parts)
      request.first_samples.push_back(
          first_sample(first_line + static_cast<int64_t>(part->line), part->number));
    results = decoding::sample_translations(*trained_.model, source, request);
  } else {
    results = decoding::beam_search(*trained_.model, source, beam);
  }
  for (size_t i = 0; i < parts.size(); ++i) parts[i]->hypotheses = std::move(results[i]);
}

Translation Translator::finish(const Part& part, const decoding::Hypothesis& hypothesis,
                               const TranslateOptions& options) {
  const std::vector<int32_t> tokens(hypothesis.tokens.begin(), hypothesis.tokens.end());
  Translation result{.text = vocabulary_.target.decode(tokens),
                     .log_probability = hypothesis.log_probability,
                     .score = hypothesis.score,
                     .links = {}};
  const int32_t unknown = vocabulary_.target.unknown();
  const bool copies = options.copy_unknown && std::count(tokens.begin(), tokens.end(), unknown) > 0;
  if (tokens.empty() || !(copies || options.align)) return result;
  const SoftAlignment alignment(*trained_.model, vocabulary_, part.text, hypothesis.tokens,
                                options.alignment);
  if (options.align) result.links = alignment.links();
  if (!copies) return result;
  result.text.clear();
  std::vector<int32_t> known;
  const auto flush = [&] {
    // A blank before the first piece of a stretch is its own, but for the text's very first.
    const std::string text = vocabulary_.target.decode(known);
    const bool blank = !known.empty() && !result.text.empty() &&
                       vocabulary_.target.piece(known.front()).starts_with("\xE2\x96\x81") &&
                       !text.starts_with(' ');
    result.text += (blank ? " " : "") + text;
    known.clear();
  };
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i] != unknown) {
      known.push_back(tokens[i]);
      continue;
    }
    flush();
    result.text += alignment.original(i);
  }
  flush();
  return result;
}

std::vector<TranslatedLine> Translator::translate(std::span<const std::string> lines,
                                                  const TranslateOptions& options, int64_t first_line) {
  TORCH_CHECK(!options.draw || options.draw->count <= kMostSamples, "[translate] at most ", kMostSamples,
              " samples can be drawn of a line, got ", options.draw->count);
  std::vector<Part> parts = cut(lines, options);
  std::vector<Part*> by_length;
  for (Part& part : parts) by_length.push_back(&part);
  std::stable_sort(by_length.begin(), by_length.end(),
                   [](const Part* a, const Part* b) { return a->tokens.size() > b->tokens.size(); });
  for (size_t first = 0; first < by_length.size(); first += static_cast<size_t>(options.batch_size)) {
    const size_t count = std::min(static_cast<size_t>(options.batch_size), by_length.size() - first);
    decode(std::span(by_length).subspan(first, count), options, first_line);
  }
  std::vector<TranslatedLine> result(lines.size());
  for (size_t i = 0; i < parts.size();) {
    const size_t first = i;
    while (i < parts.size() && parts[i].line == parts[first].line) ++i;
    result[parts[first].line] = finish_line(std::span(parts).subspan(first, i - first), options);
  }
  for (auto& line : result) {
    if (line.best.empty()) line.best.resize(options.draw ? static_cast<size_t>(options.draw->count) : 1);
  }
  return result;
}

/// A line of one part has all its translations, one of several parts the best of each, one after the other;
/// sample k of such a line is made of sample k of each.
TranslatedLine Translator::finish_line(std::span<const Part> parts, const TranslateOptions& options) {
  TranslatedLine line;
  line.parts = static_cast<int64_t>(parts.size());
  for (const Part& part : parts) {
    for (const auto& hypothesis : part.hypotheses) line.looped = line.looped || hypothesis.looped;
  }
  const bool all = parts.size() == 1 || options.draw;
  const size_t count = all ? parts.front().hypotheses.size() : 1;
  for (size_t i = 0; i < count; ++i) line.best.push_back(join(parts, i, options));
  return line;
}

Translation Translator::join(std::span<const Part> parts, size_t hypothesis,
                             const TranslateOptions& options) {
  Translation whole;
  size_t source_words = 0;
  for (const Part& part : parts) {
    const Translation piece = finish(part, part.hypotheses[hypothesis], options);
    const size_t target_words = text::split_words(whole.text).size();
    for (const auto& link : piece.links)
      whole.links.push_back({link.source + source_words, link.target + target_words, link.weight});
    source_words += text::split_words(part.text).size();
    if (&part != &parts.front()) whole.text += (&part - 1)->separator.empty() ? " " : (&part - 1)->separator;
    whole.text += piece.text;
    whole.log_probability += piece.log_probability;
    whole.score += piece.score;
  }
  return whole;
}

}  // namespace heed::tasks
