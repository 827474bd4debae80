// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/train.h"

#include <csignal>
#include <cstring>

#include "heed/cli/flags.h"
#include "heed/cli/program.h"
#include "heed/core/log.h"
#include "heed/core/memory.h"
#include "heed/core/shown_text.h"

namespace heed::cli {
namespace {

/// 130 after a safe stop by SIGINT or SIGTERM, else 128 and the number of the signal, as shells have it.
int exit_code(int signal) {
  return 128 + (signal == SIGTERM ? SIGINT : signal);
}

struct Typed {
  tasks::TrainRequest request;
  Fields fields = tasks::fields(request);
  CLI::App* verb = nullptr;
};

int train(const Common& common, const Typed& typed) {
  keep_freed_memory();
  auto given = given_fields(*typed.verb, typed.fields);
  if (typed.verb->get_option("--attention-backend")->count() > 0) given.emplace_back("attention_backend");
  check_given(typed.fields, given);
  tasks::check(typed.request, given);
  const auto outcome = tasks::train(typed.request, nn::parse_device(common.device));
  print_answer(common, outcome.answer);
  const std::string resume = "heed train --resume " + shell_word(outcome.run.native());
  if (outcome.was_finished)
    inform("this run is finished; to train on: " + resume + " --steps N, or --minutes N");
  if (outcome.signal == 0) return 0;
  inform("stopped and saved (SIG" + std::string(::sigabbrev_np(outcome.signal)) + "); to resume: " + resume);
  return exit_code(outcome.signal);
}

}  // namespace

void add_train(Program& program) {
  auto typed = std::make_shared<Typed>();
  typed->verb = program.add_verb("train", "Train a model, or resume a run",
                                 [&program, typed] { return train(program.common, *typed); });
  add_flags(*typed->verb, typed->fields);
  add_attention_backend(typed->verb, typed->request.attention_backend);
}

}  // namespace heed::cli
