// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "heed/core/field.h"
#include "heed/tasks/trained.h"

namespace heed::tasks {

using Json = nlohmann::ordered_json;

/// What an action returns.
struct Answer {
  Json json;                            ///< the result, for programs
  std::vector<std::string> lines = {};  ///< the same for people; empty: the entries of `json`, one a line
  bool quiet = false;                   ///< show nothing to people: they have seen the output lines
};

/// How a running action meets its caller. Notes, warnings and progress go to the log of the thread (core/log.h).
struct Call {
  /// Takes at most so many lines of text input; an empty list means the end. For actions that read text.
  std::function<std::vector<std::string>(size_t most)> input = {};
  /// Receives a line of text output as soon as it is ready. For actions that write text.
  std::function<void(std::string_view line)> output = {};
  /// Receives a piece of text, shown at once and without a line end after it. For actions that write as they go.
  std::function<void(std::string_view piece)> write = {};
  /// Report progress. A caller who types the input line by line sees each output line instead.
  bool progress = true;
  /// Ends the work soon when it is asked to stop.
  std::stop_token stop = {};
};

/// The options of one call of an action, and the call itself.
class Request {
 public:
  virtual ~Request() = default;
  /// The table of the options: flags, help, JSON and docs come from it. The pointers stay valid as long as the request.
  virtual Fields fields() = 0;
  /// Throws Error(kUsage) for options that do not fit each other. Called before a model is loaded. `given` names the
  /// fields that the user set.
  virtual void check(const std::vector<std::string>& given) = 0;
  /// Runs the action. Prints nothing.
  virtual Answer run(std::span<const std::shared_ptr<const TaskModel>> models, const Call& call) = 0;
};

/// How many trained models an action works on.
enum class Models { kNone, kOptional, kOne, kSeveral };

/// One thing that a task does: a verb of the program, a request of a service.
struct Action {
  std::string verb;     ///< "evaluate", "inspect attention"
  std::string summary;  ///< one or two lines of help
  Models models = Models::kOne;
  bool decodes = true;  ///< it has the option `weights` (nn/weight_type.h)
  std::function<std::unique_ptr<Request>()> request = {};
};

namespace detail {  // free functions of the options, found by their namespace

template <class Options>
Fields fields_of(Options& options) {
  return fields(options);
}

template <class Options>
void check_options(Options& options, const std::vector<std::string>& given) {
  if constexpr (requires { check(options, given); }) check(options, given);
}

}  // namespace detail

/// A request whose options are a struct with `Fields fields(Options&)`, and optionally
/// `void check(Options&, const std::vector<std::string>& given)`.
template <class Options>
class OptionsRequest : public Request {
 public:
  using Run = std::function<Answer(std::span<const std::shared_ptr<const TaskModel>>, Options&, const Call&)>;
  explicit OptionsRequest(Run run) : run_(std::move(run)) {}

  Fields fields() override { return detail::fields_of(options_); }
  void check(const std::vector<std::string>& given) override { detail::check_options(options_, given); }
  Answer run(std::span<const std::shared_ptr<const TaskModel>> models, const Call& call) override {
    return run_(models, options_, call);
  }

 private:
  Options options_;
  Run run_;
};

/// An action on one trained model of type `Model`, a TaskModel of the task.
template <class Model, class Options>
Action model_action(std::string verb, std::string summary,
                    Answer (*run)(const Model&, Options&, const Call&)) {
  const auto call = [run](std::span<const std::shared_ptr<const TaskModel>> models, Options& options,
                          const Call& c) {
    return run(dynamic_cast<const Model&>(*models.front()), options, c);
  };
  return {std::move(verb), std::move(summary), Models::kOne, true,
          [call] { return std::make_unique<OptionsRequest<Options>>(call); }};
}

/// An action whose call gets every model, none included.
template <class Options>
Action models_action(std::string verb, std::string summary, Models models,
                     Answer (*run)(std::span<const std::shared_ptr<const TaskModel>>, Options&,
                                   const Call&)) {
  return {std::move(verb), std::move(summary), models, false,
          [run] { return std::make_unique<OptionsRequest<Options>>(run); }};
}

/// An action without a model.
template <class Options>
Action plain_action(std::string verb, std::string summary, Answer (*run)(Options&, const Call&)) {
  const auto call = [run](std::span<const std::shared_ptr<const TaskModel>>, Options& options,
                          const Call& c) { return run(options, c); };
  return {std::move(verb), std::move(summary), Models::kNone, false,
          [call] { return std::make_unique<OptionsRequest<Options>>(call); }};
}

}  // namespace heed::tasks
