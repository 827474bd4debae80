// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include <unistd.h>

#include "heed/cli/checks.h"
#include "heed/cli/sampling_options.h"
#include "heed/cli/stdin_lines.h"
#include "heed/cli/translation_options.h"
#include "heed/cli/verb.h"
#include "heed/cli/weights_option.h"
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/memory.h"
#include "heed/core/progress.h"
#include "heed/tasks/translation/translator.h"

namespace heed::cli {
namespace {

struct Options {
  std::string model, attention_backend;
  nn::WeightType weights = nn::WeightType::kFloat32;
  SearchOptions search;
  int64_t n_best = 1;
  tasks::TranslateOptions translate;
  tasks::TranslationDraw draw;  ///< taken with `sample`
  bool sample = false, scores = false;
  InvalidText invalid = InvalidText::kReplace;
  std::filesystem::path alignments;
};

/// Lines of which something is to be told. The first are named, all are counted.
struct Told {
  static constexpr int64_t kNamed = 10;
  const char* what;
  int64_t lines = 0;

  void count(bool holds, int64_t line) {
    if (!holds) return;
    if (++lines <= kNamed) warn("line " + std::to_string(line) + ": " + what);
  }
  void sum_up() const {
    if (lines > kNamed) warn(std::to_string(lines) + " lines in all: " + what);
  }
};

/// What is said when all is done.
struct Tally {
  int64_t lines = 0, parted = 0;
  Told cut{"a sentence is too long, and was cut and translated in parts"};
  Told looped{"the translation went round in circles and was ended"};
  Told unfinished{"the translation was as long as it may be (--max-length) and was cut"};

