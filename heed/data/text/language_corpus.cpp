// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/language_corpus.h"

#include <functional>
#include <memory>
#include <utility>

#include "heed/core/config.h"
#include "heed/core/crc32c.h"
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/log.h"
#include "heed/core/names.h"
#include "heed/core/progress.h"
#include "heed/data/text/counts.h"
#include "heed/data/text/text_survey.h"
#include "heed/data/text/utf8.h"

namespace heed::text {
namespace fs = std::filesystem;
namespace {

constexpr const char* kCard = "corpus.toml";

/// Raw text: files that are read anew in each pass.
class RawText {
 public:
  RawText(const std::vector<fs::path>& data, const LanguageCorpusOptions& options)
      : options_(options), files_(find_text(data, options.documents)) {
    if (options.valid_file.empty()) return;
    for (auto& file : find_text({options.valid_file}, options.documents)) {
      file.split = "valid";
      files_.push_back(std::move(file));
    }
  }

  /// Calls `use` with every part and the split that its file names. A file of several that cannot be read is
  /// skipped with a warning in the first pass, unless the options are strict.
  void read(const std::string& title, int64_t total,
            const std::function<void(const TextPart&, const std::string& split)>& use) {
    Progress progress(title, total);
    int64_t bytes = 0;
    for (auto file = files_.begin(); file != files_.end();) {
      bool used = false;
      try {
        read_documents(*file, options_.documents, [&](const TextPart& part) {
          used = true;
          use(part, file->split);
          progress.update(bytes += static_cast<int64_t>(part.text.size()), "bytes");
        });
        ++file;
      } catch (const Error& error) {
        // What was used already cannot be taken back.
        if (options_.documents.strict || used || files_.size() == 1 || error.kind() != ErrorKind::kData)
          throw;
        warn(std::string("skipped ") + error.what());
        file = files_.erase(file);
      }
    }
    progress.finish("bytes");
  }

 private:
  const LanguageCorpusOptions& options_;
  std::vector<TextFile> files_;
};

/// Where the tokens of a split go.
class SplitWriter {
 public:
  SplitWriter(const TextVocabulary& vocabulary, TokenShards::Sink sink)
      : vocabulary_(vocabulary), shards_(std::move(sink)) {}

  void add(const TextPart& part) {
    tokens_.clear();
    if (part.first) {
      tokens_.push_back(vocabulary_.end_of_text());
      ++counts_.documents;
    }
    const size_t marks = tokens_.size();
    vocabulary_.encode(part.text, tokens_);
    counts_.bytes += static_cast<int64_t>(part.text.size());
    counts_.characters += static_cast<int64_t>(count_characters(part.text));
    if (const auto unknown = vocabulary_.unknown())
      counts_.unknown += std::count(tokens_.begin() + static_cast<ptrdiff_t>(marks), tokens_.end(), *unknown);
    write();
  }
  SplitCounts finish() {
    tokens_.assign(1, vocabulary_.end_of_text());
    write();
    shards_.finish();
    counts_.crc32c = crc_.value();
    return counts_;
  }

 private:
  void write() {
    counts_.tokens += static_cast<int64_t>(tokens_.size());
    crc_.add(std::as_bytes(std::span(tokens_)));
    shards_.add(tokens_);
  }

