// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/valid_lines.h"

#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/core/names.h"
#include "heed/data/text/utf8.h"

namespace heed::tasks {
namespace {

/// The fault of a line, or an empty string.
std::string fault_of(const std::string& line) {
  const size_t good = text::well_formed_prefix(line);
  if (good < line.size()) return text::not_utf8(line[good], good + 1);
  const size_t zero = line.find('\0');
  return zero == std::string::npos ? ""
                                   : "zero byte in column " + std::to_string(zero + 1) + "; text is needed";
}

}  // namespace

InvalidText parse_invalid_text(const std::string& name) {
  if (name == "fail") return InvalidText::kFail;
  if (name == "replace") return InvalidText::kReplace;
  if (name == "skip") return InvalidText::kSkip;
  throw Error(ErrorKind::kUsage, unknown_name_message("choice", name, {"fail", "replace", "skip"}),
              FieldName{"invalid"});
}

ValidLines::ValidLines(Source source, InvalidText invalid) : source_(std::move(source)), invalid_(invalid) {}

void ValidLines::repair(std::string& line) {
  ++number_;
  const std::string fault = fault_of(line);
  if (fault.empty()) return;
  const std::string place = "line " + std::to_string(number_);
  if (invalid_ == InvalidText::kFail) throw Error(ErrorKind::kData, fault, place);
  const bool skips = invalid_ == InvalidText::kSkip;
  line = skips ? "" : text::replace_malformed(line);
  if (++invalid_count_ > 1) return;
  warn(place + ": " + fault + (skips ? "; the line counts as empty" : "; such bytes are read as U+FFFD") +
       ", further lines are counted");
}

std::vector<std::string> ValidLines::next(size_t most) {
  if (failed_) std::rethrow_exception(failed_);
  std::vector<std::string> lines = source_(most);
  for (size_t i = 0; i < lines.size(); ++i) {
    try {
      repair(lines[i]);
    } catch (const Error&) {
      if (i == 0) throw;
      failed_ = std::current_exception();
      lines.resize(i);
    }
  }
  return lines;
}

void ValidLines::warn_of_invalid() const {
  if (invalid_count_ < 2) return;  // the only one was named when it came
  warn(std::to_string(invalid_count_) + " lines contained bytes that are not UTF-8 and " +
       (invalid_ == InvalidText::kSkip ? "count as empty" : "were repaired"));
}

}  // namespace heed::tasks
