// SPDX-License-Identifier: Apache-2.0
#include "heed/cli/image_pictures.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "heed/imaging/resample.h"
#include "heed/rendering/image_grid.h"

namespace heed::cli {
namespace {

constexpr size_t kMostColumns = 12, kPairsInLine = 4, kMostPairs = 32;

using Rows = std::vector<rendering::GridRow>;

/// Of one temperature and no inputs: a column for each class, or a square.
void lay_out_samples(const TemperatureImages& drawn, const std::vector<ImageSubject>& subjects, Rows& rows,
                     rendering::ImageGridOptions& grid) {
  const size_t count = drawn.images.size(), classes = subjects.size();
  const bool by_class = classes > 1 && classes <= kMostColumns && count >= classes &&
                        drawn.images.front().sample % std::ssize(subjects) == 0;
  const size_t columns =
      by_class ? classes
               : std::clamp<size_t>(static_cast<size_t>(std::ceil(std::sqrt(count))), 1, kMostColumns);
  for (size_t i = 0; i < count; ++i) {
    if (i % columns == 0) rows.emplace_back();
    const auto& subject = subjects[static_cast<size_t>(drawn.images[i].sample) % classes];
    rows.back().push_back({drawn.images[i].image, by_class ? "" : subject.class_name});
  }
  for (size_t c = 0; by_class && c < classes; ++c) grid.column_titles.push_back(subjects[c].class_name);
}

/// Of several temperatures and no inputs: a row each.
void lay_out_temperatures(const std::vector<TemperatureImages>& drawn,
                          const std::vector<ImageSubject>& subjects, Rows& rows,
                          rendering::ImageGridOptions& grid) {
  for (const auto& each : drawn) {
    grid.row_titles.push_back(short_number(each.temperature));
    rows.emplace_back();
    for (const auto& image : each.images) {
      const auto& subject = subjects[static_cast<size_t>(image.sample) % subjects.size()];
      rows.back().push_back({image.image, subject.class_name});
    }
  }
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

/// A row for each input.
void lay_out_inputs(const std::vector<TemperatureImages>& drawn, const std::vector<ImageSubject>& subjects,
                    Rows& rows, rendering::ImageGridOptions& grid) {
  const bool completes = subjects.front().known.has_value();
  const bool originals = std::any_of(subjects.begin(), subjects.end(),
                                     [](const auto& subject) { return subject.input->original.has_value(); });
  grid.column_titles = {completes ? "kept" : "input"};
  if (!completes) grid.column_titles.emplace_back("bicubic");
  add_sample_titles(drawn, subjects.size(), grid.column_titles);
  if (originals) grid.column_titles.emplace_back("original");
  const auto& size = drawn.front().images.front().image;
  for (size_t i = 0; i < subjects.size(); ++i) {
    const auto& subject = subjects[i];
    rendering::GridRow row;
    if (completes) {
      row.push_back({tasks::only_kept(*subject.known), subject.class_name});
    } else {
      row.push_back({*subject.input->source, subject.class_name});
      row.push_back({imaging::upscale_bicubic(*subject.input->source, size.height, size.width), ""});
    }
    for (const auto& each : drawn) {
      for (size_t k = i; k < each.images.size(); k += subjects.size())
        row.push_back({each.images[k].image, ""});
    }
    if (subject.input->original) row.push_back({*subject.input->original, ""});
    rows.push_back(std::move(row));
  }
}

}  // namespace

std::string short_number(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", number);
  return text;
}

void draw_samples(const std::vector<TemperatureImages>& drawn, const std::vector<ImageSubject>& subjects,
                  const std::string& title, const std::filesystem::path& picture) {
  Rows rows;
  rendering::ImageGridOptions grid;
  grid.title = title;
  if (subjects.front().input) {
    lay_out_inputs(drawn, subjects, rows, grid);
  } else if (drawn.size() > 1) {
    lay_out_temperatures(drawn, subjects, rows, grid);
  } else {
    lay_out_samples(drawn.front(), subjects, rows, grid);
  }
  rendering::draw_image_grid(rows, grid, picture);
}

void draw_neighbours(const std::vector<image::Image>& samples, const tasks::MemorisationCheck& check,
                     const std::filesystem::path& picture) {
  std::vector<size_t> order(samples.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return check.samples[a].distance < check.samples[b].distance; });
  order.resize(std::min(order.size(), kMostPairs));
  Rows rows;
  rendering::ImageGridOptions grid;
  grid.group = 2;
  for (size_t i = 0; i < order.size(); ++i) {
    if (i % kPairsInLine == 0) rows.emplace_back();
    const auto& neighbour = check.samples[order[i]];
    char caption[48];
    std::snprintf(caption, sizeof caption, "%.1f%s", neighbour.distance,
                  neighbour.mirrored ? ", mirrored" : "");
    rows.back().push_back({samples[order[i]], ""});
    rows.back().push_back({neighbour.image, caption});
    if (i < kPairsInLine) {
      grid.column_titles.emplace_back("sample");
      grid.column_titles.emplace_back("in training");
    }
  }
  char title[160];
  std::snprintf(title, sizeof title,
                "Nearest training images by distance; of held-out ones: median %.1f, 5 %% below %.1f",
                check.valid_median, check.valid_low);
  grid.title = check.valid_images > 0 ? title : "Nearest training images";
  rendering::draw_image_grid(rows, grid, picture);
}

}  // namespace heed::cli
