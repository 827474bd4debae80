// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <fstream>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/core/progress.h"
#include "heed/tasks/options.h"
#include "heed/tasks/translation/search_options.h"
#include "heed/tasks/translation/translation_actions.h"
#include "heed/tasks/translation/valid_lines.h"

namespace heed::tasks {
namespace {
namespace fs = std::filesystem;

struct TranslateRequest {
  SearchOptions search;
  TranslationDraw draw;
  AlignmentOptions alignment;
  std::string invalid = "replace";
  int64_t n_best = 1;
  bool sample = false, scores = false;
  fs::path alignments;

  bool aligns() const { return !alignments.empty(); }
};

Fields output_fields(TranslateRequest& options) {
  return {batch_size_field(options.search.batch_size,
                           "sentences decoded together; changes speed and memory only"),
          {"n_best", &options.n_best,
           "translations of each line, as line number, score and text with tabs between; best first, or in "
           "order of "
           "sampling",
           at_least(1)},
          {"scores", &options.scores, "write the score and a tab before each translation"},
          {"copy_unknown", &options.search.copy_unknown,
           "replace unknown pieces by the source text that they attend to"},
          {"invalid", &options.invalid,
           "what to do with a line that is not UTF-8. replace: read such bytes as U+FFFD; skip: write an "
           "empty line; "
           "fail: stop",
           one_of({"fail", "replace", "skip"})},
          {"alignments", &options.alignments,
           "file for word alignments, a line for each translation: 0-0 1-2, source first"},
          default_text({"alignment_layer", &options.alignment.layer,
                        "decoder layer whose attention aligns, from 0", at_least(-1)},
                       "the last but one"),
          default_text({"alignment_head", &options.alignment.head, "its head, from 0", at_least(-1)},
                       "the mean of all heads")};
}

Fields sampling_fields(TranslateRequest& options) {
  Fields sampling = decoding::fields(options.draw.sampling);
  sampling.push_back({"seed", &options.draw.seed, "another seed draws other translations"});
  for (auto& field : sampling) field.needs = {"sample"};
  const Field sample = excludes({"sample", &options.sample,
                                 "draw translations instead of searching; a draw depends on the line, its "
                                 "number and the seed; scores are ln p"},
                                {"beam_size", "length_penalty", "coverage_penalty", "patience"});
  return under("Sampling", Fields{sample} + sampling);
}

Fields fields(TranslateRequest& options) {
  return output_fields(options) + search_fields(options.search) + sampling_fields(options);
}

void check(TranslateRequest& options, const std::vector<std::string>& given) {
  options.search.given = given;
  if (options.aligns()) check_writable(options.alignments);
}

void check_alignment(const TranslateRequest& options, const Translator& translator) {
  if (!options.aligns() && !options.search.copy_unknown) return;
  const auto check = [](const char* field, int64_t chosen, int64_t count) {
    if (chosen >= count)
      throw Error(ErrorKind::kUsage, "must be less than " + std::to_string(count) + ": the model has no more",
                  FieldName{field});
  };
  check("alignment_layer", options.alignment.layer,
        translator.model().attention_layers(nn::AttentionPart::kCross));
  check("alignment_head", options.alignment.head,
        translator.trained().config["model"]["heads"].value_or(int64_t{1}));
}

TranslateOptions options_for(const TranslateRequest& request, const Translator& translator) {
  TranslateOptions options = translate_options(request.search, translator);
  check_alignment(request, translator);
  const int64_t most = request.sample ? kMostSamples : options.beam.beam_size;
  if (request.n_best > most) {
    throw Error(ErrorKind::kUsage,
                "must not be more than " + std::string(request.sample ? "" : "the beam size, ") +
                    std::to_string(most),
                FieldName{"n_best"});
  }
  options.beam.n_best = request.n_best;
  options.align = request.aligns();
  options.alignment = request.alignment;
  if (request.sample) {
    options.draw = request.draw;
    options.draw->count = request.n_best;
  }
  return options;
}

/// Lines that a warning is about: the first are named, all are counted.
class CountedWarning {
 public:
  explicit CountedWarning(const char* message) : message_(message) {}
  void count(bool applies, int64_t line) {
    if (applies && ++lines_ <= kNamed) warn("line " + std::to_string(line) + ": " + message_);
  }
  void sum_up() const {
    if (lines_ > kNamed) warn(std::to_string(lines_) + " lines in all: " + message_);
  }
  int64_t lines() const { return lines_; }

