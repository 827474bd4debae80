// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "heed/tasks/task.h"

/// Which task a command line means, and what to say when that is unclear.
namespace heed::cli {

using Words = std::vector<std::string>;  ///< a command line without the program's name

/// Every verb of the tasks, in the order of the list: "evaluate", "inspect attention".
std::vector<std::string> task_verbs();

/// True when `verb`, of one or two words, begins the command line.
bool is_typed(const Words& words, const std::string& verb);

/// The task of --task, else of --model, else the only one whose action needs no model and knows every flag of the command
/// line; null when that does not decide. Throws Error(kUsage) for an unknown task or model.
const tasks::Task* chosen_task(const Words& words, const std::string& verb);

/// The summary of a verb for each task that has it.
std::string all_summaries(const std::string& verb);
/// "The options depend on the task. To see them: heed generate --model NAME --help".
std::string how_to_ask(const std::string& verb);

/// Throws Error(kUsage): the task does not have this verb; names one that it has.
[[noreturn]] void wrong_verb(const Words& words, const tasks::Task& task, const std::string& verb);
/// Throws Error(kUsage): the verb needs a model or a task.
[[noreturn]] void missing_task(const Words& words, const std::string& verb);

/// A sentence about a flag that the typed verb does not know, because it is an option of another task; empty when it is
/// not.
std::string foreign_option(const Words& words, const std::string& flag);

}  // namespace heed::cli
