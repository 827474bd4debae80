// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/image/image_grids.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "heed/imaging/resample.h"
#include "heed/rendering/image_grid.h"
#include "heed/tasks/options.h"

namespace heed::tasks {
namespace {

constexpr size_t kMostColumns = 12, kPairsInRow = 4, kMostPairs = 32;

/// The cells and titles of a picture.
struct Grid {
  std::vector<rendering::GridRow> rows;
  rendering::ImageGridOptions options;

  /// Adds a cell, in a new row after every `columns`.
  void add(rendering::GridCell cell, size_t columns) {
    if (rows.empty() || rows.back().size() == columns) rows.emplace_back();
    rows.back().push_back(std::move(cell));
  }
};

size_t square_side(size_t count) {
  return std::clamp<size_t>(static_cast<size_t>(std::ceil(std::sqrt(count))), 1, kMostColumns);
}

/// One temperature without inputs: a column for each class, or a square.
Grid lay_out_samples(const TemperatureImages& drawn, const std::vector<ImageSubject>& subjects) {
  Grid grid;
  const size_t count = drawn.images.size(), classes = subjects.size();
  const bool by_class = classes > 1 && classes <= kMostColumns && count >= classes &&
                        drawn.images.front().sample % std::ssize(subjects) == 0;
  for (const auto& image : drawn.images) {
    const auto& name = subject_of(subjects, image.sample).class_name;
    grid.add({image.image, by_class ? "" : name}, by_class ? classes : square_side(count));
  }
  for (size_t c = 0; by_class && c < classes; ++c)
    grid.options.column_titles.push_back(subjects[c].class_name);
  return grid;
}

/// Several temperatures without inputs: a row each.
Grid lay_out_temperatures(const std::vector<TemperatureImages>& drawn,
                          const std::vector<ImageSubject>& subjects) {
  Grid grid;
  for (const auto& each : drawn) {
    grid.options.row_titles.push_back(short_number(each.temperature));
    auto& row = grid.rows.emplace_back();
    for (const auto& image : each.images)
      row.push_back({image.image, subject_of(subjects, image.sample).class_name});
  }
  return grid;
}

void add_sample_titles(const std::vector<TemperatureImages>& drawn, size_t subjects,
                       std::vector<std::string>& titles) {
  for (const auto& each : drawn) {
    const size_t count = each.images.size() / subjects;
    for (size_t i = 0; i < count; ++i) {
      const int64_t sample = each.images[i * subjects].sample / static_cast<int64_t>(subjects);
      const std::string number = count > 1 ? " " + std::to_string(sample) : "";
      titles.push_back(drawn.size() == 1
                           ? "sample" + number
                           : "at " + short_number(each.temperature) + (count > 1 ? "," + number : ""));
    }
  }
}

std::vector<std::string> input_titles(const std::vector<TemperatureImages>& drawn,
                                      const std::vector<ImageSubject>& subjects) {
  const bool completes = subjects.front().known.has_value();
  std::vector<std::string> titles{completes ? "kept" : "input"};
  if (!completes) titles.emplace_back("bicubic");
  add_sample_titles(drawn, subjects.size(), titles);
  const bool originals = std::any_of(subjects.begin(), subjects.end(),
                                     [](const auto& subject) { return subject.input->original.has_value(); });
  if (originals) titles.emplace_back("original");
  return titles;
}

/// What an input gives, before its samples.
rendering::GridRow given_cells(const ImageSubject& subject, const image::Image& sample) {
  if (subject.known) return {{only_kept(*subject.known), subject.class_name}};
  const auto& source = *subject.input->source;
  return {{source, subject.class_name}, {imaging::upscale_bicubic(source, sample.height, sample.width), ""}};
}

/// Inputs: a row each.
Grid lay_out_inputs(const std::vector<TemperatureImages>& drawn, const std::vector<ImageSubject>& subjects) {
  Grid grid;
  grid.options.column_titles = input_titles(drawn, subjects);
  for (size_t i = 0; i < subjects.size(); ++i) {
    auto row = given_cells(subjects[i], drawn.front().images.front().image);
    for (const auto& each : drawn) {
      for (size_t k = i; k < each.images.size(); k += subjects.size())
        row.push_back({each.images[k].image, ""});
    }
    if (subjects[i].input->original) row.push_back({*subjects[i].input->original, ""});
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

/// Places of the samples that are nearest to training images, the nearest first.
std::vector<size_t> nearest_first(const MemorisationCheck& check) {
  std::vector<size_t> order(check.samples.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return check.samples[a].distance < check.samples[b].distance; });
  order.resize(std::min(order.size(), kMostPairs));
  return order;
}

std::string neighbours_title(const MemorisationCheck& check) {
  if (check.valid_images == 0) return "Nearest training images";
  return "Nearest training images by distance; of held-out ones: median " +
         fixed_number(check.valid_median, 1) + ", 5 % below " + fixed_number(check.valid_low, 1);
}

}  // namespace

void draw_samples(const std::vector<TemperatureImages>& drawn, const std::vector<ImageSubject>& subjects,
                  const std::string& title, const std::filesystem::path& picture) {
  Grid grid = subjects.front().input ? lay_out_inputs(drawn, subjects)
              : drawn.size() > 1     ? lay_out_temperatures(drawn, subjects)
                                     : lay_out_samples(drawn.front(), subjects);
  grid.options.title = title;
  rendering::draw_image_grid(grid.rows, grid.options, picture);
}

void draw_neighbours(const std::vector<image::Image>& samples, const MemorisationCheck& check,
                     const std::filesystem::path& picture) {
  Grid grid;
  grid.options.group = 2;
  grid.options.title = neighbours_title(check);
  for (const size_t i : nearest_first(check)) {
    const auto& neighbour = check.samples[i];
    grid.add({samples[i], ""}, 2 * kPairsInRow);
    grid.add(
        {neighbour.image, fixed_number(neighbour.distance, 1) + (neighbour.mirrored ? ", mirrored" : "")},
        2 * kPairsInRow);
  }
  for (size_t i = 0; i < std::min(check.samples.size(), kPairsInRow); ++i) {
    grid.options.column_titles.emplace_back("sample");
    grid.options.column_titles.emplace_back("in training");
  }
  rendering::draw_image_grid(grid.rows, grid.options, picture);
}

}  // namespace heed::tasks