  const TextVocabulary& vocabulary_;
  TokenShards shards_;
  Tokens tokens_;
  SplitCounts counts_;
  Crc32c crc_;
};

TextVocabularyPtr vocabulary_for(RawText& text, const TextSurvey& survey, TextSplits& splits,
                                 TextVocabularyOptions options) {
  if (!options.file.empty()) return load_text_vocabulary(options.file);
  const std::string why = choose_vocabulary(survey, options);
  const EachText training_part = [&](const std::function<void(std::string_view)>& use) {
    splits.restart();
    text.read("vocabulary", survey.bytes, [&](const TextPart& part, const std::string& named) {
      for (const auto& piece : splits.assign(part, named))
        if (piece.split == "train") use(piece.part.text);
    });
  };
  auto vocabulary = learn_text_vocabulary(options, training_part);
  inform("vocabulary: " + options.kind + ", " + grouped(vocabulary->size()) + " tokens" +
         (why.empty() ? "" : "; " + why + " (vocabulary.kind changes it)"));
  return vocabulary;
}

/// Makes the sink of a split.
using SinkOf = std::function<TokenShards::Sink(const std::string& split, const TextVocabulary&)>;

/// Surveys, chooses, encodes. `begin` is called with the vocabulary before the first shard.
LanguageCorpus encode_raw_text(const std::vector<fs::path>& data, const LanguageCorpusOptions& options,
                               const TextVocabularyOptions& vocabulary, const SinkOf& sink_of) {
  RawText text(data, options);
  TextSurvey survey;
  text.read("read", 0, [&](const TextPart& part, const std::string& split) { survey.add(part, split); });
  if (survey.characters == 0)
    throw Error(ErrorKind::kData, "contains no text", data.empty() ? "data" : data.front().string());
  TextSplits splits(survey, options.valid_share);
  LanguageCorpus corpus{vocabulary_for(text, survey, splits, vocabulary), {}};
  std::map<std::string, SplitWriter> writers;
  splits.restart();
  text.read("encode", survey.bytes, [&](const TextPart& part, const std::string& named) {
    for (const auto& piece : splits.assign(part, named)) {
      auto found = writers.find(piece.split);
      if (found == writers.end()) {
        found =
            writers
                .emplace(std::piecewise_construct, std::forward_as_tuple(piece.split),
                         std::forward_as_tuple(*corpus.vocabulary, sink_of(piece.split, *corpus.vocabulary)))
                .first;
      }
      found->second.add(piece.part);
    }
  });
  for (auto& [split, writer] : writers) corpus.splits[split].counts = writer.finish();
  inform("validation: " + splits.describe());
  return corpus;
}

std::string shard_name(const std::string& split, size_t shard) {
  std::string number = std::to_string(shard);
  number.insert(0, number.size() < 5 ? 5 - number.size() : 0, '0');
  return split + "-" + number + ".safetensors";
}

toml::table card_of(const LanguageCorpus& corpus) {
  toml::table card{{"task", "language"}, {"vocabulary", corpus.vocabulary->kind()}};
  for (const auto& [name, split] : corpus.splits) {
    const SplitCounts& counts = split.counts;
    card.insert(name, toml::table{{"documents", counts.documents},
                                  {"bytes", counts.bytes},
                                  {"characters", counts.characters},
                                  {"tokens", counts.tokens},
                                  {"unknown", counts.unknown},
                                  {"crc32c", int64_t{counts.crc32c}}});
  }
  return card;
}

SplitCounts counts_of(const toml::table& row) {
  const auto value = [&](const char* name) { return row[name].value_or(int64_t{0}); };
  return {value("documents"), value("bytes"),   value("characters"),
          value("tokens"),    value("unknown"), static_cast<uint32_t>(value("crc32c"))};
}

LanguageCorpus read_prepared(const fs::path& folder) {
  LanguageCorpus corpus{load_text_vocabulary(folder), {}};
  for (const auto& [name, row] : read_toml(folder / kCard)) {
    if (!row.is_table()) continue;
    const std::string split(name.str());
    auto& read = corpus.splits[split];
    read.counts = counts_of(*row.as_table());
    for (size_t shard = 0; fs::exists(folder / shard_name(split, shard)); ++shard)
      read.tokens.add_file(folder / shard_name(split, shard), corpus.vocabulary->size());
    if (read.tokens.size() != read.counts.tokens) {
      throw Error(ErrorKind::kData,
                  split + " has " + std::to_string(read.tokens.size()) + " tokens, but " + kCard + " says " +
                      std::to_string(read.counts.tokens) + "; prepare the text again",
                  folder.string());
    }
  }
  return corpus;
}

void check_output(const fs::path& folder) {
  const bool free =
      !fs::exists(folder) || is_prepared_text(folder) || (fs::is_directory(folder) && fs::is_empty(folder));
  if (!free)
    throw Error(ErrorKind::kUsage, "contains other files; prepared text needs a folder of its own",
                folder.string());
  check_folder_writable(folder);
}

}  // namespace

std::vector<Field> fields(LanguageCorpusOptions& options) {
  auto& documents = options.documents;
  return {
      {"field", &documents.field, "text field of the objects in JSON lines"},
      {"documents", &documents.documents, "a document of plain text: a file, a paragraph or a line",
       one_of({"file", "paragraph", "line"})},
      {"endings", &documents.endings, "further endings of text files in folders, such as \"py, tex\""},
      {"valid_share", &options.valid_share, "share of the text to validate on if no file is for that",
       between(0.0001, 0.5)},
      {"valid_file", &options.valid_file, "text to validate on"},
      {"strict", &documents.strict, "make a file that cannot be read an error; otherwise it is skipped"},
  };
}

const LanguageCorpus::Split& LanguageCorpus::split(const std::string& name) const {
  const auto found = splits.find(name);
  if (found != splits.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [split, content] : splits) names.push_back(split);
  throw Error(ErrorKind::kData, "the text has no part '" + name + "'; there is " + comma_list(names));
}

bool is_prepared_text(const fs::path& folder) {
  if (!fs::is_regular_file(folder / kCard)) return false;
  return read_toml(folder / kCard)["task"].value_or(std::string()) == "language";
}

LanguageCorpus read_language_corpus(const std::vector<fs::path>& data, const LanguageCorpusOptions& options,
                                    const TextVocabularyOptions& vocabulary) {
  if (data.size() == 1 && is_prepared_text(data.front())) return read_prepared(data.front());
  std::map<std::string, TokenStream> streams;
  LanguageCorpus corpus =
      encode_raw_text(data, options, vocabulary, [&](const std::string& split, const TextVocabulary& kind) {
        return [&stream = streams[split], size = kind.size()](std::span<const int32_t> shard) {
          stream.add(shard, size);
        };
      });
  for (auto& [split, stream] : streams) corpus.splits[split].tokens = std::move(stream);
  return corpus;
}

LanguageCorpus prepare_language_corpus(const std::vector<fs::path>& data,
                                       const LanguageCorpusOptions& options,
                                       const TextVocabularyOptions& vocabulary, const fs::path& output) {
  check_output(output);
  const fs::path target = output.has_filename() ? output : output.parent_path();
  if (target.has_parent_path()) make_folder(target.parent_path());
  LanguageCorpus corpus;
  write_folder_atomically(target, [&](const fs::path& folder) {
    corpus =
        encode_raw_text(data, options, vocabulary, [&](const std::string& split, const TextVocabulary& kind) {
          return [folder, split, size = kind.size(),
                  number = std::make_shared<size_t>(0)](std::span<const int32_t> shard) {
            write_token_shard(folder / shard_name(split, (*number)++), shard, size);
          };
        });
    corpus.vocabulary->write(folder);
    write_atomically(folder / kCard, format_toml(card_of(corpus)));
  });
  return corpus;
}

LanguageCorpus read_all_text(const std::vector<fs::path>& data, const DocumentOptions& options,
                             TextVocabularyPtr vocabulary) {
  LanguageCorpusOptions reading;
  reading.documents = options;
  RawText text(data, reading);
  LanguageCorpus corpus{std::move(vocabulary), {}};
  auto& all = corpus.splits["all"];
  SplitWriter writer(*corpus.vocabulary, [&](std::span<const int32_t> shard) {
    all.tokens.add(shard, corpus.vocabulary->size());
  });
  text.read("read", 0, [&](const TextPart& part, const std::string& /*split*/) { writer.add(part); });
  all.counts = writer.finish();
  if (all.counts.characters == 0)
    throw Error(ErrorKind::kData, "contains no text", data.empty() ? "data" : data.front().string());
  return corpus;
}

}  // namespace heed::text
