// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/translator.h"

#include <algorithm>

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/tasks/model_store.h"
#include "heed/tasks/presets.h"
#include "heed/tasks/translation/best_combinations.h"

namespace heed::tasks {

/// A part of a line with its hypotheses.
struct Translator::Part {
  size_t line = 0, number = 0;  ///< `number` counts the parts of the line
  LinePart source;
  std::vector<decoding::Hypothesis> hypotheses{};
  std::vector<std::optional<Translation>> finished{};  ///< for each hypothesis, made on demand
};

namespace {

/// Index of the first sample of a part. Each line, part and sample has indices of its own: the number of one does not
/// change the samples of another.
int64_t first_sample(int64_t line, size_t part) {
  return (line << 32) + static_cast<int64_t>(part) * kMostSamples;
}

TranslationVocabulary read_vocabulary(const std::filesystem::path& folder) {
  if (!TranslationVocabulary::is_in(folder)) {
    throw Error(ErrorKind::kCheckpoint,
                "lacks its vocabulary: vocabulary.model, or source.model and target.model", folder.string());
  }
  return TranslationVocabulary::read(folder);
}

constexpr const char* kBlankPiece =
    "\xE2\x96\x81";  // U+2581, how SentencePiece writes the blank before a word

}  // namespace

Translator::Translator(Trained<torch::nn::Module> any)
    : trained_(as<nn::SequenceToSequenceModel>(std::move(any))),
      vocabulary_(read_vocabulary(trained_.folder)) {
  const std::string folder = trained_.folder.string();
  if (vocabulary_.target.size() != model().vocabulary_size()) {
    throw Error(ErrorKind::kCheckpoint,
                "the vocabulary has " + std::to_string(vocabulary_.target.size()) + " pieces, the model " +
                    std::to_string(model().vocabulary_size()),
                folder);
  }
  read_fields(config_section(trained_.config, "data"), folder + " [data]", fields(data_options_));
  read_fields(config_section(trained_.config, "decoding"), folder + " [decoding]", decoding::fields(search_));
  sources_ = SourceText::read(config_section(trained_.config, "about"));
}

std::vector<Translator::Part> Translator::split(std::span<const std::string> lines,
                                                const TranslateOptions& options) const {
  const int64_t bound = trained_.model->max_length();  // longest source, end mark included
  const int64_t readable = bound > 0 ? std::max<int64_t>(bound - 1, 1) : options.max_pieces;
  const bool cuts = data_options_.cut_sources && options.parts == PartRule::kAuto;
  const int64_t most = cuts ? data_options_.batches.max_length - 1 : options.max_pieces;
  const LineParter parter(vocabulary_.source, sources_, data_options_.source_language,
                          cuts ? PartRule::kBeginning : options.parts, std::min(most, readable));
  std::vector<Part> parts;
  for (size_t i = 0; i < lines.size(); ++i) {
    size_t number = 0;
    for (LinePart& source : parter.parts(lines[i]))
      parts.push_back({.line = i, .number = number++, .source = std::move(source)});
  }
  return parts;
}

void Translator::decode(std::span<Part*> parts, const TranslateOptions& options, int64_t first_line) const {
  std::vector<std::span<const int32_t>> sentences;
  for (const Part* part : parts) sentences.emplace_back(part->source.tokens);
  const auto marks = vocabulary_.marks();
  const nn::Source source = make_source(sentences, marks.source);
  decoding::BeamOptions beam = options.beam;
  beam.output.begin = marks.target.begin;
  beam.output.end = marks.target.end;
  beam.output.pad = marks.target.pad == marks.target.end ? -1 : marks.target.pad;
  beam.output.unknown = options.copy_unknown ? -1 : vocabulary_.target.unknown();
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
  for (Part* part : parts) part->finished.resize(part->hypotheses.size());
}

Translation Translator::finish(const LinePart& part, const decoding::Hypothesis& hypothesis,
                               const TranslateOptions& options) const {
  const std::vector<int32_t> tokens(hypothesis.tokens.begin(), hypothesis.tokens.end());
  Translation result{.text = vocabulary_.target.decode(tokens),
                     .log_probability = hypothesis.log_probability,
                     .score = hypothesis.score,
                     .links = {},
                     .looped = hypothesis.looped,
                     .unfinished = !hypothesis.ended && !hypothesis.looped};
  const int32_t unknown = vocabulary_.target.unknown();
  const bool copies = options.copy_unknown && std::count(tokens.begin(), tokens.end(), unknown) > 0;
  if (tokens.empty() || !(copies || options.align)) return result;
  const SoftAlignment alignment(*trained_.model, vocabulary_, part.text, hypothesis.tokens,
                                options.alignment);
  if (options.align) result.links = alignment.links();
  if (copies) result.text = with_copies(tokens, alignment);
  return result;
}

/// The text of the tokens, with unknown ones replaced by source text. A run of unknown tokens, with only blanks between
/// them, copies no place of the source twice.
std::string Translator::with_copies(const std::vector<int32_t>& tokens,
                                    const SoftAlignment& alignment) const {
  const auto& vocabulary = vocabulary_.target;
  std::string text;
  std::vector<int32_t> known;
  const auto flush = [&] {
    // Decoding a stretch drops the blank before its first piece, which is wanted unless the text begins there.
    const std::string stretch = vocabulary.decode(known);
    const bool blank = !known.empty() && !text.empty() &&
                       vocabulary.piece(known.front()).starts_with(kBlankPiece) && !stretch.starts_with(' ');
    if (blank) text += ' ';
    text += stretch;
    known.clear();
  };
  std::vector<size_t> copied;  // places of the source in this run
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i] != vocabulary.unknown()) {
      if (vocabulary.piece(tokens[i]) != kBlankPiece) copied.clear();
      known.push_back(tokens[i]);
      continue;
    }
    const auto [original, source] = alignment.original(i);
    if (std::find(copied.begin(), copied.end(), source) != copied.end()) {
      while (!known.empty() && vocabulary.piece(known.back()) == kBlankPiece) known.pop_back();
      continue;
    }
    flush();
    text += original;
    copied.push_back(source);
  }
  flush();
  return text;
}

