// SPDX-License-Identifier: Apache-2.0
#include "digits/digits_task.h"

#include <algorithm>
#include <fstream>

#include "heed/core/config.h"
#include "heed/core/crc32c.h"
#include "heed/core/error.h"
#include "heed/decoding/generate.h"
#include "heed/models/registry.h"
#include "heed/tasks/language_objective.h"
#include "heed/tasks/model_store.h"
#include "heed/tasks/options.h"
#include "heed/tasks/presets.h"

namespace heed::tasks {
namespace {

constexpr int64_t kBegin = 10, kVocabulary = 11;  // tokens 0 to 9 are the digits

Tokens tokens_of(const std::string& line) {
  Tokens tokens{kBegin};
  for (const char digit : line) {
    if (digit < '0' || digit > '9') throw Error(ErrorKind::kData, "must consist of digits", line);
    tokens.push_back(digit - '0');
  }
  return tokens;
}

std::vector<Tokens> read_lines(const Paths& data) {
  std::vector<Tokens> lines;
  for (const auto& path : data) {
    std::ifstream in(path);
    if (!in) throw Error(ErrorKind::kData, "cannot be read", path.string());
    for (std::string line; std::getline(in, line);) lines.push_back(tokens_of(line));
  }
  return lines;
}

struct DigitsDataOptions {
  int64_t crop = 16, batch_size = 4;
};
Fields fields(DigitsDataOptions& options) {
  return {{"crop", &options.crop, "tokens of a training example", at_least(2)},
          {"batch_size", &options.batch_size, "examples of a batch", at_least(1)}};
}

struct DigitsModel : TaskModel {
  explicit DigitsModel(Trained<torch::nn::Module> any) : trained(as<nn::SequenceModel>(std::move(any))) {}
  Trained<nn::SequenceModel> trained;
};

struct ContinueOptions {
  std::string begin;
  int64_t digits = 5;
};
Fields fields(ContinueOptions& options) {
  return {required({"begin", &options.begin, "digits to continue"}),
          {"digits", &options.digits, "digits to write", at_least(1)}};
}
void check(const ContinueOptions& options, const std::vector<std::string>& /*given*/) {
  if (options.begin.size() > 100)
    throw Error(ErrorKind::kUsage, "must have at most 100 digits", FieldName{"begin"});
}

Answer continue_digits(const DigitsModel& model, ContinueOptions& options, const Call& call) {
  const Tokens begin = tokens_of(options.begin);
  decoding::GenerateRequest request;
  request.prompts = {std::vector<int64_t>(begin.begin(), begin.end())};
  request.max_new_tokens = options.digits;
  request.sampling.temperature = 0;
  std::string text = options.begin;
  const auto generation = decoding::generate(*model.trained.model, request);
  for (const int64_t token : generation.samples.front().tokens) text += static_cast<char>('0' + token);
  call.output(text);
  return {.json = {{"text", text}}, .quiet = true};
}

class DigitsTask : public Task {
 public:
  std::string name() const override { return "digits"; }
  std::string noun() const override { return "a digits model"; }
  std::string config_help() const override {
    DigitsDataOptions options;
    return "[data], task digits\n" + describe_fields(fields(options)) +
           models::describe_kinds<nn::SequenceModel>();
  }

  TrainingRun open(const toml::table& config, const Paths& data, at::Device device) const override {
    RunDraft draft(config, device);
    DigitsDataOptions options;
    draft.read("data", fields(options));
    const auto lines = std::make_shared<const std::vector<Tokens>>(read_lines(data));
    const auto model = draft.make_model([](toml::table& section) {
      return models::make_model<nn::SequenceModel>(section, {.target = kVocabulary});
    });
    std::vector<int64_t> targets;
    std::vector<TokenCrop> windows;
    Crc32c crc;
    for (const auto& line : *lines) {
      targets.push_back(static_cast<int64_t>(line.size()) - 1);
      windows.push_back({line, 0});
      crc.add(std::as_bytes(std::span(line)));
    }
    TokenBatches batches(
        targets, [lines](size_t i, std::mt19937_64&) { return (*lines)[i]; },
        {.crop = options.crop, .batch_size = options.batch_size}, draft.seed());
    return draft.finish(
        std::make_unique<LanguageObjective>(model, std::make_unique<TokenBatches>(std::move(batches)),
                                            windows, LanguageOptions{}, device),
        toml::table{{"lines", std::ssize(*lines)}, {"crc32c", int64_t{crc.value()}}});
  }

  std::shared_ptr<torch::nn::Module> make_module(const toml::table& config,
                                                 const std::string& /*place*/) const override {
    toml::table section = config_section(config, "model");
    return models::make_model<nn::SequenceModel>(section, {.target = kVocabulary});
  }
  std::unique_ptr<TaskModel> open_model(Trained<torch::nn::Module> trained) const override {
    return std::make_unique<DigitsModel>(std::move(trained));
  }
  const std::vector<Action>& actions() const override {
    static const std::vector<Action> actions{
        model_action("generate", "Continue a line of digits", continue_digits)};
    return actions;
  }
};

}  // namespace

const Task& digits_task() {
  static const DigitsTask task;
  return task;
}

}  // namespace heed::tasks
