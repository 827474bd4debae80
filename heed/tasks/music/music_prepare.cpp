// SPDX-License-Identifier: Apache-2.0
#include "heed/core/files.h"
#include "heed/data/music/corpus.h"
#include "heed/tasks/music/music_actions.h"
#include "heed/tasks/options.h"

namespace heed::tasks {
namespace {

struct PrepareMusicOptions {
  Paths data;
  std::filesystem::path output, split_file;
  std::string encoding;
  bool strict = false;
};

Fields fields(PrepareMusicOptions& options) {
  auto encodings = music::encoding_names();
  encodings.emplace_back();
  return {
      required({"data", &options.data, "MIDI files, folders of them, or chorale JSON"}),
      required({"output", &options.output, "folder to write"}),
      default_text({"encoding", &options.encoding, "chorale or performance", one_of(encodings)},
                   "chosen by the kind of file"),
      {"split_file", &options.split_file,
       "table with the columns split and midi_filename (MAESTRO), midi_performance (ASAP) or file; separated "
       "by commas, semicolons or tabs"},
      {"strict", &options.strict, "stop at the first file that has a flaw or cannot be read"}};
}

Answer prepare_music(PrepareMusicOptions& options, const Call& /*call*/) {
  check_folder_writable(options.output);
  music::CorpusOptions corpus_options;
  corpus_options.encoding = options.encoding;
  corpus_options.strict = options.strict;
  if (!options.split_file.empty()) corpus_options.split_file = options.split_file;
  const music::Corpus corpus = music::read_corpus(options.data, corpus_options);
  music::warn_of_little_music(corpus);
  music::write_corpus(corpus, options.output);
  Json result{{"output", options.output.string()}, {"encoding", corpus.encoding->name()}};
  for (const auto& [split, pieces] : corpus.splits)
    result[split] = {{"pieces", pieces.size()}, {"tokens", corpus.tokens(split)}};
  result["skipped"] = corpus.counts.skipped;
  result["without_notes"] = corpus.counts.without_notes;
  result["copies"] = corpus.counts.copies;
  result["flawed"] = corpus.counts.flawed;
  return {result};
}

}  // namespace

Action prepare_music_action() {
  return plain_action<PrepareMusicOptions>("prepare", "Encode music once, so that training starts at once",
                                           prepare_music);
}

}  // namespace heed::tasks
