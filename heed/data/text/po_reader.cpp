// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/po_reader.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "heed/core/error.h"
#include "heed/data/byte_stream.h"
#include "heed/data/text/c_escapes.h"
#include "heed/data/text/utf8.h"

namespace heed::text {
namespace {

constexpr const char* kAdvice = "; convert the file: msgconv --to-code=UTF-8";

bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Whether flags such as "#, fuzzy, c-format" contain fuzzy.
bool has_fuzzy(std::string_view flags) {
  while (!flags.empty()) {
    const std::string_view flag = flags.substr(0, flags.find(','));
    flags.remove_prefix(std::min(flags.size(), flag.size() + 1));
    const size_t begin = flag.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) continue;
    if (flag.substr(begin, flag.find_last_not_of(" \t\r") + 1 - begin) == "fuzzy") return true;
  }
  return false;
}

class PoParser {
 public:
  PoParser(std::string_view text, const std::string& name) : text_(text), name_(name) {
    if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
  }

  Catalogue parse() {
    for (; position_ < text_.size();) {
      const char c = text_[position_];
      if (c == '\n') {
        ++line_;
        line_begin_ = ++position_;
      } else if (std::isspace(static_cast<unsigned char>(c))) {
        ++position_;
      } else if (c == '#') {
        comment();
      } else if (c == '"') {
        literal();
      } else if (is_letter(c)) {
        keyword();
      } else {
        fail("expected a keyword, a quoted string or a comment");
      }
    }
    end_message();
    return std::move(catalogue_);
  }

 private:
  enum class Part { kNone, kDomain, kContext, kId, kPluralId, kTranslation };

  void comment() {
    const size_t end = std::min(text_.find('\n', position_), text_.size());
    std::string_view comment = text_.substr(position_ + 1, end - position_ - 1);
    position_ = end;
    if (comment.starts_with(',') || comment.starts_with('=')) {
      if (has_fuzzy(comment.substr(1))) fuzzy_ = true;
    } else if (comment.starts_with('~')) {
      fuzzy_ = false;  // a flag before an obsolete entry belongs to that entry
      comment.remove_prefix(std::min(comment.find_first_not_of(" \t", 1), comment.size()));
      if (comment.starts_with("msgid") && !comment.starts_with("msgid_")) ++catalogue_.obsolete;
    }
  }

  void keyword() {
    const size_t begin = position_;
    while (position_ < text_.size() && is_letter(text_[position_])) ++position_;
    const std::string_view word = text_.substr(begin, position_ - begin);
    end_part();
    if (word == "domain") {
      end_message();
      part_ = Part::kDomain;
    } else if (word == "msgctxt") {
      end_message();
      begin_message();
      part_ = Part::kContext;
    } else if (word == "msgid") {
      if (last_ != Part::kContext) {
        end_message();
        begin_message();
      }
      part_ = Part::kId;
    } else if (word == "msgid_plural") {
      if (last_ != Part::kId) fail("msgid_plural has no msgid before it");
      part_ = Part::kPluralId;
    } else if (word == "msgstr") {
      begin_translation();
    } else {
      fail("unknown keyword '" + std::string(word.substr(0, 40)) + "'");
    }
    part_line_ = line_;
  }

  void begin_translation() {
    if (last_ != Part::kId && last_ != Part::kPluralId && last_ != Part::kTranslation)
      fail("msgstr has no msgid before it");
    const std::optional<size_t> index = form_index();
    const size_t expected = message_->translations.size();
    if (message_->plural_id.has_value() != index.has_value())
      fail(index ? "msgstr[n] has no msgid_plural before it"
                 : "msgid_plural needs msgstr[0], msgstr[1], ...");
    if (!index && expected > 0) fail("a second msgstr for one msgid");
    if (index && *index != expected) {
      fail("expected msgstr[" + std::to_string(expected) + "], found msgstr[" + std::to_string(*index) + "]");
    }
    part_ = Part::kTranslation;
  }

  /// Parses the n of msgstr[n].
  std::optional<size_t> form_index() {
    if (position_ == text_.size() || text_[position_] != '[') return std::nullopt;
    const size_t end = text_.find(']', position_);
    const std::string_view digits = text_.substr(position_ + 1, end - position_ - 1);
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (end == std::string_view::npos || digits.empty() || digits.size() > 3 ||
        !std::all_of(digits.begin(), digits.end(), is_digit))
      fail("msgstr[ needs a number and ]");
    position_ = end + 1;
    return std::stoul(std::string(digits));
  }

