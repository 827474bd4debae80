// SPDX-License-Identifier: Apache-2.0
#include "heed/data/sphere/signal_table.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "heed/core/error.h"
#include "heed/core/shown_text.h"
#include "heed/data/graph/categories.h"
#include "heed/data/graph/graph_set_maker.h"
#include "heed/data/graph/raw_graphs.h"
#include "heed/data/graph/table_rows.h"
#include "heed/data/graph/text_content.h"
#include "heed/data/sphere/signal_columns.h"
#include "heed/data/sphere/signal_maker.h"
#include "heed/data/text/counts.h"

namespace heed::sphere {
namespace {

/// Labels, splits and names of samples follow the rules of graphs without nodes.
graph::GraphReadOptions label_options(const SignalReadOptions& options) {
  graph::GraphReadOptions rules;
  rules.target_kind = options.target_kind;
  rules.limits.graphs = options.limits.samples;
  rules.limits.categories = options.limits.classes;
  return rules;
}

class SignalTableReader {
 public:
  SignalTableReader(std::string_view text, const std::string& file, const SignalReadOptions& options)
      : options_(options),
        rules_(label_options(options)),
        rows_(text, file, options.limits.channels + kOtherColumns),
        samples_(file, rules_.limits) {}

  SignalSet read() {
    read_header();
    while (rows_.next(row_)) use_row();
    if (set_.samples == 0) fail_at(header_line_, "has a header, but no rows");
    check_length();
    use_labels();
    set_weights(set_, std::move(weights_), [&](size_t point, const std::string& message) {
      fail_at(point_lines_[point], "the point " + message);
    });
    set_.values = std::move(values_);
    return std::move(set_);
  }

 private:
  static constexpr size_t kOtherColumns = 7;

  [[noreturn]] void fail(const std::string& message) const { fail_at(row_.line, message); }
  [[noreturn]] void fail_at(size_t line, const std::string& message) const {
    throw Error(ErrorKind::kData, message, rows_.place(line));
  }
  std::string place() const { return rows_.place(row_.line); }
  std::string name_of(int64_t sample) const {
    return "sample '" + printable(samples_.graph_names[static_cast<size_t>(sample)]) + "'";
  }

  void read_header() {
    if (!rows_.next(row_)) throw Error(ErrorKind::kData, "is empty", rows_.file());
    header_line_ = row_.line;
    columns_ = signal_columns(row_.cells, place());
    if (columns_.values.size() > options_.limits.channels)
      fail("more than " + text::grouped(static_cast<int64_t>(options_.limits.channels)) +
           " columns of values");
    for (const size_t column : columns_.values) set_.channel_names.push_back(row_.cells[column]);
    set_.channels = std::ssize(columns_.values);
  }

  void use_row() {
    if (row_.cells.size() != columns_.width) {
      fail("has " + std::to_string(row_.cells.size()) + " columns, the first row has " +
           std::to_string(columns_.width));
    }
    begin_or_continue_sample();
    use_point();
    for (size_t i = 0; i < columns_.values.size(); ++i)
      values_.push_back(
          static_cast<float>(signal_number(row_.cells[columns_.values[i]], set_.channel_names[i], place())));
  }

  std::string sample_name() const {
    if (!columns_.sample) return "";
    const std::string& name = row_.cells[*columns_.sample];
    if (name.empty()) fail("column 'sample' is empty; each row needs the name of its sample");
    return name;
  }

  void begin_or_continue_sample() {
    const std::string name = sample_name();
    if (set_.samples == 0 || name != samples_.graph_names.back()) return begin_sample(name);
    check_same(columns_.label, label_, "label");
    check_same(columns_.split, split_, "split");
  }

  void begin_sample(const std::string& name) {
    check_length();
    const auto [first, is_new] = lines_.emplace(name, row_.line);
    if (!is_new) {
      fail("sample '" + printable(name) + "' began in line " + std::to_string(first->second) +
           "; the rows of a sample must follow each other");
    }
    if (set_.samples == options_.limits.samples)
      fail("more than " + text::grouped(set_.samples) + " samples");
    ++set_.samples;
    position_ = 0;
    samples_.end_graph(row_.line);
    samples_.graph_names.push_back(name);
    begin_label(columns_.label, "label", label_);
    begin_label(columns_.split, "split", split_);
  }

  void begin_label(std::optional<size_t> column, const char* name, std::string& value) {
    if (!column) return;
    value = row_.cells[*column];
    samples_.graphs.put(name, value);
  }

  void check_same(std::optional<size_t> column, const std::string& first, const std::string& name) const {
    if (!column || row_.cells[*column] == first) return;
    fail("column '" + name + "' has '" + printable(row_.cells[*column]) +
         "', but the first row of the sample has '" + printable(first) + "'");
  }

  /// The sample that ends here has all points of the first one.
  void check_length() const {
    if (set_.samples < 2 || position_ == points()) return;
    fail_at(lines_.find(samples_.graph_names.back())->second,
            name_of(set_.samples - 1) + " ends after point " + std::to_string(position_) + ", but " +
                name_of(0) + " has " + text::grouped(static_cast<int64_t>(points())) + " points" + kShared);
  }

  size_t points() const { return point_lines_.size(); }

  void use_point() {
    const std::vector<float> point = packed_points({columns_.point(row_.cells, place())});
    const auto weight = static_cast<float>(
        columns_.weight ? signal_number(row_.cells[*columns_.weight], "weight", place()) : 0);
    if (set_.samples == 1) {
      if (std::ssize(point_lines_) == options_.limits.points)
        fail("more than " + text::grouped(options_.limits.points) + " points");
      set_.points.insert(set_.points.end(), point.begin(), point.end());
      if (columns_.weight) weights_.push_back(weight);
      point_lines_.push_back(row_.line);
    } else if (position_ == points()) {
      fail(name_of(set_.samples - 1) + " has more points than " + name_of(0) + ", which has " +
           text::grouped(static_cast<int64_t>(points())) + kShared);
    } else if (!std::equal(point.begin(), point.end(), &set_.points[3 * position_]) ||
               (columns_.weight && weight != weights_[position_])) {
      fail("the point or its weight is not that of line " + std::to_string(point_lines_[position_]) +
           ", where " + name_of(0) + " has its point " + std::to_string(position_ + 1) + kShared);
    }
    ++position_;
  }

  void use_labels() {
    graph::GraphSet made = make_graph_set(std::move(samples_), rules_);
    set_.targets = std::move(made.targets);
    set_.split = std::move(made.split);
    if (columns_.sample) set_.sample_names = std::move(made.graph_names);
  }

  static constexpr const char* kShared = "; the samples of a table share their points, in one order";

  const SignalReadOptions& options_;
  graph::GraphReadOptions rules_;
  graph::TableRows rows_;
  CsvRow row_;
  size_t header_line_ = 0;
  SignalColumns columns_;
  SignalSet set_;
  SignalFloats values_, weights_;
  std::vector<size_t> point_lines_;  ///< of the first sample
  graph::RawGraphs samples_;
  graph::TextMap<size_t> lines_;  ///< where each sample begins
  std::string label_, split_;     ///< of the sample's first row
  size_t position_ = 0;           ///< the sample's next point
};

}  // namespace

SignalSet parse_signal_table(std::string_view text, const std::string& file,
                             const SignalReadOptions& options) {
  graph::check_text(text, file);
  return SignalTableReader(text, file, options).read();
}

}  // namespace heed::sphere
