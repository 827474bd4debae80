// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/options_page.h"

#include "heed/cli/flags.h"
#include "heed/tasks/task_list.h"
#include "heed/tasks/train.h"

namespace heed::cli {
namespace {

/// A cell of a Markdown table.
std::string cell(std::string text) {
  for (size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2))
    text.insert(at, "\\");
  return text;
}

std::string rows(const Fields& fields) {
  std::string text = "| flag | default | meaning |\n|---|---|---|\n";
  for (const auto& field : fields) {
    const std::string type = type_text(field);
    const std::string value = field.required ? "required" : default_shown(field);
    text += "| `" + flag_of(field.name) + (type.empty() ? "" : " " + type) + "` | " + cell(value) + " | " +
            cell(field.help) + " |\n";
  }
  return text + "\n";
}

std::string action_section(const tasks::Action& action) {
  const auto request = action.request();
  std::string text = "### heed " + action.verb + "\n\n" + action.summary + ".";
  if (action.models != tasks::Models::kNone)
    text += std::string(" Also `--model`, `--attention-backend`") + (action.decodes ? ", `--weights`." : ".");
  return text + "\n\n" + rows(request->fields());
}

}  // namespace

std::string options_page() {
  std::string text =
      "# Options of every verb\n\n"
      "`heed info --options` writes this page; `heed VERB --model NAME --help` shows the part that fits a "
      "model. Every verb also\n"
      "has `--quiet`, `--json`, `--threads` and `--device`. Config fields: `heed info --fields`.\n\n"
      "## Training\n\n### heed train\n\nTrain a model, or resume a run. Also `--attention-backend`.\n\n";
  tasks::TrainRequest train;
  text += rows(tasks::fields(train));
  for (const tasks::Task* task : tasks::task_list()) {
    text += "## Task " + task->name() + "\n\n";
    for (const auto& action : task->actions()) text += action_section(action);
  }
  text.pop_back();
  return text;
}

}  // namespace heed::cli
