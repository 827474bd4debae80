// SPDX-License-Identifier: Apache-2.0
#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/names.h"
#include "heed/tasks/options.h"
#include "heed/tasks/presets.h"
#include "heed/tasks/translation/translation_actions.h"
#include "heed/tasks/translation/translation_data.h"

namespace heed::tasks {
namespace {
namespace fs = std::filesystem;

struct PrepareTranslationOptions {
  Paths data;
  fs::path output;
  std::vector<std::string> set;
  bool strict = false;
};

Fields fields(PrepareTranslationOptions& options) {
  return {required({"data", &options.data, "sentence pairs: two files, TSV, .po, .mo, or a folder of them"}),
          required({"output", &options.output, "folder to write"}),
          {"set", &options.set,
           "config fields of [data] and [vocabulary], such as data.source_language=en, vocabulary.size=4000"},
          {"strict", &options.strict, "stop at the first file that cannot be read"}};
}

/// The output replaces what is there, which must come from an earlier preparation.
void refuse_foreign_folder(const fs::path& output) {
  if (!fs::exists(output)) return;
  const bool prepared = fs::exists(output / "train.source") && fs::exists(output / "train.target");
  if (prepared || (fs::is_directory(output) && fs::is_empty(output))) return;
  throw Error(ErrorKind::kUsage, "contains other files; prepared pairs need a folder of their own",
              output.string());
}

void check_sections(const toml::table& config) {
  for (const auto& [section, node] : config) {
    if (section != "data" && section != "vocabulary") {
      throw Error(ErrorKind::kConfig, unknown_name_message("section", section.str(), {"data", "vocabulary"}),
                  FieldName{"set"});
    }
  }
}

Answer prepare(PrepareTranslationOptions& options, const Call& /*call*/) {
  refuse_foreign_folder(options.output);
  check_folder_writable(options.output);
  const toml::table config = load_config("", options.set);
  check_sections(config);
  TranslationDataOptions data;
  TranslationVocabularyOptions vocabulary;
  read_fields(config_section(config, "data"), "[data]", fields(data));
  read_fields(config_section(config, "vocabulary"), "[vocabulary]", fields(vocabulary));
  data.strict = data.strict || options.strict;
  Json result{{"output", options.output.string()}};
  for (const auto& [split, pairs] : prepare_translation(options.data, data, vocabulary, options.output))
    result[split] = {{"pairs", pairs}};
  return {result};
}

}  // namespace

Action prepare_translation_action() {
  return plain_action<PrepareTranslationOptions>(
      "prepare", "Filter sentence pairs and learn the vocabulary once, so that training starts at once",
      prepare);
}

}  // namespace heed::tasks
