// SPDX-License-Identifier: Apache-2.0
#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/progress.h"
#include "heed/data/text/line_reader.h"
#include "heed/tasks/language/language_actions.h"
#include "heed/tasks/language/language_beams.h"
#include "heed/tasks/language/language_generation.h"
#include "heed/tasks/model_store.h"
#include "heed/tasks/options.h"

namespace heed::tasks {
namespace {

struct GenerateTextOptions {
  std::string prompt, overflow = "shift", draft;
  std::filesystem::path prompts;
  TextRequest request;
  decoding::BeamOptions beams{.beam_size = 0, .length_penalty = 1};
  bool continuation_only = false, log_probabilities = false;
};

Fields fields(GenerateTextOptions& options) {
  auto& request = options.request;
  const Fields text{
      excludes({"prompt", &options.prompt, "text to continue; without one, a new text"}, {"prompts"}),
      {"prompts", &options.prompts, "file with a prompt on each line"},
      {"max_tokens", &request.max_tokens, "tokens to add at most", at_least(1)},
      {"min_tokens", &request.min_tokens, "tokens to add before a text may end", at_least(0)},
      {"stop", &request.stop_texts,
       "end before this text, wherever it falls among the tokens; several allowed"},
      {"overflow", &options.overflow,
       "where a text outgrows the model's context: shift drops the older half of it, stop ends the text",
       one_of({"shift", "stop"})},
      {"count", &request.count, "texts for each prompt", at_least(1)},
      {"first_sample", &request.first_sample,
       "number of the first: 3 gives the fourth of a larger count again", at_least(0)},
      {"seed", &request.seed, "the same seed gives the same texts, whatever count and batch size"},
      batch_size_field(request.batch_size, "texts made together; changes speed and memory only"),
      {"continuation_only", &options.continuation_only,
       "do not repeat the prompt; a model of pairs never does"}};
  const Fields scores{
      {"log_probabilities", &options.log_probabilities, "give tokens and ln p of each in the JSON result"},
      {"alternatives", &request.alternatives, "give so many most likely tokens beside each, too",
       between(0, 1000)},
      {"score_prompt", &request.score_prompt, "give ln p of the prompt's tokens in the JSON result"}};
  Fields guesses = decoding::fields(request.speculation);
  guesses.push_back(
      needs({"draft", &options.draft,
             "a smaller model with the same vocabulary that guesses, in place of what was said before"},
            {"guesses"}));
  auto& beams = options.beams;
  const std::vector<std::string> sampled{"temperature", "top_k", "top_p",       "min_p",
                                         "guesses",     "count", "score_prompt"};
  const Fields search{
      excludes({"beam_size", &beams.beam_size,
                "search for the most likely texts with so many beams; 0: sample", between(0, 64)},
               sampled),
      needs({"n_best", &beams.n_best, "texts for each prompt, the best first", at_least(1)}, {"beam_size"}),
      needs({"length_penalty", &beams.length_penalty, "above 0 favours longer texts", between(0, 10)},
            {"beam_size"})};
  return text + under("Beam search", search) +
         under("Sampling", decoding::fields(request.sampling) + decoding::fields(request.penalties)) +
         under("Guesses, which save time and change no token", guesses) + under("Scores", scores);
}

void check(const GenerateTextOptions& options, const std::vector<std::string>& /*given*/) {
  if (options.request.min_tokens > options.request.max_tokens)
    throw Error(ErrorKind::kUsage, "must not be more than max_tokens", FieldName{"min_tokens"});
  if (options.beams.beam_size > 0 && options.beams.n_best > options.beams.beam_size)
    throw Error(ErrorKind::kUsage, "must not be more than beam_size", FieldName{"n_best"});
  for (const auto& text : options.request.stop_texts)
    if (text.empty()) throw Error(ErrorKind::kUsage, "must not be empty", FieldName{"stop"});
}

std::vector<std::string> read_prompts(const GenerateTextOptions& options) {
  if (options.prompts.empty()) return {options.prompt};
  std::vector<std::string> prompts;
  text::LineReader lines(options.prompts);
  for (std::string line; lines.next(line);) prompts.push_back(line);
  if (prompts.empty()) throw Error(ErrorKind::kData, "contains no prompt", options.prompts.string());
  return prompts;
}

/// A model may have more outputs than there are tokens: those have no text.
Json token_json(const text::TextVocabulary& vocabulary, int64_t token, double log_probability) {
  const bool has_text = token < vocabulary.size();
  return {{"token", token},
          {"text", has_text ? vocabulary.token_bytes(static_cast<int32_t>(token)) : ""},
          {"log_probability", log_probability}};
}

Json scored_tokens(const text::TextVocabulary& vocabulary, std::span<const int64_t> tokens,
                   std::span<const double> log_probabilities,
                   std::span<const std::vector<decoding::ScoredToken>> alternatives) {
  auto list = Json::array();
  for (size_t i = 0; i < log_probabilities.size(); ++i) {
    list.push_back(token_json(vocabulary, tokens[i], log_probabilities[i]));
    if (i >= alternatives.size()) continue;
    auto others = Json::array();
    for (const auto& other : alternatives[i])
      others.push_back(token_json(vocabulary, other.token, other.log_probability));
    list.back()["alternatives"] = others;
  }
  return list;
}

Json text_json(const LanguageModel& model, const GenerateTextOptions& options, const WrittenText& text) {
  const auto& generated = text.generated;
  const auto& vocabulary = *model.vocabulary;
  Json entry{{"prompt", options.request.prompts[static_cast<size_t>(text.prompt)]},
             {"sample", text.sample},
             {"text", generated.text},
             {"ending", ending_name(generated.ending)}};
  if (generated.stop_text)
    entry["stop"] = options.request.stop_texts[static_cast<size_t>(*generated.stop_text)];
  double total = 0;
  for (const double log_probability : generated.log_probabilities) total += log_probability;
  entry["log_probability"] = total;
  if (options.log_probabilities || options.request.alternatives > 0)
    entry["tokens"] =
        scored_tokens(vocabulary, generated.tokens, generated.log_probabilities, generated.alternatives);
  if (options.request.score_prompt) {
    // Scores end at the prompt's last token; nothing predicts the first one in the context.
    const size_t scored = generated.prompt_log_probabilities.size();
    const std::vector<int64_t> tokens(text.prompt_tokens.end() - static_cast<ptrdiff_t>(scored),
                                      text.prompt_tokens.end());
    entry["prompt_tokens"] =
        scored_tokens(vocabulary, tokens, generated.prompt_log_probabilities, generated.prompt_alternatives);
  }
  return entry;
}

std::string speed_of(const TextRequest& request, const TextGeneration& generation) {
  std::string speed = fixed_number(generation.tokens_per_second, 0) + " tokens/s";
  if (request.speculation.guesses > 0)
    speed += "  " + fixed_number(generation.tokens_per_pass, 2) + " tokens a pass";
  return speed;
}

/// The only text appears as it is written; several have a progress line.
TextGeneration generate_with_progress(const LanguageModel& model, TextRequest& request, bool stream,
                                      const Call& call) {
  if (stream) {
    request.stream = call.write;
    const auto generation = generate_text(model, request);
    call.write("\n");
    inform("generate  " + std::to_string(generation.drawn) + " tokens  " + speed_of(request, generation));
    return generation;
  }
  Progress progress("generate", 0);
  request.progress = [&](int64_t drawn) { progress.update(drawn, "tokens"); };
  auto generation = generate_text(model, request);
  progress.finish("tokens  " + speed_of(request, generation));
  return generation;
}

Answer search(const LanguageModel& model, GenerateTextOptions& options, const Call& call) {
  const auto& prompts = options.request.prompts;
  options.beams.output.min_length = options.request.min_tokens;
  options.beams.output.no_repeat_ngram = options.request.penalties.no_repeat_ngram;
  auto entries = Json::array();
  const auto texts = search_text(model, prompts, options.request.max_tokens, options.beams);
  for (size_t prompt = 0; prompt < texts.size(); ++prompt) {
    for (const auto& [text, hypothesis] : texts[prompt]) {
      if (prompts.size() * static_cast<size_t>(options.beams.n_best) > 1)
        call.output("--- prompt " + std::to_string(prompt) + ", ln p " +
                    fixed_number(hypothesis.log_probability, 2));
      call.output((options.continuation_only ? "" : prompts[prompt]) + text);
      entries.push_back({{"prompt", prompts[prompt]},
                         {"text", text},
                         {"ending", hypothesis.ended ? "end" : "length"},
                         {"log_probability", hypothesis.log_probability},
                         {"score", hypothesis.score}});
    }
  }
  return {{{"model", model.trained.folder.string()}, {"texts", entries}}, {}, true};
}

Answer generate(const LanguageModel& model, GenerateTextOptions& options, const Call& call) {
  auto& request = options.request;
  request.prompts = read_prompts(options);
  if (options.beams.beam_size > 0) return search(model, options, call);
  request.overflow = decoding::parse_overflow(options.overflow);
  options.continuation_only = options.continuation_only || model.separator;
  request.stop = call.stop;
  std::shared_ptr<const TaskModel> draft;
  if (!options.draft.empty()) {
    draft = open_model(options.draft);
    request.draft = dynamic_cast<const LanguageModel*>(draft.get());
    if (request.draft == nullptr)
      throw Error(ErrorKind::kUsage, "is not a language model", FieldName{"draft"});
  }
  const bool stream = request.prompts.size() == 1 && request.count == 1;
  if (stream && !options.continuation_only) call.write(request.prompts.front());
  const auto generation = generate_with_progress(model, request, stream, call);
  auto texts = Json::array();
  for (const auto& text : generation.texts) {
    texts.push_back(text_json(model, options, text));
    if (stream) continue;
    const std::string& prompt = request.prompts[static_cast<size_t>(text.prompt)];
    if (generation.texts.size() > 1)
      call.output("--- prompt " + std::to_string(text.prompt) + ", sample " + std::to_string(text.sample));
    call.output((options.continuation_only ? "" : prompt) + text.generated.text);
  }
  return {{{"model", model.trained.folder.string()},
           {"tokens", generation.drawn},
           {"tokens_per_second", generation.tokens_per_second},
           {"tokens_per_pass", generation.tokens_per_pass},
           {"texts", texts}},
          {},
          true};
}

}  // namespace

Action generate_language_action() {
  return model_action("generate", "Continue text, token by token", generate);
}

}  // namespace heed::tasks