  void count(const tasks::TranslatedLine& line) {
    ++lines;
    parted += line.parts > 1;
    cut.count(line.cut, lines);
    looped.count(line.looped(), lines);
    unfinished.count(line.unfinished(), lines);
  }
  void sum_up() const {
    for (const Told* told : {&cut, &looped, &unfinished}) told->sum_up();
  }
};

void print_line(const tasks::TranslatedLine& line, int64_t number, const Options& options) {
  const bool many = options.n_best > 1;
  for (const auto& translation : line.best) {
    if (many) std::printf("%ld\t", static_cast<long>(number));
    if (options.scores || many) std::printf("%.6f\t", translation.score);
    std::fwrite(translation.text.data(), 1, translation.text.size(), stdout);
    std::fputc('\n', stdout);
  }
}

void print_lines(const std::vector<tasks::TranslatedLine>& lines, const Options& options, Tally& tally,
                 std::ostream& alignments) {
  for (const auto& line : lines) {
    tally.count(line);
    if (options.translate.align) {
      for (const auto& translation : line.best) alignments << tasks::pharaoh(translation.links) << '\n';
    }
    print_line(line, tally.lines, options);
  }
  if (std::fflush(stdout) != 0) throw Error(ErrorKind::kSystem, "cannot be written to", "stdout");
  if (options.translate.align && !alignments.flush())
    throw Error(ErrorKind::kSystem, "cannot be written to", options.alignments.string());
}

void say_invalid(int64_t lines, InvalidText invalid) {
  if (lines < 2) return;  // one was named when it came
  warn(std::to_string(lines) + " lines held bytes that are no UTF-8 and " +
       (invalid == InvalidText::kSkip ? "count as empty" : "were mended") + " (--invalid)");
}

void choose_search_or_draw(Options& options, const decoding::BeamOptions& of_the_model) {
  auto& beam = options.translate.beam = options.search.over(of_the_model);
  const int64_t most = options.sample ? tasks::kMostSamples : beam.beam_size;
  if (options.n_best > most) {
    throw Error(ErrorKind::kUsage,
                (options.sample ? "must not be more than " : "must not be more than --beam-size ") +
                    std::to_string(most),
                "--n-best");
  }
  beam.n_best = options.n_best;
  if (!options.sample) return;
  options.draw.count = options.n_best;
  options.translate.draw = options.draw;
}

/// Reads a window of lines, translates it, writes it: memory does not grow with the input.
int translate(const Common& common, Options options) {
  keep_freed_memory();
  if (!options.alignments.empty()) check_writable(options.alignments);
  auto translator =
      tasks::Translator::open(options.model, tasks::parse_device(common.device), options.attention_backend);
  use_weights(*translator.trained().model, options.weights);
  choose_search_or_draw(options, translator.search());
  options.translate.align = !options.alignments.empty();
  check_translate_options(translator, options.translate);
  std::ofstream alignments;
  if (options.translate.align) alignments.open(options.alignments);
  if (options.translate.align && !alignments)
    throw Error(ErrorKind::kSystem, "cannot be written", options.alignments.string());
  const size_t window =
      static_cast<size_t>(options.translate.batch_size) * 8;  // lines of like length share batches
  const bool terminal = ::isatty(STDIN_FILENO) != 0;
  const auto begin = std::chrono::steady_clock::now();
  Tally tally;
  Progress progress("translate", 0);
  StdinLines input(options.invalid);
  for (auto lines = input.next(window); !lines.empty(); lines = input.next(window)) {
    print_lines(translator.translate(lines, options.translate, tally.lines), options, tally, alignments);
    if (!terminal) progress.update(tally.lines, "lines");
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  char rate[64];
  std::snprintf(rate, sizeof rate, "lines  %.1f lines/s",
                static_cast<double>(tally.lines) / std::max(seconds, 1e-9));
  if (!terminal && tally.lines > 0) progress.finish(rate);
  tally.sum_up();
  say_invalid(input.invalid(), options.invalid);
  if (common.json) {
    print_result(common, {{"model", translator.trained().folder.string()},
                          {"lines", tally.lines},
                          {"parted", tally.parted},
                          {"cut", tally.cut.lines},
                          {"looped", tally.looped.lines},
                          {"unfinished", tally.unfinished.lines},
                          {"invalid", input.invalid()},
                          {"seconds", seconds}});
  }
  return 0;
}

/// --sample and what goes with it. After the options of the search.
void add_draw_options(CLI::App* verb, Options& options) {
  CLI::Option_group* group = verb->add_option_group("Sampling");
  CLI::Option* sample = group->add_flag(
      "--sample", options.sample,
      "draw translations instead of searching for the best. What is drawn for a line depends on its number "
      "in the input and on --seed, neither on --batch-size nor on the other lines; scores are plain ln p");
  add_sampling_options(group, options.draw.sampling);
  group->add_option("--seed", options.draw.seed, "another one draws other translations")
      ->capture_default_str();
  for (const char* drawing : {"--temperature", "--top-k", "--top-p", "--min-p", "--seed"})
    group->get_option(drawing)->needs(sample);
  for (const char* searching : {"--beam-size", "--length-penalty", "--coverage-penalty"})
    sample->excludes(verb->get_option(searching));
}

}  // namespace

void add_translate(Program& program) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = program.add_verb("translate", "Translate lines: stdin to stdout, in order",
                                    [&program, options] { return translate(program.common, *options); });
  verb->add_option("--model", options->model, "run folder, or a model's name")->required();
  verb->add_option("--batch-size", options->translate.batch_size,
                   "sentences decoded together; changes no output")
      ->check(from_to(1, 1 << 20))
      ->capture_default_str();
  add_translate_options(verb, options->search, options->translate, "Search");
  add_draw_options(verb, *options);
  verb->add_option(
          "--n-best", options->n_best,
          "so many translations of each line, as line number, score and text, parted by tabs; best "
          "first, or as --sample draws them. Fewer where fewer are possible, one, empty, of an empty "
          "line; of a line in parts, the best ways to put theirs together, scores added")
      ->check(kPositive)
      ->capture_default_str();
  verb->add_flag("--scores", options->scores, "the score before each translation, and a tab");
  verb->add_flag(
      "--copy-unknown", options->translate.copy_unknown,
      "where the model has no piece for something, take it over from the source: what the attention "
      "points to, and the same place once in a run of such pieces");
  verb->add_option_function<std::string>(
          "--invalid", [options](const std::string& name) { options->invalid = parse_invalid_text(name); },
          "a line with bytes that are no UTF-8. replace: they are read as U+FFFD; skip: an empty line comes "
          "out; fail: an error. Lines stay in step, and are counted on stderr")
      ->check(CLI::IsMember({"fail", "replace", "skip"}))
      ->default_str("replace");
  verb->add_option(
      "--alignments", options->alignments,
      "file to write the words that belong together to, a line a translation: 0-0 1-2, source first");
  verb->add_option("--alignment-layer", options->translate.alignment.layer,
                   "of the decoder, from 0, whose attention says so; -1: the last but one");
  verb->add_option("--alignment-head", options->translate.alignment.head, "-1: the mean of all");
  add_attention_backend(verb, options->attention_backend);
  add_weights(verb, options->weights);
}

}  // namespace heed::cli
