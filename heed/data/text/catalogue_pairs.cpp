// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/catalogue_pairs.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "heed/data/byte_stream.h"
#include "heed/data/text/counts.h"
#include "heed/data/text/mo_reader.h"
#include "heed/data/text/plural_forms.h"
#include "heed/data/text/po_reader.h"
#include "heed/data/text/utf8.h"

namespace heed::text {
namespace {

using Lines = std::vector<std::string_view>;

/// Splits text into lines, without empty lines at its start and end.
Lines split_lines(std::string_view text) {
  Lines lines;
  for (size_t begin = 0, end = 0; end < text.size(); begin = end + 1) {
    end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!lines.empty() || !is_blank(line)) lines.push_back(line);
  }
  while (!lines.empty() && is_blank(lines.back())) lines.pop_back();
  return lines;
}

std::string join(const Lines& lines) {
  std::string joined;
  for (const auto line : lines) {
    if (is_blank(line)) continue;
    if (!joined.empty()) joined += ' ';
    joined += line;
  }
  return joined;
}

bool line_up(const Lines& a, const Lines& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](std::string_view x, std::string_view y) { return is_blank(x) == is_blank(y); });
}

/// Adds the pair: line by line if the lines of both sides correspond, else as one sentence. Returns false if
/// a side is empty.
bool add(const std::string& source, const std::string& target, std::vector<SentencePair>& pairs) {
  const Lines sources = split_lines(source), targets = split_lines(target);
  if (sources.empty() || targets.empty()) return false;
  if (!line_up(sources, targets)) {
    pairs.push_back({join(sources), join(targets)});
    return true;
  }
  for (size_t i = 0; i < sources.size(); ++i) {
    if (!is_blank(sources[i])) pairs.push_back({std::string(sources[i]), std::string(targets[i])});
  }
  return true;
}

bool add_message(const Message& message, size_t form_of_one, std::vector<SentencePair>& pairs) {
  const auto& forms = message.translations;
  if (!message.plural_id) return add(message.id, forms[0], pairs);
  if (forms.size() == 1) return add(*message.plural_id, forms[0], pairs);
  bool used = false;
  for (size_t form = 0; form < forms.size(); ++form) {
    if (add(form == form_of_one ? message.id : *message.plural_id, forms[form], pairs)) used = true;
  }
  return used;
}

}  // namespace

CatalogueCounts& CatalogueCounts::operator+=(const CatalogueCounts& other) {
  used += other.used;
  fuzzy += other.fuzzy;
  untranslated += other.untranslated;
  obsolete += other.obsolete;
  return *this;
}

std::string CatalogueCounts::skipped() const {
  return list_counts({{fuzzy, "fuzzy"}, {untranslated, "untranslated"}, {obsolete, "obsolete"}});
}

std::string CatalogueCounts::text() const {
  const std::string others = skipped();
  return grouped(used) + " messages used" + (others.empty() ? "" : "; skipped: " + others);
}

std::vector<SentencePair> catalogue_pairs(const Catalogue& catalogue, CatalogueCounts& counts) {
  const size_t form_of_one = plural_form(catalogue.header_field("Plural-Forms"), 1).value_or(0);
  std::vector<SentencePair> pairs;
  CatalogueCounts here;
  here.obsolete = catalogue.obsolete;
  for (const auto& message : catalogue.messages) {
    if (message.fuzzy) {
      ++here.fuzzy;
    } else if (add_message(message, form_of_one, pairs)) {
      ++here.used;
    } else {
      ++here.untranslated;
    }
  }
  counts += here;
  return pairs;
}

Catalogue read_catalogue(const std::filesystem::path& path) {
  const std::string content = read_unpacked(path, kMaxCatalogueBytes);
  const auto bytes = std::as_bytes(std::span(content));
  return is_mo(bytes) ? parse_mo(bytes, path.string()) : parse_po(content, path.string());
}

}  // namespace heed::text
