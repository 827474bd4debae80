// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/labelled_text.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "heed/core/error.h"
#include "heed/core/log.h"
#include "heed/data/text/documents.h"
#include "heed/data/text/file_names.h"
#include "heed/data/text/line_reader.h"
#include "heed/data/text/records.h"
#include "heed/data/text/text_survey.h"
#include "heed/data/text/utf8.h"

namespace heed::text {
namespace fs = std::filesystem;
namespace {

/// The fields of a table that make up a labelled text, and how its values become one.
class LabelledFields {
 public:
  LabelledFields(const LabelledTextOptions& options, bool labelled) {
    const auto text = listed_fields(options.text_fields), pair = listed_fields(options.pair_fields);
    if (text.empty()) throw Error(ErrorKind::kConfig, "'text_fields' must name a field", "[data]");
    texts_ = text.size();
    names_ = text;
    names_.insert(names_.end(), pair.begin(), pair.end());
    labelled_ = labelled && !options.label_field.empty();
    if (labelled_) names_.push_back(options.label_field);
  }
  const std::vector<std::string>& names() const { return names_; }

  LabelledText take(const std::vector<std::string>& values) const {
    const size_t fields = values.size() - (labelled_ ? 1 : 0);
    return {joined(values, 0, texts_), joined(values, texts_, fields), labelled_ ? values.back() : ""};
  }

 private:
  static std::string joined(const std::vector<std::string>& values, size_t begin, size_t end) {
    std::string text;
    for (size_t i = begin; i < end; ++i) text += (i > begin ? "\n" : "") + values[i];
    return text;
  }
  std::vector<std::string> names_;
  size_t texts_ = 0;
  bool labelled_ = false;
};

/// The class that the folders of a file name: the last of them that names no split; "" if there is none.
std::string folder_label(const fs::path& below) {
  constexpr size_t kAllParts = SIZE_MAX;
  std::string label;
  for (const auto& folder : below.parent_path())
    if (split_in_path(folder, kAllParts) == "train" && folder != "train") label = folder.string();
  return label;
}

class LabelledReader {
 public:
  explicit LabelledReader(const LabelledTextOptions& options) : options_(options), fields_(options, true) {}

  /// Reads everything under `root`; `split` replaces what the names say.
  void read(const fs::path& root, const std::string& split = "") {
    const auto files = find_text({root}, {.endings = "csv, tsv, tab"});
    const bool tables =
        std::any_of(files.begin(), files.end(), [](const TextFile& file) { return record_form(file.path); });
    int64_t passed = 0;
    for (TextFile file : files) {
      if (!split.empty()) file.split = split;
      if (record_form(file.path))
        read_table(file);
      else if (tables || !read_file(file, root))
        ++passed;
    }
    if (passed == static_cast<int64_t>(files.size())) {
      throw Error(
          ErrorKind::kData,
          "has no labels: give JSON lines, .tsv or .csv with a column of labels, or a folder that has a "
          "folder of text files for each class",
          root.string());
    }
    if (passed > 0)
      inform(root.string() + ": passed over " + std::to_string(passed) + " text files without a label");
  }

  LabelledCorpus corpus;

 private:
  void add(const std::string& split, LabelledText text) {
    const bool pairs = !options_.pair_fields.empty();
    if (!options_.label_field.empty() && text.label.empty())
      ++corpus.without_label;
    else if (is_blank(text.text) || (pairs && is_blank(text.pair)))
      ++corpus.without_text;
    else
      corpus.splits[split].push_back(std::move(text));
  }
  void read_table(const TextFile& file) {
    read_records(file.path, fields_.names(),
                 [&](const std::vector<std::string>& values) { add(file.split, fields_.take(values)); });
  }
  bool read_file(const TextFile& file, const fs::path& root) {
    const std::string label = folder_label(file.path.lexically_relative(root));
    if (label.empty()) return false;
    std::string text;
    read_documents(file, {}, [&](const TextPart& part) { text += part.text; });
    add(file.split, {std::move(text), "", label});
    return true;
  }

  const LabelledTextOptions& options_;
  LabelledFields fields_;
};

/// Moves a share of the training part to the validation part.
void hold_back(LabelledCorpus& corpus, double share) {
  auto& train = corpus.splits["train"];
  const auto valid = std::stable_partition(train.begin(), train.end(), [&](const LabelledText& text) {
    return !validates_by_hash(text.text, share);
  });
  auto& held = corpus.splits["valid"];
  held.assign(std::make_move_iterator(valid), std::make_move_iterator(train.end()));
  train.erase(valid, train.end());
  inform("validation: " + std::to_string(held.size()) + " texts, by a hash of their beginning");
}

}  // namespace

Fields fields(LabelledTextOptions& options) {
  return {
      {"text_fields", &options.text_fields, "fields or columns of the text, such as \"summary, text\""},
      {"pair_fields", &options.pair_fields,
       "fields or columns of the second text of a pair; empty: no pairs"},
      {"label_field", &options.label_field, "field or column of the label"},
      {"valid_share", &options.valid_share, "share of the texts to validate on if no file is for that",
       between(0.001, 0.9)},
      {"valid_file", &options.valid_file, "labelled texts to validate on"},
  };
}

LabelledCorpus read_labelled_texts(const std::vector<fs::path>& data, const LabelledTextOptions& options) {
  LabelledReader reader(options);
  for (const auto& path : data) reader.read(path);
  if (!options.valid_file.empty()) reader.read(options.valid_file, "valid");
  auto& corpus = reader.corpus;
  if (corpus.splits["valid"].empty() && !corpus.splits["train"].empty())
    hold_back(corpus, options.valid_share);
  return std::move(corpus);
}

LabelledText unlabelled_line(const std::string& line, bool pairs, const std::string& place) {
  if (!pairs) return {line, "", ""};
  const size_t tab = line.find('\t');
  if (tab == std::string::npos)
    throw Error(ErrorKind::kData, "has no tab: the model labels pairs of texts, with a tab between", place);
  return {line.substr(0, tab), line.substr(tab + 1), ""};
}

std::vector<LabelledText> read_unlabelled_texts(const fs::path& file, const LabelledTextOptions& options) {
  std::vector<LabelledText> texts;
  if (record_form(file)) {
    const LabelledFields wanted(options, false);
    read_records(file, wanted.names(),
                 [&](const std::vector<std::string>& values) { texts.push_back(wanted.take(values)); });
    return texts;
  }
  LineReader lines(file);
  for (std::string line; lines.next(line);) {
    const std::string place = lines.name() + ", line " + std::to_string(lines.line_number());
    texts.push_back(unlabelled_line(line, !options.pair_fields.empty(), place));
  }
  return texts;
}

std::vector<std::string> frequent_labels(const std::vector<LabelledText>& texts, int64_t most) {
  std::map<std::string, int64_t> counts;
  for (const auto& text : texts) ++counts[text.label];
  std::vector<std::pair<std::string, int64_t>> ranked(counts.begin(), counts.end());
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  if (most > 0 && static_cast<size_t>(most) < ranked.size()) ranked.resize(static_cast<size_t>(most));
  std::vector<std::string> labels;
  for (auto& [label, count] : ranked) labels.push_back(std::move(label));
  std::sort(labels.begin(), labels.end());
  return labels;
}

}  // namespace heed::text
