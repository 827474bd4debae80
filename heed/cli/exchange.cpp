// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/flags.h"
#include "heed/cli/program.h"
#include "heed/tasks/language/gpt2_exchange.h"

namespace heed::cli {
namespace {

/// Options of `import` and `export`.
struct ExchangeFlags {
  std::filesystem::path source, output;
  std::string model;
  const CLI::App* verb = nullptr;
  Fields fields = {};
};

int report(const Common& common, const ExchangeFlags& options, const tasks::ExchangedModel& model) {
  print_result(common, {{"output", options.output.string()},
                        {"parameters", model.parameters},
                        {"vocabulary", model.vocabulary}});
  return 0;
}

int import_model(const Common& common, const ExchangeFlags& options) {
  check_given(options.fields, given_fields(*options.verb, options.fields));
  return report(common, options, tasks::import_gpt2(options.source, options.output));
}

int export_model(const Common& common, const ExchangeFlags& options) {
  check_given(options.fields, given_fields(*options.verb, options.fields));
  return report(common, options, tasks::export_gpt2(options.model, options.output));
}

}  // namespace

void add_exchange(Program& program) {
  auto imported = std::make_shared<ExchangeFlags>();
  CLI::App* verb = program.add_verb(
      "import", "Convert a GPT-2 of Hugging Face's layout, or a GGUF file, into a model of heed",
      [&program, imported] { return import_model(program.common, *imported); });
  verb->add_option("source", imported->source,
                   "folder with config.json, model.safetensors and the tokenizer's files, or a .gguf file")
      ->required();
  imported->verb = verb;
  imported->fields = {required({"output", &imported->output, "model folder to write"})};
  add_flags(*verb, imported->fields);

  auto exported = std::make_shared<ExchangeFlags>();
  verb = program.add_verb("export", "Write a GPT-2 of heed in Hugging Face's layout",
                          [&program, exported] { return export_model(program.common, *exported); });
  exported->verb = verb;
  exported->fields = {
      required({"model", &exported->model, "language model: a run folder, or the name of one"}),
      required({"output", &exported->output,
                "folder to write: config.json, model.safetensors and the tokenizer's files"})};
  add_flags(*verb, exported->fields);
}

}  // namespace heed::cli
