// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/checks.h"
#include "fuzz/promises.h"

#include "heed/data/text/catalogue_pairs.h"
#include "heed/data/text/filters.h"
#include "heed/data/text/line_reader.h"
#include "heed/data/text/mo_reader.h"
#include "heed/data/text/pair_reader.h"
#include "heed/data/text/po_reader.h"
#include "heed/data/text/records.h"
#include "heed/data/text/sentence_splitter.h"
#include "heed/data/text/utf8.h"

namespace heed::fuzz {
namespace {

constexpr text::LineOptions kShortLines{.max_line_bytes = 4096};
/// Limit of lines: a kilobyte of gzip data may contain more than a second can check.
constexpr size_t kMostLines = 5000;

std::string_view as_text(std::span<const std::byte> file) {
  return {reinterpret_cast<const char*>(file.data()), file.size()};
}

text::LineReader open_lines(std::span<const std::byte> file) {
  return {std::make_unique<std::istringstream>(std::string(as_text(file))), kName, kShortLines};
}

void check_text(std::string_view text, std::string_view forbidden) {
  require(text::well_formed_prefix(text) == text.size(), "text is UTF-8");
  require(text.find_first_of(forbidden) == std::string_view::npos, "text contains no separators");
}

/// Quotes a text with C escapes, broken into lines, which must not change it.
std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += std::string("\\") + c;
    } else if (c == '\n') {
      out += "\\n\"\n\"";
    } else {
      out += c;
    }
  }
  return out + "\"\n";
}

std::string written(const text::Catalogue& catalogue) {
  std::string po;
  if (!catalogue.header.empty()) po += "msgid \"\"\nmsgstr " + in_quotes(catalogue.header) + "\n";
  for (const auto& message : catalogue.messages) {
    if (message.fuzzy) po += "#, fuzzy\n";
    if (message.context) po += "msgctxt " + in_quotes(*message.context);
    po += "msgid " + in_quotes(message.id);
    if (message.plural_id) po += "msgid_plural " + in_quotes(*message.plural_id);
    for (size_t form = 0; form < message.translations.size(); ++form) {
      po += "msgstr" + (message.plural_id ? "[" + std::to_string(form) + "] " : " ");
      po += in_quotes(message.translations[form]);
    }
  }
  return po;
}

void check_messages(const text::Catalogue& catalogue) {
  for (const auto& message : catalogue.messages) {
    require(message.context || !message.id.empty(), "the header is not a message");
    require(!message.translations.empty(), "a message has a translation");
    require(message.plural_id || message.translations.size() == 1, "only plurals have several forms");
  }
}

/// The text form is limited to a thousand plural forms.
bool can_be_written(const text::Catalogue& catalogue) {
  return std::all_of(catalogue.messages.begin(), catalogue.messages.end(),
                     [](const text::Message& message) { return message.translations.size() <= 1000; });
}

void check_writing(const text::Catalogue& catalogue) {
  if (!can_be_written(catalogue)) return;
  const text::Catalogue again = text::parse_po(written(catalogue), kName);
  require(again.header == catalogue.header, "the header survives writing");
  require(again.messages == catalogue.messages, "messages survive writing");
}

void check_pairs(const text::Catalogue& catalogue) {
  text::CatalogueCounts counts;
  const auto pairs = text::catalogue_pairs(catalogue, counts);
  for (const auto& pair : pairs) {
    check_text(pair.source, std::string_view("\n\0", 2));
    check_text(pair.target, std::string_view("\n\0", 2));
    require(!text::is_blank(pair.source) && !text::is_blank(pair.target), "no side of a pair is empty");
  }
  require(counts.used + counts.fuzzy + counts.untranslated == std::ssize(catalogue.messages),
          "every message is counted");
}