 private:
  static constexpr int64_t kNamed = 10;
  const char* message_;
  int64_t lines_ = 0;
};

/// Writes translations and counts what happened to them.
class TranslationWriter {
 public:
  TranslationWriter(const TranslateRequest& request, const Call& call) : request_(request), call_(call) {
    if (!request.aligns()) return;
    alignments_.open(request.alignments);
    if (!alignments_) throw Error(ErrorKind::kSystem, "cannot be written", request.alignments.string());
  }

  void write(const TranslatedLine& line) {
    ++lines_;
    split_ += line.parts > 1;
    cut_.count(line.cut, lines_);
    looped_.count(line.looped(), lines_);
    unfinished_.count(line.unfinished(), lines_);
    for (const auto& translation : line.best) {
      if (request_.aligns()) alignments_ << pharaoh(translation.links) << '\n';
      call_.output(row(translation));
    }
  }
  void flush() {
    if (request_.aligns() && !alignments_.flush())
      throw Error(ErrorKind::kSystem, "cannot be written to", request_.alignments.string());
  }
  void sum_up() const {
    for (const auto* warning : {&cut_, &looped_, &unfinished_}) warning->sum_up();
  }
  int64_t lines() const { return lines_; }
  Json json() const {
    return {{"lines", lines_},
            {"split", split_},
            {"cut", cut_.lines()},
            {"looped", looped_.lines()},
            {"unfinished", unfinished_.lines()}};
  }

 private:
  std::string row(const Translation& translation) const {
    const bool many = request_.n_best > 1;
    std::string row = many ? std::to_string(lines_) + "\t" : "";
    if (request_.scores || many) row += fixed_number(translation.score, 6) + "\t";
    return row + translation.text;
  }

  const TranslateRequest& request_;
  const Call& call_;
  std::ofstream alignments_;
  int64_t lines_ = 0, split_ = 0;
  CountedWarning cut_{"a sentence is too long; it was cut and translated in parts"};
  CountedWarning looped_{"the translation repeated itself and was ended"};
  CountedWarning unfinished_{"the translation reached its greatest length (max_length) and was cut"};
};

/// Reads some lines, translates and writes them: memory does not grow with the input.
Answer translate(const Translator& translator, TranslateRequest& request, const Call& call) {
  const TranslateOptions options = options_for(request, translator);
  TranslationWriter writer(request, call);
  ValidLines input(call.input, parse_invalid_text(request.invalid));
  const size_t window = static_cast<size_t>(options.batch_size) * 8;  // lines of similar length share batches
  const auto begin = std::chrono::steady_clock::now();
  Progress progress("translate", 0);
  for (auto lines = input.next(window); !lines.empty() && !call.stop.stop_requested();
       lines = input.next(window)) {
    for (const auto& line : translator.translate(lines, options, writer.lines())) writer.write(line);
    writer.flush();
    if (call.progress) progress.update(writer.lines(), "lines");
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const double rate = static_cast<double>(writer.lines()) / std::max(seconds, 1e-9);
  if (call.progress && writer.lines() > 0) progress.finish("lines  " + fixed_number(rate, 1) + " lines/s");
  writer.sum_up();
  input.warn_of_invalid();
  Answer answer{.json = {{"model", translator.trained().folder.string()}}, .quiet = true};
  answer.json.update(writer.json());
  answer.json["invalid"] = input.invalid();
  answer.json["seconds"] = seconds;
  return answer;
}

}  // namespace

Action translate_action() {
  return model_action("translate", "Translate lines of text, in order", translate);
}

}  // namespace heed::tasks
