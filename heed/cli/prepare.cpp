// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/verb.h"
#include "heed/data/music/corpus.h"

namespace heed::cli {
namespace {

struct Options {
  std::string task = "music", encoding, split_file;
  Paths data;
  std::filesystem::path output;
  bool strict = false;
};

int prepare(const Common& common, const Options& options) {
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
  verb->add_option("--task", options->task, "music")->check(CLI::IsMember({"music"}))->capture_default_str();
  verb->add_option("--data", options->data, "MIDI files, folders of them, chorale JSON")->required();
  verb->add_option("--output", options->output, "folder to write")->required();
  verb->add_option("--encoding", options->encoding, "chorale or performance; default: by the kind of file")
      ->check(CLI::IsMember(music::encoding_names()));
  verb->add_option("--split-file", options->split_file,
                   "CSV with the columns split and midi_filename (MAESTRO), midi_performance (ASAP) or file");
  verb->add_flag("--strict", options->strict, "stop at the first file that cannot be read");
}

}  // namespace heed::cli
