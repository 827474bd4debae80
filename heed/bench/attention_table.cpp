// SPDX-License-Identifier: Apache-2.0
#include "heed/bench/attention_table.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <regex>

#include <ATen/ATen.h>

#include "heed/bench/child_memory.h"
#include "heed/core/error.h"

namespace heed::bench {
namespace {

/// Time limits of an implementation's repeats, and of the machine's own measurements before and after.
constexpr double kRivalSeconds = 2, kMachineSeconds = 1;

/// A problem with the rows that were requested.
struct Entry {
  Contest contest;
  std::vector<AttentionRow> rows;  ///< one per implementation
  std::vector<bool> chosen;
};

std::vector<Contest> every_contest(const AttentionTableOptions& options) {
  auto contests =
      dense_contests(options.dense.value_or(options.quick ? kTinyDense : DenseShape{}), options.quick);
  for (const auto& more :
       {window_contests(options.quick), local_contests(options.quick), edge_contests(options.quick)})
    contests.insert(contests.end(), more.begin(), more.end());
  return contests;
}

AttentionRow row_of(const Contest& contest, const Rival& rival) {
  AttentionRow row;
  row.problem = contest.problem;
  row.shape = contest.shape;
  row.dtype = contest.dtype == at::kBFloat16 ? "bfloat16" : "float32";
  row.method = rival.name;
  return row;
}

std::regex pattern_of(const std::string& rows) {
  try {
    return std::regex(rows);
  } catch (const std::regex_error&) {
    throw Error(ErrorKind::kUsage, "'" + rows + "' is not a regular expression", FieldName{"rows"});
  }
}

std::vector<Entry> chosen_entries(const AttentionTableOptions& options) {
  const auto pattern = pattern_of(options.rows);
  std::vector<Entry> entries;
  std::string labels;
  for (const auto& contest : every_contest(options)) {
    Entry entry{contest, {}, {}};
    for (const auto& rival : contest.make_tiny()) {
      entry.rows.push_back(row_of(contest, rival));
      entry.chosen.push_back(rival.timed && std::regex_search(label(entry.rows.back()), pattern));
      if (rival.timed) labels += "\n  " + label(entry.rows.back());
    }
    if (std::find(entry.chosen.begin(), entry.chosen.end(), true) == entry.chosen.end()) continue;
    entry.chosen[0] = true;
    entries.push_back(std::move(entry));
  }
  if (entries.empty()) {
    throw Error(ErrorKind::kUsage, "no row matches '" + options.rows + "'; the rows are:" + labels,
                FieldName{"rows"});
  }
  return entries;
}

/// Runs a tiny problem first: memory that libraries allocate and keep at their first call does not belong to
/// the work.
double memory_of(const Contest& contest, size_t rival) {
  std::vector<Rival> rivals;
  Tensors results;
  const auto prepare = [&] {
    forward_backward(contest.make_tiny()[rival]);
    rivals = contest.make();
  };
  return peak_extra_memory(prepare, [&] { results = forward_backward(rivals[rival]); });
}

/// Returns the indices of the implementations to run: all that compute the same as a chosen one, for
/// comparison.
std::vector<size_t> running(const Entry& entry, const std::vector<Rival>& rivals) {
  std::vector<size_t> indices;
  for (size_t i = 0; i < rivals.size(); ++i) {
    bool runs = false;
    for (size_t j = 0; j < rivals.size(); ++j)
      runs |= entry.chosen[j] && rivals[i].answer == rivals[j].answer;
    if (runs) indices.push_back(i);
  }
  return indices;
}

/// Times only the chosen rows.
void time_rows(Entry& entry, const AttentionTableOptions& options, double peak_gflops) {
  const auto made = entry.contest.make();
  const auto indices = running(entry, made);
  std::vector<Rival> rivals;
  for (const size_t i : indices) {
    rivals.push_back(made[i]);
    rivals.back().timed = entry.chosen[i];
  }
  const int64_t repeats = options.repeats > 0 ? options.repeats : (options.quick ? 3 : 0);
  const auto scores = run_contest(entry.contest, rivals, repeats, kRivalSeconds);
  for (size_t k = 0; k < rivals.size(); ++k) {
    AttentionRow& row = entry.rows[indices[k]];
    row.difference = scores[k].difference;
    row.forward = scores[k].forward;
    row.forward_backward = scores[k].forward_backward;
    const Operations& operations = rivals[k].operations;
    row.gflops = (operations.forward + operations.backward) / row.forward_backward.median / 1e6;
    row.share_of_peak = row.gflops / peak_gflops;
    row.times_heed = row.forward_backward.median / scores[0].forward_backward.median;
  }
}

/// Sets the exponent of time from each row and its counterpart in the next smaller problem of the series.
void add_growth(std::vector<Entry>& entries) {
  struct Point {
    int64_t size;
    AttentionRow* row;
  };
  std::map<std::string, std::vector<Point>> by_series;
  for (auto& entry : entries) {
    for (size_t i = 0; i < entry.rows.size() && !entry.contest.series.empty(); ++i) {
      if (entry.chosen[i])
        by_series[entry.contest.series + ": " + entry.rows[i].method].push_back(
            {entry.contest.size, &entry.rows[i]});
    }
  }
  for (auto& [name, points] : by_series) {
    std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) { return a.size < b.size; });
    for (size_t i = 1; i < points.size(); ++i) {
      const double times =
          points[i].row->forward_backward.median / points[i - 1].row->forward_backward.median;
      const double sizes = static_cast<double>(points[i].size) / static_cast<double>(points[i - 1].size);
      points[i].row->growth = std::log(times) / std::log(sizes);
    }
  }
}

}  // namespace

std::string label(const AttentionRow& row) {
  return row.problem + ", " + row.shape + ", " + row.dtype + ": " + row.method;
}

AttentionTable attention_table(const AttentionTableOptions& options) {
  auto entries = chosen_entries(options);
  const auto total = static_cast<int64_t>(2 * entries.size());
  const auto tell = [&](int64_t done, const Entry& entry, const char* what) {
    if (options.progress) options.progress(done, total, entry.rows[0].problem + ", " + what);
  };
  int64_t done = 0;
  for (auto& entry : entries) {
    tell(done++, entry, "memory");
    for (size_t i = 0; i < entry.rows.size(); ++i) {
      if (entry.chosen[i]) entry.rows[i].memory_bytes = memory_of(entry.contest, i);
    }
  }
  AttentionTable table{describe_machine(), {}};
  const double machine_seconds = options.quick ? kMachineSeconds / 10 : kMachineSeconds;
  measure_machine(table.machine, machine_seconds);
  for (auto& entry : entries) {
    tell(done++, entry, "time");
    time_rows(entry, options, table.machine.peak_gflops);
  }
  add_growth(entries);
  const double first_peak = table.machine.peak_gflops;
  measure_machine(table.machine, machine_seconds);
  for (const auto& entry : entries) {
    for (size_t i = 0; i < entry.rows.size(); ++i) {
      if (!entry.chosen[i]) continue;
      table.rows.push_back(entry.rows[i]);
      table.rows.back().share_of_peak *= first_peak / table.machine.peak_gflops;
    }
  }
  return table;
}

}  // namespace heed::bench