  /// Parses a quoted string on one line, which continues the string before it.
  void literal() {
    if (part_ == Part::kNone) fail("a quoted string has no keyword before it");
    size_t end = position_ + 1;
    for (bool escaped = false; end < text_.size() && text_[end] != '\n'; ++end) {
      if (text_[end] == '"' && !escaped) break;
      escaped = text_[end] == '\\' && !escaped;
    }
    if (end >= text_.size() || text_[end] != '"') fail("a quoted string does not end on its line");
    const std::string_view raw = text_.substr(position_ + 1, end - position_ - 1);
    if (raw.find('\0') != std::string_view::npos) fail("a zero byte; is this a text file?");
    if (const size_t valid = well_formed_prefix(raw); valid < raw.size()) {
      note_fault(not_utf8(raw[valid], position_ + valid + 2 - line_begin_) + kAdvice, line_);
    }
    if (std::string wrong = unescape_c(raw, buffer_); !wrong.empty()) note_fault(std::move(wrong), line_);
    position_ = end + 1;
    has_text_ = true;
  }

  void begin_message() {
    message_.emplace();
    message_->fuzzy = std::exchange(fuzzy_, false);
    message_line_ = line_;
  }

  void end_part() {
    if (part_ == Part::kNone) return;
    if (!has_text_) fail("a keyword needs a quoted string", part_line_);
    if (well_formed_prefix(buffer_) < buffer_.size())
      note_fault("the escapes do not form valid UTF-8", part_line_);
    keep(std::exchange(buffer_, {}));
    has_text_ = false;
    last_ = std::exchange(part_, Part::kNone);
  }

  void keep(std::string text) {
    switch (part_) {
      case Part::kContext:
        message_->context = std::move(text);
        return;
      case Part::kId:
        message_->id = std::move(text);
        return;
      case Part::kPluralId:
        message_->plural_id = std::move(text);
        return;
      case Part::kTranslation:
        message_->translations.push_back(std::move(text));
        return;
      case Part::kNone:
      case Part::kDomain:
        return;
    }
  }

  void end_message() {
    end_part();
    last_ = Part::kNone;
    if (!message_) return;
    if (message_->translations.empty()) fail("a message without msgstr", message_line_);
    const bool is_header = message_->id.empty() && !message_->context;
    if (is_header) use_header();
    // After the header: the charset error is more helpful than an encoding error.
    if (!fault_.empty()) fail(fault_, fault_line_);
    if (!is_header) catalogue_.messages.push_back(std::move(*message_));
    message_.reset();
  }

  void use_header() {
    if (catalogue_.header.empty()) catalogue_.header = message_->translations[0];
    if (const auto charset = foreign_charset(catalogue_)) {
      fail("the charset is " + *charset + ", but heed reads UTF-8" + kAdvice, message_line_);
    }
  }

  void note_fault(std::string message, size_t line) {
    if (!fault_.empty()) return;
    fault_ = std::move(message);
    fault_line_ = line;
  }

  [[noreturn]] void fail(const std::string& message) const { fail(message, line_); }
  [[noreturn]] void fail(const std::string& message, size_t line) const {
    throw Error(ErrorKind::kData, message, name_ + ", line " + std::to_string(line));
  }

  std::string_view text_;
  const std::string& name_;
  size_t position_ = 0, line_begin_ = 0, line_ = 1;
  Catalogue catalogue_;
  std::optional<Message> message_;  ///< message being parsed
  Part part_ = Part::kNone, last_ = Part::kNone;
  std::string buffer_;  ///< text of part_ so far
  bool has_text_ = false, fuzzy_ = false;
  size_t message_line_ = 1, part_line_ = 1, fault_line_ = 1;
  std::string fault_;  ///< encoding error, thrown at the end of the message
};

}  // namespace

Catalogue parse_po(std::string_view text, const std::string& name) {
  return PoParser(text, name).parse();
}

Catalogue read_po(const std::filesystem::path& path) {
  return parse_po(read_unpacked(path, kMaxCatalogueBytes), path.string());
}

}  // namespace heed::text
