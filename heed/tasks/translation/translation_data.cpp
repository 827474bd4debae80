// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/translation_data.h"

#include <algorithm>
#include <span>

#include "heed/core/crc32c.h"
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/progress.h"
#include "heed/data/text/documents.h"
#include "heed/data/text/records.h"
#include "heed/tasks/translation/validation_sample.h"

namespace heed::tasks {
namespace fs = std::filesystem;
namespace {

using text::SentencePair;
using text::SubwordVocabulary;
using Splits = std::map<std::string, std::vector<SentencePair>>;

constexpr const char *kJoint = "vocabulary.model", *kSource = "source.model", *kTarget = "target.model";

/// In a prepared folder the files are named source and target instead of the languages.
text::LanguagePair languages(const fs::path& folder, const TranslationDataOptions& options) {
  if (fs::exists(folder / "train.source")) return {"source", "target"};
  return {options.source_language, options.target_language};
}

bool prepared(const std::vector<fs::path>& data) {
  return data.size() == 1 && TranslationVocabulary::is_in(data.front());
}

void hold_back_validation(Splits& splits, int64_t wanted, const fs::path& data) {
  auto& train = splits["train"];
  if (!splits["valid"].empty()) return;
  splits["valid"] = take_validation_sample(train, wanted);
  if (splits["valid"].empty()) {
    throw Error(ErrorKind::kData,
                "contains one sentence to translate and none for validation; training needs at least two",
                data.string());
  }
  inform("the data has no validation part: " + std::to_string(splits["valid"].size()) +
         " pairs are held back, chosen by a hash of their source");
}

/// A text as one line, which is what a model reads and writes.
std::string as_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

/// The two fields of tables.
text::ParallelCorpus read_fields_of_tables(const std::vector<fs::path>& data,
                                           const TranslationDataOptions& options) {
  text::ParallelCorpus corpus;
  const std::vector<std::string> fields{options.source_field, options.target_field};
  for (const auto& file : text::find_text(data, {.endings = "csv, tsv, tab"})) {
    text::read_records(file.path, fields, [&](const std::vector<std::string>& values) {
      corpus.splits[file.split].push_back({as_line(values[0]), as_line(values[1])});
    });
  }
  return corpus;
}

text::ParallelCorpus read_pairs(const std::vector<fs::path>& data, const TranslationDataOptions& options) {
  if (!options.source_field.empty() && !options.target_field.empty() && !prepared(data))
    return read_fields_of_tables(data, options);
  text::ParallelOptions parallel;
  parallel.strict = options.strict;
  if (!data.empty()) parallel.languages = languages(data.front(), options);
  text::ParallelCorpus corpus = text::read_parallel(data, parallel);
  if (corpus.catalogues.used > 0) inform("catalogues: " + corpus.catalogues.text());
  return corpus;
}

/// Filters the training part and holds some back where needed.
void settle_training_part(Splits& splits, const TranslationDataOptions& options, const fs::path& data) {
  text::FilterOptions filter;
  filter.max_words = static_cast<size_t>(options.max_words);
  filter.max_word_ratio = options.max_word_ratio;
  filter.drop_duplicates = options.drop_duplicates;
  auto& train = splits["train"];
  inform("train: " + text::filter_pairs(train, filter).text());
  if (train.empty())
    throw Error(ErrorKind::kData, "the filters of [data] leave no pair to train on", data.string());
  hold_back_validation(splits, options.validation_pairs, data);
}

Splits read_splits(const std::vector<fs::path>& data, const TranslationDataOptions& options) {
  Splits splits = read_pairs(data, options).splits;
  const auto train = splits.find("train");
  if (train == splits.end() || train->second.empty())
    throw Error(ErrorKind::kData, "contains no pairs to train on", data.front().string());
  settle_training_part(splits, options, data.front());
  return splits;
}

std::vector<std::string_view> side(const std::vector<SentencePair>& pairs, std::string SentencePair::*which) {
  std::vector<std::string_view> lines;
  lines.reserve(pairs.size());
  for (const auto& pair : pairs) lines.emplace_back(pair.*which);
  return lines;
}

TranslationVocabulary learn(const std::vector<SentencePair>& pairs,
                            const TranslationVocabularyOptions& options) {
  if (fs::is_directory(options.file)) return TranslationVocabulary::read(options.file);
  if (!options.file.empty()) {
    const auto shared = SubwordVocabulary::load(options.file);
    return {shared, shared, true};
  }
  auto source = side(pairs, &SentencePair::source);
  const auto target = side(pairs, &SentencePair::target);
  if (!options.joint)
    return {SubwordVocabulary::train(source, options.subwords),
            SubwordVocabulary::train(target, options.subwords), false};
  source.insert(source.end(), target.begin(), target.end());
  const auto shared = SubwordVocabulary::train(source, options.subwords);
  return {shared, shared, true};
}

TranslationVocabulary vocabulary_for(const std::vector<fs::path>& data, const Splits& splits,
                                     const TranslationVocabularyOptions& options) {
  if (options.file.empty() && prepared(data)) return TranslationVocabulary::read(data.front());
  inform(options.file.empty() ? "learning the vocabulary" : "vocabulary: " + options.file.string());
  return learn(splits.at("train"), options);
}

}  // namespace

std::vector<Field> fields(TranslationDataOptions& options) {
  std::vector<Field> list{
      {"source_language", &options.source_language, "such as en: finds train.en in a folder"},
      {"target_language", &options.target_language, "such as de"},
      {"source_field", &options.source_field,
       "tables (JSON lines, .tsv, .csv): field or column of the source, such as text"},
      {"target_field", &options.target_field, "tables: field or column of the target, such as summary"},
      {"max_words", &options.max_words, "leave out longer sentences in training; 0: no limit", at_least(0)},
      {"max_word_ratio", &options.max_word_ratio,
       "leave out pairs whose longer side has more times the words of the shorter; 0: no limit", at_least(0)},
      {"drop_duplicates", &options.drop_duplicates, "train on each pair once"},
      {"validation_pairs", &options.validation_pairs,
       "pairs to hold back when the data has no validation part", at_least(1)},
      {"strict", &options.strict,
       "make a catalogue that cannot be read an error; otherwise it is skipped with a warning"},
      {"cut_sources", &options.cut_sources,
       "read only the beginning of sources longer than max_length, in training and translation: for "
       "summaries"},
      {"label_smoothing", &options.label_smoothing, "share of the target spread over all tokens",
       between(0, 0.9)},
      {"r_drop", &options.r_drop,
       "R-Drop: weight of the agreement of two passes with dropout, 5 in the paper; 0: one pass",
       at_least(0)},
      {"subword_sampling", &options.subword_sampling,
       "subword regularisation: share of merges left out (bpe), or alpha (unigram); 0: off", between(0, 1)},
  };
  for (auto& field : fields(options.batches)) list.push_back(field);
  return list;
}

std::vector<Field> fields(TranslationVocabularyOptions& options) {
  std::vector<Field> list{
      {"joint", &options.joint, "one vocabulary for both languages"},
      {"file", &options.file, "SentencePiece model, or run folder, whose vocabulary is used"},
  };
  for (auto& field : fields(options.subwords)) list.push_back(field);
  return list;
}

TranslationMarks TranslationVocabulary::marks() const {
  return {{source.begin(), source.end(), source.pad()}, {target.begin(), target.end(), target.pad()}};
}

void TranslationVocabulary::write(const fs::path& folder) const {
  if (joint) return source.write(folder / kJoint);
  source.write(folder / kSource);
  target.write(folder / kTarget);
}

bool TranslationVocabulary::is_in(const fs::path& folder) {
  return fs::exists(folder / kJoint) || (fs::exists(folder / kSource) && fs::exists(folder / kTarget));
}

TranslationVocabulary TranslationVocabulary::read(const fs::path& folder) {
  if (fs::exists(folder / kJoint)) {
    const auto shared = SubwordVocabulary::load(folder / kJoint);
    return {shared, shared, true};
  }
  return {SubwordVocabulary::load(folder / kSource), SubwordVocabulary::load(folder / kTarget), false};
}

EncodedPair encode_pair(const TranslationVocabulary& vocabulary, const std::string& source,
                        const std::string& target, const TranslationDataOptions& options) {
  EncodedPair pair{vocabulary.source.encode(source), vocabulary.target.encode(target)};
  const auto most = static_cast<size_t>(options.batches.max_length - 1);  // an end mark follows
  if (options.cut_sources) pair.source.resize(std::min(pair.source.size(), most));
  return pair;
}

TranslationCorpus read_translation_corpus(const std::vector<fs::path>& data,
                                          const TranslationDataOptions& options,
                                          const TranslationVocabularyOptions& vocabulary) {
  const Splits splits = read_splits(data, options);
  TranslationCorpus corpus{vocabulary_for(data, splits, vocabulary), {}, {}};
  for (const auto& [split, pairs] : splits) {
    auto& encoded = corpus.splits[split];
    encoded.reserve(pairs.size());
    for (const auto& pair : pairs)
      encoded.push_back(encode_pair(corpus.vocabulary, pair.source, pair.target, options));
  }
  corpus.sources = describe_sources(splits.at("train"), corpus.splits.at("train"), options.source_language,
                                    options.batches.max_length);
  return corpus;
}

std::vector<SentencePair> read_translation_split(const std::vector<fs::path>& data,
                                                 const TranslationDataOptions& options,
                                                 const std::string& split) {
  text::ParallelCorpus corpus = read_pairs(data, options);
  const auto train = corpus.splits.find("train");
  const bool held_back = split == "valid" && corpus.splits["valid"].empty();
  if ((held_back || split == "train") && train != corpus.splits.end() && !train->second.empty())
    settle_training_part(corpus.splits, options, data.front());
  return corpus.split(split);
}

std::map<std::string, int64_t> prepare_translation(const std::vector<fs::path>& data,
                                                   const TranslationDataOptions& options,
                                                   const TranslationVocabularyOptions& vocabulary,
                                                   const fs::path& output) {
  const Splits splits = read_splits(data, options);
  const auto learned = vocabulary_for(data, splits, vocabulary);
  std::map<std::string, int64_t> counts;
  write_folder_atomically(output, [&](const fs::path& folder) {
    for (const auto& [split, pairs] : splits) {
      std::string source, target;
      for (const auto& pair : pairs) {
        source += pair.source + "\n";
        target += pair.target + "\n";
      }
      write_atomically(folder / (split + ".source"), source);
      write_atomically(folder / (split + ".target"), target);
      counts[split] = static_cast<int64_t>(pairs.size());
    }
    learned.write(folder);
  });
  return counts;
}

toml::table translation_data_card(const TranslationCorpus& corpus) {
  constexpr int32_t kEnd = -1;  // not a piece: the checksum depends on where sides end
  toml::table card;
  for (const auto& [split, pairs] : corpus.splits) {
    Crc32c crc;
    int64_t source = 0, target = 0;
    for (const auto& pair : pairs) {
      for (const auto* tokens : {&pair.source, &pair.target}) {
        crc.add(std::as_bytes(std::span(*tokens)));
        crc.add(std::as_bytes(std::span(&kEnd, 1)));
      }
      source += static_cast<int64_t>(pair.source.size());
      target += static_cast<int64_t>(pair.target.size());
    }
    card.insert(split, toml::table{{"pairs", static_cast<int64_t>(pairs.size())},
                                   {"source_tokens", source},
                                   {"target_tokens", target},
                                   {"crc32c", int64_t{crc.value()}}});
  }
  return card;
}

}  // namespace heed::tasks
