// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/language/gpt2_exchange.h"

#include <nlohmann/json.hpp>

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/data/text/byte_level_bpe.h"
#include "heed/data/text/byte_level_files.h"
#include "heed/tasks/language/gpt2_files.h"
#include "heed/training/run_folder.h"

namespace heed::tasks {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::json;
using models::Transformer;

constexpr const char* kVocabulary = "byte_bpe";  ///< as configs say it

void check_new(const fs::path& output) {
  if (fs::exists(output) && !(fs::is_directory(output) && fs::is_empty(output)))
    throw Error(ErrorKind::kUsage, "exists already; choose a new folder", output.string());
  check_folder_writable(output);
}

/// The vocabulary of a GGUF file, by way of what vocab.json and merges.txt would hold.
text::ByteLevelBpe gguf_vocabulary(const Gguf& file) {
  const auto word = [&](const std::string& key, const std::string& missing) {
    return file.has<std::string>(key) ? file.at<std::string>(key) : missing;
  };
  const std::string kind = word("tokenizer.ggml.model", "none"), split = word("tokenizer.ggml.pre", "gpt-2");
  if (kind != "gpt2" || (split != "gpt-2" && split != "default"))
    throw Error(ErrorKind::kData,
                "has a vocabulary of model '" + kind + "', pre-tokenizer '" + split +
                    "'; heed imports 'gpt2' with 'gpt-2'",
                file.name());
  Json vocabulary = Json::object();
  const auto& tokens = file.at<std::vector<std::string>>("tokenizer.ggml.tokens");
  for (size_t i = 0; i < tokens.size(); ++i) vocabulary[tokens[i]] = i;
  std::string merges = "#version: 0.2\n";
  for (const auto& merge : file.at<std::vector<std::string>>("tokenizer.ggml.merges")) merges += merge + "\n";
  return text::ByteLevelBpe(text::parse_vocabulary_and_merges(
      vocabulary.dump(-1, ' ', false, Json::error_handler_t::replace), merges, "", file.name()));
}

toml::table config_of(const Transformer& model, const text::ByteLevelBpe& vocabulary,
                      const fs::path& source) {
  models::TransformerOptions options = model.options();
  toml::table section = write_fields(fields(options));
  section.insert("kind", "transformer");
  toml::table about{{"summary", "GPT-2, imported from " + source.filename().string()},
                    {"vocabulary", options.vocabulary}};
  return toml::table{{"task", "language"},
                     {"about", std::move(about)},
                     {"vocabulary", toml::table{{"kind", kVocabulary}, {"size", vocabulary.size()}}},
                     {"model", std::move(section)}};
}

struct Source {
  std::shared_ptr<Transformer> model;
  text::ByteLevelBpe vocabulary;
};

Source read_source(const fs::path& path) {
  if (fs::is_directory(path)) return {read_gpt2_folder(path), text::ByteLevelBpe::load(path)};
  if (!fs::exists(path)) throw Error(ErrorKind::kUsage, "does not exist", path.string());
  const Gguf file = Gguf::read(path);
  return {read_gpt2_gguf(file), gguf_vocabulary(file)};
}

void check_sizes(const Transformer& model, const text::ByteLevelBpe& vocabulary, const fs::path& place) {
  if (vocabulary.size() <= model.vocabulary_size()) return;
  throw Error(ErrorKind::kData,
              "the vocabulary has " + std::to_string(vocabulary.size()) + " tokens, but the model only " +
                  std::to_string(model.vocabulary_size()),
              place.string());
}

ExchangedModel description(const Transformer& model, const text::ByteLevelBpe& vocabulary) {
  return {nn::parameter_count(model), vocabulary.size()};
}

}  // namespace

ExchangedModel import_gpt2(const fs::path& source, const fs::path& output) {
  check_new(output);
  const Source read = read_source(source);
  check_sizes(*read.model, read.vocabulary, source);
  write_folder_atomically(output, [&](const fs::path& folder) {
    write_atomically(folder / "config.toml", format_toml(config_of(*read.model, read.vocabulary, source)));
    read.vocabulary.write(folder);
    training::save_weights(*read.model, folder / "model.safetensors");
  });
  return description(*read.model, read.vocabulary);
}

ExchangedModel export_gpt2(const std::string& name, const fs::path& output) {
  check_new(output);
  const auto trained = load<nn::SequenceModel>(name);
  const auto model = std::dynamic_pointer_cast<Transformer>(trained.model);
  const std::string place = trained.folder.string();
  if (model == nullptr)
    throw Error(ErrorKind::kUsage, "cannot be written as a GPT-2: it is not a Transformer", place);
  if (trained.config["vocabulary"]["kind"].value_or(std::string()) != kVocabulary)
    throw Error(ErrorKind::kUsage, "cannot be written as a GPT-2: that needs a vocabulary of kind byte_bpe",
                place);
  const auto vocabulary = text::ByteLevelBpe::load(trained.folder);
  write_folder_atomically(output, [&](const fs::path& folder) {
    write_gpt2_folder(*model, folder, {.place = place, .end_of_text = vocabulary.end_of_text()});
    vocabulary.write(folder);
  });
  return description(*model, vocabulary);
}

}  // namespace heed::tasks