std::vector<TranslatedLine> Translator::translate(std::span<const std::string> lines,
                                                  const TranslateOptions& options, int64_t first_line) const {
  TORCH_CHECK(!options.draw || options.draw->count <= kMostSamples, "[translate] at most ", kMostSamples,
              " samples of a line can be drawn, got ", options.draw->count);
  std::vector<Part> parts = split(lines, options);
  std::vector<Part*> by_length;
  for (Part& part : parts) by_length.push_back(&part);
  std::stable_sort(by_length.begin(), by_length.end(), [](const Part* a, const Part* b) {
    return a->source.tokens.size() > b->source.tokens.size();
  });
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

const Translation& Translator::finished(Part& part, size_t hypothesis,
                                        const TranslateOptions& options) const {
  auto& translation = part.finished[hypothesis];
  if (!translation) translation = finish(part.source, part.hypotheses[hypothesis], options);
  return *translation;
}

TranslatedLine Translator::finish_line(std::span<Part> parts, const TranslateOptions& options) const {
  TranslatedLine line;
  line.parts = static_cast<int64_t>(parts.size());
  for (const Part& part : parts) line.cut = line.cut || part.source.cut;
  if (options.draw) {
    for (size_t k = 0; k < parts.front().hypotheses.size(); ++k)
      line.best.push_back(join(parts, std::vector<size_t>(parts.size(), k), options));
    return line;
  }
  std::vector<std::span<const decoding::Hypothesis>> of_parts;
  for (const Part& part : parts) of_parts.emplace_back(part.hypotheses);
  for (const auto& choice : best_combinations(of_parts, static_cast<size_t>(options.beam.n_best)))
    line.best.push_back(join(parts, choice, options));
  return line;
}

Translation Translator::join(std::span<Part> parts, const std::vector<size_t>& hypotheses,
                             const TranslateOptions& options) const {
  Translation whole;
  size_t words = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    const Translation& part = finished(parts[i], hypotheses[i], options);
    for (const auto& link : part.links)
      whole.links.push_back({link.source + parts[i].source.first_word, link.target + words, link.weight});
    if (!whole.text.empty() && !part.text.empty()) whole.text += ' ';
    whole.text += part.text;
    words += text::split_words(part.text).size();
    whole.log_probability += part.log_probability;
    whole.score += part.score;
    whole.looped = whole.looped || part.looped;
    whole.unfinished = whole.unfinished || part.unfinished;
  }
  return whole;
}

bool TranslatedLine::looped() const {
  return std::any_of(best.begin(), best.end(), [](const Translation& one) { return one.looped; });
}

bool TranslatedLine::unfinished() const {
  return std::any_of(best.begin(), best.end(), [](const Translation& one) { return one.unfinished; });
}

}  // namespace heed::tasks
