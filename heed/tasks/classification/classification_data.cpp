// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/classification/classification_data.h"

#include <algorithm>
#include <utility>

#include "heed/core/crc32c.h"
#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/names.h"
#include "heed/data/text/counts.h"
#include "heed/data/text/text_survey.h"
#include "heed/tasks/epoch_order.h"

namespace heed::tasks {
namespace {
using text::LabelledText;
using Texts = std::vector<LabelledText>;

int64_t class_of(const std::vector<std::string>& classes, const std::string& label) {
  const auto found = std::lower_bound(classes.begin(), classes.end(), label);
  return found == classes.end() || *found != label ? -1 : found - classes.begin();
}

/// Drops texts of other classes. Returns how many.
int64_t keep_classes(Texts& texts, const std::vector<std::string>& classes) {
  return static_cast<int64_t>(
      std::erase_if(texts, [&](const LabelledText& text) { return class_of(classes, text.label) < 0; }));
}

/// At most `most` texts of each class, drawn by the seed, in their order.
void draw_per_class(Texts& texts, const std::vector<std::string>& classes, int64_t most, uint64_t seed) {
  constexpr uint64_t kDraw = 4;
  std::vector<std::vector<size_t>> by_class(classes.size());
  for (size_t i = 0; i < texts.size(); ++i)
    by_class[static_cast<size_t>(class_of(classes, texts[i].label))].push_back(i);
  std::vector<size_t> kept;
  for (size_t c = 0; c < classes.size(); ++c) {
    auto random = random_for({seed, c, kDraw});
    shuffle(std::span(by_class[c]), random);
    by_class[c].resize(std::min(by_class[c].size(), static_cast<size_t>(most)));
    kept.insert(kept.end(), by_class[c].begin(), by_class[c].end());
  }
  std::sort(kept.begin(), kept.end());
  Texts drawn;
  for (const size_t i : kept) drawn.push_back(std::move(texts[i]));
  texts = std::move(drawn);
}

/// Calls `use` with both texts of each example.
void each_text(const Texts& texts, const std::function<void(std::string_view)>& use) {
  for (const auto& text : texts) {
    use(text.text);
    if (!text.pair.empty()) use(text.pair);
  }
}

text::TextVocabularyPtr vocabulary_for(const Texts& train, const text::TextVocabularyOptions& options) {
  if (!options.file.empty()) return text::load_text_vocabulary(options.file);
  text::TextSurvey survey;
  each_text(train, [&](std::string_view text) { survey.add({text}, "train"); });
  auto chosen = options;
  const std::string why = text::choose_vocabulary(survey, chosen);
  auto vocabulary = text::learn_text_vocabulary(
      chosen, [&](const std::function<void(std::string_view)>& use) { each_text(train, use); });
  inform("vocabulary: " + chosen.kind + ", " + text::grouped(vocabulary->size()) + " tokens" +
         (why.empty() ? "" : "; " + why + " (vocabulary.kind changes it)"));
  return vocabulary;
}

void check_classes(const Texts& train, const Texts& valid, const std::vector<std::string>& classes,
                   const std::string& place) {
  if (classes.size() < 2) {
    throw Error(ErrorKind::kData,
                "has " + std::to_string(classes.size()) + (classes.size() == 1 ? " class" : " classes") +
                    " to train on; at least two are needed (data.label_field, data.classes)",
                place);
  }
  if (train.empty() || valid.empty()) {
    throw Error(ErrorKind::kData,
                std::string("has no text of the classes to ") + (train.empty() ? "train" : "validate") +
                    " on; the classes are " + comma_list(classes),
                place);
  }
}

void say_left_out(const text::LabelledCorpus& corpus, int64_t others) {
  const std::string left = text::list_counts({{corpus.without_label, "without a label"},
                                              {corpus.without_text, "without text"},
                                              {others, "of other classes"}});
  if (!left.empty()) inform("texts left out: " + left);
}

}  // namespace

Fields fields(ClassificationDataOptions& options) {
  return text::fields(options.texts) +
         Fields{
             {"classes", &options.classes, "most frequent classes to tell apart; 0: all", at_least(0)},
             {"per_class", &options.per_class,
              "examples of each class to train on, drawn by training.seed; 0: all", at_least(0)},
             {"max_tokens", &options.max_tokens, "tokens of an example, marks included; the end is cut off",
              at_least(4)},
             {"batch_size", &options.batch_size, "examples of a batch", between(1, 1 << 20)},
             {"auxiliary", &options.auxiliary,
              "weight of the language model's loss beside that of the classes; 0: none", at_least(0)},
             {"both_orders", &options.both_orders, "pairs: average both orders, for symmetric classes"},
             {"dropout", &options.dropout, "dropout on the state that the classes are read from",
              between(0, 0.95)},
         };
}

const std::vector<EncodedText>& ClassificationCorpus::split(const std::string& name) const {
  const auto found = splits.find(name);
  if (found != splits.end() && !found->second.empty()) return found->second;
  std::vector<std::string> names;
  for (const auto& [split, texts] : splits)
    if (!texts.empty()) names.push_back(split);
  throw Error(ErrorKind::kData, "the texts have no part '" + name + "'; there is " + comma_list(names));
}

std::vector<EncodedText> encode_labelled(const std::vector<LabelledText>& texts,
                                         const text::TextVocabulary& vocabulary,
                                         const std::vector<std::string>& classes) {
  std::vector<EncodedText> encoded;
  encoded.reserve(texts.size());
  for (const auto& text : texts) {
    encoded.push_back({vocabulary.encode(text.text),
                       text.pair.empty() ? Tokens() : vocabulary.encode(text.pair),
                       class_of(classes, text.label)});
  }
  return encoded;
}

ClassificationCorpus read_classification(const Paths& data, const ClassificationDataOptions& options,
                                         text::TextVocabularyOptions& vocabulary,
                                         const std::vector<std::string>& classes, uint64_t seed) {
  auto read = text::read_labelled_texts(data, options.texts);
  auto& train = read.splits["train"];
  ClassificationCorpus corpus;
  corpus.classes = classes.empty() ? text::frequent_labels(train, options.classes) : classes;
  int64_t others = 0;
  for (auto& [name, texts] : read.splits) others += keep_classes(texts, corpus.classes);
  check_classes(train, read.splits["valid"], corpus.classes, data.empty() ? "data" : data.front().string());
  say_left_out(read, others);
  corpus.vocabulary = vocabulary_for(train, vocabulary);
  vocabulary.kind = corpus.vocabulary->kind();
  vocabulary.size = corpus.vocabulary->size();
  if (options.per_class > 0) draw_per_class(train, corpus.classes, options.per_class, seed);
  for (auto& [name, texts] : read.splits)
    if (!texts.empty()) corpus.splits[name] = encode_labelled(texts, *corpus.vocabulary, corpus.classes);
  return corpus;
}

toml::table classification_card(const ClassificationCorpus& corpus) {
  toml::array classes;
  for (const auto& name : corpus.classes) classes.push_back(name);
  toml::table card{{"vocabulary", corpus.vocabulary->kind()}, {"classes", classes}};
  for (const auto& [name, texts] : corpus.splits) {
    Crc32c crc;
    for (const auto& text : texts) {
      crc.add(std::as_bytes(std::span(text.text)));
      crc.add(std::as_bytes(std::span(text.pair)));
      crc.add(std::as_bytes(std::span(&text.label, 1)));
    }
    card.insert(name, toml::table{{"texts", std::ssize(texts)}, {"crc32c", int64_t{crc.value()}}});
  }
  return card;
}

std::string corpus_line(const ClassificationCorpus& corpus) {
  std::string line = "classification: " + std::to_string(corpus.classes.size()) + " classes;";
  for (const auto& [name, texts] : corpus.splits)
    line += " " + name + " " + text::grouped(std::ssize(texts)) + " texts;";
  line.pop_back();
  return line;
}

}  // namespace heed::tasks
