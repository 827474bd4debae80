// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/translation_task.h"

#include <ATen/Context.h>

#include "heed/core/error.h"
#include "heed/core/progress.h"
#include "heed/decoding/beam_search.h"
#include "heed/models/registry.h"
#include "heed/tasks/translation/translation_objective.h"

namespace heed::tasks {
namespace {

std::string corpus_line(const TranslationCorpus& corpus) {
  std::string line = "translation:";
  for (const auto& [split, pairs] : corpus.splits)
    line += " " + split + " " + std::to_string(pairs.size()) + " pairs;";
  const auto& vocabulary = corpus.vocabulary;
  line.append(" ").append(std::to_string(vocabulary.source.size()));
  if (!vocabulary.joint) line += " and " + std::to_string(vocabulary.target.size());
  return line + " pieces";
}

models::VocabularySizes sizes(const TranslationVocabulary& vocabulary) {
  return {vocabulary.source.size(), vocabulary.target.size()};
}

}  // namespace

Run open_translation_run(const toml::table& config, const std::vector<std::filesystem::path>& data,
                         at::Device device) {
  TranslationDataOptions options;
  TranslationVocabularyOptions vocabulary_options;
  decoding::BeamOptions search;
  Run run;
  read_fields(config_section(config, "data"), "[data]", fields(options));
  read_fields(config_section(config, "vocabulary"), "[vocabulary]", fields(vocabulary_options));
  read_fields(config_section(config, "training"), "[training]", training::fields(run.training));
  read_fields(config_section(config, "decoding"), "[decoding]", decoding::fields(search));
  const auto corpus =
      std::make_shared<const TranslationCorpus>(read_translation_corpus(data, options, vocabulary_options));
  inform(corpus_line(*corpus));

  at::manual_seed(static_cast<uint64_t>(run.training.seed));
  toml::table model = config_section(config, "model");
  const auto network = models::make_sequence_to_sequence(model, sizes(corpus->vocabulary));
  network->to(device);
  run.objective = std::make_unique<TranslationObjective>(network, corpus, options,
                                                         static_cast<uint64_t>(run.training.seed), device);
  run.data_card = translation_data_card(*corpus);
  toml::table about = config_section(config, "about");
  about.insert_or_assign("source_vocabulary", int64_t{corpus->vocabulary.source.size()});
  about.insert_or_assign("vocabulary", int64_t{corpus->vocabulary.target.size()});
  corpus->sources.write(about);
  run.config.insert("task", "translation");
  run.config.insert("about", about);
  run.config.insert("data", write_fields(fields(options)));
  run.config.insert("vocabulary", write_fields(fields(vocabulary_options)));
  run.config.insert("model", model);
  run.config.insert("training", write_fields(training::fields(run.training)));
  run.config.insert("decoding", write_fields(decoding::fields(search)));
  return run;
}

std::shared_ptr<torch::nn::Module> make_translation_module(const toml::table& config,
                                                           const std::string& place) {
  const models::VocabularySizes vocabulary{config["about"]["source_vocabulary"].value_or(int64_t{0}),
                                           config["about"]["vocabulary"].value_or(int64_t{0})};
  if (vocabulary.source <= 0 || vocabulary.target <= 0) {
    throw Error(ErrorKind::kCheckpoint,
                "describes no model: about.source_vocabulary and about.vocabulary are needed", place);
  }
  toml::table section = config_section(config, "model");
  return models::make_sequence_to_sequence(section, vocabulary);
}

std::string translation_data_help() {
  TranslationDataOptions data;
  TranslationVocabularyOptions vocabulary;
  decoding::BeamOptions search;
  return "[data], task translation\n" + describe_fields(fields(data)) + "\n[vocabulary], task translation\n" +
         describe_fields(fields(vocabulary)) +
         "\n[decoding], task translation: what translate and evaluate do unless told otherwise\n" +
         describe_fields(decoding::fields(search));
}

}  // namespace heed::tasks
