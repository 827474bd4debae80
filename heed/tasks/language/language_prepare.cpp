// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/language_corpus.h"
#include "heed/tasks/language/language_actions.h"
#include "heed/tasks/options.h"

namespace heed::tasks {
namespace {

struct PrepareLanguageOptions {
  Paths data;
  std::filesystem::path output, vocabulary_file;
  text::LanguageCorpusOptions corpus;
  text::TextVocabularyOptions vocabulary;
};

Fields fields(PrepareLanguageOptions& options) {
  auto& vocabulary = options.vocabulary;
  auto kinds = text::vocabulary_kinds();
  return Fields{required({"data", &options.data, "text files, JSON lines, folders of them; may be packed"}),
                required({"output", &options.output, "folder to write"})} +
         under("Text", text::fields(options.corpus)) +
         under("Vocabulary", {default_text({"vocabulary", &vocabulary.kind, "what a token is", one_of(kinds)},
                                           "chosen for the text"),
                              default_text({"size", &vocabulary.size, "number of tokens", at_least(0)},
                                           "chosen for the text"),
                              excludes({"vocabulary_file", &vocabulary.file,
                                        "vocabulary to use instead: a file, or the folder of a model"},
                                       {"vocabulary", "size"})});
}

Answer prepare_language(PrepareLanguageOptions& options, const Call& /*call*/) {
  const auto corpus =
      text::prepare_language_corpus(options.data, options.corpus, options.vocabulary, options.output);
  Json result{{"output", options.output.string()},
              {"vocabulary", corpus.vocabulary->kind()},
              {"vocabulary_size", corpus.vocabulary->size()}};
  for (const auto& [name, split] : corpus.splits) {
    result[name] = {{"documents", split.counts.documents},
                    {"characters", split.counts.characters},
                    {"tokens", split.counts.tokens}};
    if (split.counts.unknown > 0) result[name]["unknown"] = split.counts.unknown;
  }
  return {result};
}

}  // namespace

Action prepare_language_action() {
  return plain_action<PrepareLanguageOptions>(
      "prepare",
      "Write text as tokens once, so that training starts at once, also for text larger than memory",
      prepare_language);
}

}  // namespace heed::tasks
