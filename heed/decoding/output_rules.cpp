// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/output_rules.h"

#include <algorithm>
#include <limits>

#include <c10/util/Exception.h>

#include "heed/decoding/repetition.h"

namespace heed::decoding {
namespace {

constexpr double kLargestRatio = 1000, kLargestConstant = 1e6;

void check_numbers(const std::string& caller, const OutputRules& rules) {
  TORCH_CHECK(rules.min_length >= 0 && rules.max_length >= 0 && rules.max_length_ratio >= 0 &&
                  rules.no_repeat_ngram >= 0 && rules.loop_guard >= 0,
              "[", caller, "] lengths, ratio, no_repeat_ngram and loop_guard must not be negative");
  TORCH_CHECK(rules.max_length_ratio <= kLargestRatio, "[", caller, "] max_length_ratio must be at most ",
              kLargestRatio, ", got ", rules.max_length_ratio);
}

void check_limits(const std::string& caller, const OutputRules& rules, int64_t model_bound) {
  TORCH_CHECK(rules.begin >= 0 && rules.end >= 0, "[", caller, "] the marks must not be negative, got ",
              rules.begin, " and ", rules.end);
  TORCH_CHECK(model_bound == 0 || rules.max_length <= model_bound, "[", caller, "] max_length ",
              rules.max_length, " exceeds the model's capacity, ", model_bound);
  TORCH_CHECK(model_bound > 0 || rules.max_length > 0 || rules.max_length_ratio > 0, "[", caller,
              "] the output has no maximum length: max_length and max_length_ratio are 0, and the model has "
              "no limit");
}

/// Returns the maximum number of tokens after a prompt; the last one need not be consumed.
int64_t checked_limit(const std::string& caller, const OutputRules& rules, const nn::SequenceModel& model,
                      const std::vector<int64_t>& prompt) {
  TORCH_CHECK(!prompt.empty(), "[", caller, "] a prompt needs at least one token: the begin mark");
  for (const int64_t token : prompt)
    TORCH_CHECK(token >= 0 && token < model.vocabulary_size(), "[", caller, "] prompt token ", token,
                " is outside the vocabulary of ", model.vocabulary_size());
  if (model.max_length() == 0) return rules.max_length;
  const int64_t room = model.max_length() - std::ssize(prompt) + 1;
  TORCH_CHECK(room >= 1, "[", caller, "] a prompt of ", prompt.size(),
              " tokens exceeds the model's maximum length, ", model.max_length());
  return rules.max_length > 0 ? std::min(rules.max_length, room) : room;
}

void check_source(const std::string& caller, const nn::Source& source, int64_t model_bound) {
  const at::Tensor &tokens = source.tokens, &lengths = source.lengths;
  TORCH_CHECK(tokens.defined() && lengths.defined() && tokens.dim() == 2 && lengths.dim() == 1 &&
                  tokens.size(0) == lengths.size(0),
              "[", caller, "] sources must be tokens [batch, length] and lengths [batch]");
  TORCH_CHECK(tokens.scalar_type() == at::kLong && lengths.scalar_type() == at::kLong, "[", caller,
              "] sources must be int64, got ", tokens.scalar_type(), " and ", lengths.scalar_type());
  const at::Tensor on_cpu = lengths.to(at::kCPU).contiguous();
  const int64_t longest = model_bound > 0 ? std::min(model_bound, tokens.size(1)) : tokens.size(1);
  for (int64_t i = 0; i < on_cpu.size(0); ++i) {
    const int64_t length = on_cpu.data_ptr<int64_t>()[i];
    TORCH_CHECK(length >= 1, "[", caller, "] source ", i, " is empty");
    TORCH_CHECK(length <= longest, "[", caller, "] source ", i, " has ", length, " tokens; the limit is ",
                longest);
  }
}

std::vector<uint8_t> never_written(const std::string& caller, const OutputRules& rules, int64_t vocabulary) {
  std::vector<uint8_t> never(static_cast<size_t>(vocabulary), 0);
  const auto forbid = [&](int64_t token) {
    TORCH_CHECK(token >= 0 && token < vocabulary, "[", caller, "] token ", token,
                " is outside the vocabulary of ", vocabulary);
    never[static_cast<size_t>(token)] = 1;
  };
  if (rules.begin >= 0) forbid(rules.begin);
  if (rules.pad >= 0) forbid(rules.pad);
  if (rules.unknown >= 0) forbid(rules.unknown);
  for (const int64_t token : rules.forbidden) forbid(token);
  if (rules.end < 0) return never;
  forbid(rules.end);
  never[static_cast<size_t>(rules.end)] = 0;  // allowed even if it is the begin mark, too
  return never;
}

int64_t limit_of(const OutputRules& rules, int64_t model_bound, int64_t source_length) {
  int64_t limit = std::numeric_limits<int64_t>::max();
  if (rules.max_length_ratio > 0)
    limit = static_cast<int64_t>(rules.max_length_ratio * static_cast<double>(source_length)) +
            rules.max_length_constant;
  if (rules.max_length > 0) limit = std::min(limit, rules.max_length);
  if (model_bound > 0) limit = std::min(limit, model_bound);
  return std::max<int64_t>(limit, 1);
}

}  // namespace

std::vector<Field> fields(OutputRules& rules) {
  return {
      {"min_length", &rules.min_length, "minimum number of tokens before the end mark", at_least(0)},
      {"max_length", &rules.max_length,
       "maximum number of tokens, including the end mark; 0: the model's limit", at_least(0)},
      {"max_length_ratio", &rules.max_length_ratio,
       "limits tokens to this times the source's plus max_length_constant; 0: off",
       between(0, kLargestRatio)},
      {"max_length_constant", &rules.max_length_constant, "constant of the limit by max_length_ratio",
       between(0, kLargestConstant)},
      {"no_repeat_ngram", &rules.no_repeat_ngram, "length of n-grams that must not repeat; 0: off",
       at_least(0)},
      {"loop_guard", &rules.loop_guard,
       "stop once a repeated n-gram of 1 to 8 tokens fills this many at the end; 0: never", at_least(0)},
  };
}

Rules::Rules(const std::string& caller, const OutputRules& rules, const nn::SequenceToSequenceModel& model,
             const nn::Source& source)
    : rules_(rules), never_(never_written(caller, rules, model.vocabulary_size())) {
  check_numbers(caller, rules);
  check_limits(caller, rules, model.max_length());
  check_source(caller, source, model.max_length());
  const at::Tensor lengths = source.lengths.to(at::kCPU).contiguous();
  source_lengths_.assign(lengths.data_ptr<int64_t>(), lengths.data_ptr<int64_t>() + lengths.size(0));
  for (const int64_t length : source_lengths_) limits_.push_back(limit_of(rules, model.max_length(), length));
}

Rules::Rules(const std::string& caller, const OutputRules& rules, const nn::SequenceModel& model,
             const std::vector<std::vector<int64_t>>& prompts)
    : rules_(rules), never_(never_written(caller, rules, model.vocabulary_size())), prompts_(prompts) {
  check_numbers(caller, rules);
  TORCH_CHECK(model.max_length() > 0 || rules.max_length > 0, "[", caller,
              "] the output has no maximum length: max_length is 0, and the model has no limit");
  for (const auto& prompt : prompts) limits_.push_back(checked_limit(caller, rules, model, prompt));
}

int64_t Rules::capacity() const {
  int64_t capacity = 0;
  for (size_t i = 0; i < limits_.size(); ++i)
    capacity = std::max(capacity, limits_[i] + (prompts_.empty() ? 0 : std::ssize(prompts_[i]) - 1));
  return capacity;
}

std::vector<int64_t> Rules::forbidden_after(int64_t sentence, std::span<const int64_t> written) const {
  std::vector<int64_t> forbidden;
  if (rules_.end >= 0 && std::ssize(written) < rules_.min_length) forbidden.push_back(rules_.end);
  if (prompts_.empty() || rules_.no_repeat_ngram == 0) {
    append_repeating_tokens(written, rules_.no_repeat_ngram, forbidden);
    return forbidden;
  }
  std::vector<int64_t> text = prompts_[static_cast<size_t>(sentence)];
  text.insert(text.end(), written.begin(), written.end());
  append_repeating_tokens(text, rules_.no_repeat_ngram, forbidden);
  return forbidden;
}

bool Rules::loops(std::span<const int64_t> written) const {
  return rules_.loop_guard > 0 && ends_in_loop(written, rules_.loop_guard);
}

}  // namespace heed::decoding
