// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include "heed/cli/given_options.h"
#include "heed/cli/verb.h"
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/data/music/corpus.h"
#include "heed/tasks/image/prepared_images.h"
#include "heed/tasks/run.h"
#include "heed/tasks/translation/translation_data.h"

namespace heed::cli {
namespace {

struct Options {
  std::string task = "music", encoding, split_file;
  Paths data;
  std::filesystem::path output;
  bool strict = false;
  std::vector<std::string> set;
  const CLI::App* verb = nullptr;
};

/// Writing takes the place of what is there: only what an earlier `heed prepare` wrote may go.
void refuse_foreign_folder(const std::filesystem::path& output) {
  if (!std::filesystem::exists(output)) return;
  const auto has = [&](const char* name) { return std::filesystem::exists(output / name); };
  if (has("train.source") && has("train.target")) return;
  if (std::filesystem::is_directory(output) && std::filesystem::is_empty(output)) return;
  throw Error(ErrorKind::kUsage, "holds other things; prepared pairs go into a folder of their own",
              output.string());
}

/// Options of sentence pairs come by --set, under the names that training configs give them.
int prepare_translation(const Common& common, const Options& options) {
  refuse_options(*options.verb, {"--encoding", "--split-file"}, "is for --task music");
  refuse_foreign_folder(options.output);
  check_folder_writable(options.output);
  toml::table config = tasks::load_config("", options.set);
  for (const auto& [section, node] : config) {
    if (section != "data" && section != "vocabulary")
      throw Error(ErrorKind::kConfig, unknown_name_message("section", section.str(), {"data", "vocabulary"}),
                  "--set");
  }
  tasks::TranslationDataOptions data;
  tasks::TranslationVocabularyOptions vocabulary;
  read_fields(tasks::config_section(config, "data"), "[data]", tasks::fields(data));
  read_fields(tasks::config_section(config, "vocabulary"), "[vocabulary]", tasks::fields(vocabulary));
  data.strict = data.strict || options.strict;
  nlohmann::ordered_json result{{"output", options.output.string()}};
  for (const auto& [split, pairs] :
       tasks::prepare_translation(options.data, data, vocabulary, options.output))
    result[split] = {{"pairs", pairs}};
  print_result(common, result);
  return 0;
}

/// Only what shapes the images is stored; the rest of [data] belongs to training.
int prepare_images(const Common& common, const Options& options) {
  refuse_options(*options.verb, {"--encoding", "--split-file"}, "is for --task music");
  tasks::check_image_folder(options.output);
  const toml::table config = tasks::load_config("", options.set);
  for (const auto& [section, node] : config) {
    if (section != "data")
      throw Error(ErrorKind::kConfig, unknown_name_message("section", section.str(), {"data"}), "--set");
  }
  const std::vector<std::string> stored{"size", "height", "width", "channels", "valid_share"};
  const toml::table section = tasks::config_section(config, "data");
  tasks::ImageDataOptions data;
  read_fields(section, "[data]", tasks::fields(data));
  for (const auto& [key, node] : section) {
    if (std::find(stored.begin(), stored.end(), key.str()) == stored.end()) {
      throw Error(ErrorKind::kConfig,
                  "'" + std::string(key.str()) +
                      "' is chosen when a model is trained; what is prepared has data.size, height, width, "
                      "channels and valid_share",
                  "--set");
    }
  }
  const toml::table card = tasks::prepare_images(options.data, data, options.strict, options.output);
  nlohmann::ordered_json result{{"output", options.output.string()}};
  for (const char* size : {"height", "width", "channels"}) result[size] = card[size].value_or(int64_t{0});
  result["classes"] = card["classes"].as_array()->size();
  for (const char* split : {"train", "valid", "test"}) {
    if (card.contains(split)) result[split] = {{"images", card[split]["images"].value_or(int64_t{0})}};
  }
  result["skipped"] = card["skipped"].value_or(int64_t{0});
  print_result(common, result);
  return 0;
}

int prepare(const Common& common, const Options& options) {
  if (options.task == "translation") return prepare_translation(common, options);
  if (options.task == "image") return prepare_images(common, options);
  refuse_options(*options.verb, {"--set"}, "is for --task translation and --task image");
  check_folder_writable(options.output);
  music::CorpusOptions corpus_options;
  corpus_options.encoding = options.encoding;
  corpus_options.strict = options.strict;
  if (!options.split_file.empty()) corpus_options.split_file = options.split_file;
  const music::Corpus corpus = music::read_corpus(options.data, corpus_options);
  music::warn_of_little_music(corpus);
  music::write_corpus(corpus, options.output);
  nlohmann::ordered_json result{{"output", options.output.string()}, {"encoding", corpus.encoding->name()}};
  for (const auto& [split, pieces] : corpus.splits) {
    result[split] = {{"pieces", pieces.size()}, {"tokens", corpus.tokens(split)}};
  }
  result["skipped"] = corpus.skipped;
  print_result(common, result);
  return 0;
}

}  // namespace

void add_prepare(Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = program.add_verb("prepare", "Encode raw data once, so that training starts at once",
                                    [&program, options] { return prepare(program.common, *options); });
  options->verb = verb;
  verb->add_option("--task", options->task, "music, translation or image")
      ->check(CLI::IsMember({"music", "translation", "image"}))
      ->capture_default_str();
  verb->add_option(
          "--data", options->data,
          "MIDI files, folders of them, chorale JSON; sentence pairs: two files, TSV, .po, .mo, a folder; "
          "images: folders, tar archives, idx files")
      ->required();
  verb->add_option("--output", options->output, "folder to write")->required();
  verb->add_option("--encoding", options->encoding, "chorale or performance; default: by the kind of file")
      ->check(CLI::IsMember(music::encoding_names()));
  verb->add_option("--split-file", options->split_file,
                   "CSV with the columns split and midi_filename (MAESTRO), midi_performance (ASAP) or file");
  verb->add_option("--set", options->set,
                   "translation: data.source_language=en, vocabulary.size=4000; image: data.size=32; may be "
                   "repeated")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  verb->add_flag("--strict", options->strict, "stop at the first file that cannot be read");
}

}  // namespace heed::cli
