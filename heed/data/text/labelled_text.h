// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "heed/core/field.h"

namespace heed::text {

/// A text, or a pair of texts, and its class.
struct LabelledText {
  std::string text, pair;  ///< pair: the second text; empty where there are no pairs
  std::string label;
};

struct LabelledTextOptions {
  std::string text_fields = "text";   ///< of a table; several are joined by line ends
  std::string pair_fields;            ///< of the second text of a pair
  std::string label_field = "label";  ///< empty: labels are not wanted
  double valid_share = 0.1;           ///< of the texts to validate on if no file is for that
  std::filesystem::path valid_file;   ///< labelled texts to validate on
};
Fields fields(LabelledTextOptions& options);

/// Labelled texts by split: train, valid and test.
struct LabelledCorpus {
  std::map<std::string, std::vector<LabelledText>> splits;
  int64_t without_label = 0, without_text = 0;  ///< rows left out; a pair needs both texts
};

/// Reads tables (see records.h) and folders of them, or folders with a folder of text files for each class.
/// Names of files and folders give the split (see split_in_path()). Where nothing is named for validation,
/// `valid_share` of the training part is, by a hash of the text. Throws Error(kData) when there is nothing to
/// read, and with file and line for malformed rows.
LabelledCorpus read_labelled_texts(const std::vector<std::filesystem::path>& data,
                                   const LabelledTextOptions& options);

/// The texts of a table without their labels, in order: what a model shall label. Plain files have a text, or
/// a pair with a tab between, on each line.
std::vector<LabelledText> read_unlabelled_texts(const std::filesystem::path& file,
                                                const LabelledTextOptions& options);
/// One such line. Throws Error(kData) for a line without a tab where `pairs` are expected.
LabelledText unlabelled_line(const std::string& line, bool pairs, const std::string& place);

/// The `most` most frequent labels (0: all), sorted by name. Ties go to the first by name.
std::vector<std::string> frequent_labels(const std::vector<LabelledText>& texts, int64_t most);

}  // namespace heed::text