void check_splitting(std::string_view line) {
  for (const text::SplitOptions& options :
       {text::SplitOptions{.max_characters = 7, .max_words = 0},
        text::SplitOptions{.max_characters = 0, .max_words = 2},
        text::SplitOptions{.max_characters = 20, .max_words = 3},
        text::SplitOptions{.max_characters = 9, .gather = text::Gather::kOne}}) {
    const auto pieces = text::split_sentences(line, options);
    require(text::join_pieces(pieces) == line, "splitting drops nothing");
    for (const auto& piece : pieces) {
      const bool fits =
          (options.max_characters == 0 || text::count_characters(piece.text) <= options.max_characters) &&
          (options.max_words == 0 || text::count_words(piece.text) <= options.max_words);
      require(fits, "a segment is within the limit");
    }
  }
}

/// Returns the expected lines of a plain text.
std::vector<std::string> plain_lines(std::string_view text) {
  if (text.starts_with(text::kByteOrderMark)) text.remove_prefix(text::kByteOrderMark.size());
  std::vector<std::string> lines;
  while (!text.empty()) {
    std::string line(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(line);
  }
  return lines;
}

}  // namespace

void check_po_reader(std::span<const std::byte> file) {
  text::Catalogue catalogue;
  if (!accepts(ErrorKind::kData, [&] { catalogue = text::parse_po(as_text(file), kName); })) return;
  check_messages(catalogue);
  check_pairs(catalogue);
  check_writing(catalogue);
}

void check_mo_reader(std::span<const std::byte> file) {
  text::Catalogue catalogue;
  if (!accepts(ErrorKind::kData, [&] { catalogue = text::parse_mo(file, kName); })) return;
  require(text::is_mo(file), "a catalogue that is read begins with the magic number");
  check_messages(catalogue);
  check_pairs(catalogue);
  check_writing(catalogue);
}

void check_tsv(std::span<const std::byte> file) {
  std::vector<text::SentencePair> pairs;
  accepts(ErrorKind::kData, [&] {
    text::TsvReader reader(open_lines(file));
    for (text::SentencePair pair; pairs.size() < kMostLines && reader.next(pair);) pairs.push_back(pair);
  });
  for (const auto& pair : pairs) {
    check_text(pair.source, std::string_view("\t\n\0", 3));
    check_text(pair.target, std::string_view("\t\n\0", 3));
  }
  const auto counts =
      text::filter_pairs(pairs, {.max_words = 20, .max_word_ratio = 3, .drop_duplicates = true});
  require(counts.kept == std::ssize(pairs), "the number of kept pairs is right");
  require(counts.kept + counts.empty + counts.too_long + counts.out_of_ratio + counts.identical +
                  counts.duplicates ==
              counts.read,
          "every pair is counted once");
}

void check_records(std::span<const std::byte> file) {
  using text::RecordForm;
  for (const RecordForm form : {RecordForm::kJsonLines, RecordForm::kTabs, RecordForm::kCommas}) {
    for (const auto& fields : {std::vector<std::string>{"text", "label"}, {"2", "1"}}) {
      accepts(ErrorKind::kData, [&] {
        text::read_records(open_lines(file), form, fields, [&](const std::vector<std::string>& values) {
          require(values.size() == fields.size(), "every row has the fields that were asked for");
          for (const auto& value : values) check_text(value, std::string_view("\0", 1));
          require(form != RecordForm::kTabs || values[0].find('\t') == std::string::npos, "tabs separate");
        });
      });
    }
  }
}

void check_utf8_lines(std::span<const std::byte> file) {
  std::vector<std::string> lines;
  const bool accepted = accepts(ErrorKind::kData, [&] {
    text::LineReader reader = open_lines(file);
    for (std::string line; lines.size() < kMostLines && reader.next(line); lines.push_back(line)) {
      require(line.size() <= kShortLines.max_line_bytes, "a line is within the limit");
      require(reader.line_number() == std::ssize(lines) + 1, "lines are counted");
    }
  });
  for (const auto& line : lines) {
    check_text(line, std::string_view("\n\0", 2));
    check_splitting(line);
  }
  if (as_text(file).starts_with("\x1F\x8B")) return;
  check_splitting(as_text(file));
  const bool all = accepted && lines.size() < kMostLines;
  if (all) require(lines == plain_lines(as_text(file)), "lines are those of the text");
}

}  // namespace heed::fuzz
