// SPDX-License-Identifier: Apache-2.0
#include "heed/core/error.h"
#include "heed/core/progress.h"
#include "heed/data/text/line_reader.h"
#include "heed/tasks/language/language_actions.h"
#include "heed/tasks/language/language_generation.h"
#include "heed/tasks/options.h"

namespace heed::tasks {
namespace {

struct GenerateTextOptions {
  std::string prompt;
  std::filesystem::path prompts;
  TextRequest request;
  bool continuation_only = false, log_probabilities = false;
};

Fields fields(GenerateTextOptions& options) {
  auto& request = options.request;
  const Fields text{
      excludes({"prompt", &options.prompt, "text to continue; without one, a new text"}, {"prompts"}),
      {"prompts", &options.prompts, "file with a prompt on each line"},
      {"max_tokens", &request.max_tokens, "tokens to add at most", at_least(1)},
      {"count", &request.count, "texts for each prompt", at_least(1)},
      {"first_sample", &request.first_sample,
       "number of the first: 3 gives the fourth of a larger count again", at_least(0)},
      {"seed", &request.seed, "the same seed gives the same texts, whatever count and batch size"},
      batch_size_field(request.batch_size, "texts made together; changes speed and memory only"),
      {"continuation_only", &options.continuation_only, "do not repeat the prompt"},
      {"log_probabilities", &options.log_probabilities, "give tokens and ln p of each in --json"}};
  return text + under("Sampling", decoding::fields(request.sampling));
}

std::vector<std::string> read_prompts(const GenerateTextOptions& options) {
  if (options.prompts.empty()) return {options.prompt};
  std::vector<std::string> prompts;
  text::LineReader lines(options.prompts);
  for (std::string line; lines.next(line);) prompts.push_back(line);
  if (prompts.empty()) throw Error(ErrorKind::kData, "contains no prompt", options.prompts.string());
  return prompts;
}

Json text_json(const LanguageModel& model, const GenerateTextOptions& options, const WrittenText& text) {
  const std::string& prompt = options.request.prompts[static_cast<size_t>(text.prompt)];
  Json entry{{"prompt", prompt}, {"sample", text.sample}, {"text", text.text}, {"ended", text.ended}};
  double total = 0;
  for (const double log_probability : text.log_probabilities) total += log_probability;
  entry["log_probability"] = total;
  if (!options.log_probabilities) return entry;
  auto tokens = Json::array();
  for (size_t i = 0; i < text.tokens.size(); ++i) {
    tokens.push_back({{"token", text.tokens[i]},
                      {"text", model.vocabulary->token_bytes(static_cast<int32_t>(text.tokens[i]))},
                      {"log_probability", text.log_probabilities[i]}});
  }
  entry["tokens"] = tokens;
  return entry;
}

TextGeneration generate_with_progress(const LanguageModel& model, TextRequest& request, const Call& call) {
  const bool stream = request.prompts.size() == 1 && request.count == 1;
  if (stream) request.stream = call.write;
  Progress progress("generate", 0);
  if (!stream) request.progress = [&](int64_t drawn) { progress.update(drawn, "tokens"); };
  auto generation = generate_text(model, request);
  if (stream) call.write("\n");
  progress.finish("tokens  " + fixed_number(generation.tokens_per_second, 0) + " tokens/s");
  return generation;
}

Answer generate(const LanguageModel& model, GenerateTextOptions& options, const Call& call) {
  auto& request = options.request;
  request.prompts = read_prompts(options);
  request.stop = call.stop;
  const bool stream = request.prompts.size() == 1 && request.count == 1;
  if (stream && !options.continuation_only) call.write(request.prompts.front());
  const auto generation = generate_with_progress(model, request, call);
  auto texts = Json::array();
  for (const auto& text : generation.texts) {
    texts.push_back(text_json(model, options, text));
    if (stream) continue;
    const std::string& prompt = request.prompts[static_cast<size_t>(text.prompt)];
    if (generation.texts.size() > 1)
      call.output("--- prompt " + std::to_string(text.prompt) + ", sample " + std::to_string(text.sample));
    call.output((options.continuation_only ? "" : prompt) + text.text);
  }
  return {{{"model", model.trained.folder.string()},
           {"tokens", generation.drawn},
           {"tokens_per_second", generation.tokens_per_second},
           {"texts", texts}},
          {},
          true};
}

}  // namespace

Action generate_language_action() {
  return model_action("generate", "Continue text, token by token", generate);
}

}  // namespace heed::tasks
