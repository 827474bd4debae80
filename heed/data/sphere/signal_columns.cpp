// SPDX-License-Identifier: Apache-2.0
#include "heed/data/sphere/signal_columns.h"

#include <algorithm>

#include "heed/core/error.h"
#include "heed/core/names.h"
#include "heed/core/shown_text.h"
#include "heed/data/graph/attribute_roles.h"
#include "heed/data/graph/number_cell.h"

namespace heed::sphere {
namespace {

using Header = std::vector<std::string>;

/// The first column that has one of the names, and is then taken.
std::optional<size_t> take(const Header& header, const std::vector<std::string_view>& names,
                           std::vector<bool>& taken) {
  for (size_t i = 0; i < header.size(); ++i) {
    if (taken[i] || !graph::is_named(header[i], names)) continue;
    taken[i] = true;
    return i;
  }
  return std::nullopt;
}

bool has(const Header& header, const std::vector<std::string_view>& names) {
  return std::any_of(header.begin(), header.end(),
                     [&](const auto& name) { return graph::is_named(name, names); });
}

void check_distinct(Header header, const std::string& place) {
  std::sort(header.begin(), header.end());
  const auto twice = std::adjacent_find(header.begin(), header.end());
  if (twice != header.end())
    throw Error(ErrorKind::kData, "two columns have the name '" + printable(*twice) + "'", place);
}

std::string some_names(Header header) {
  constexpr size_t kShown = 8;
  if (header.size() > kShown) header.resize(kShown);
  return printable(comma_list(header));
}

Point from_degrees(double lon, double lat, const std::string& place) {
  if (std::abs(lat) > 90)
    throw Error(ErrorKind::kData, "latitude must be from -90 to 90 degrees, got " + std::to_string(lat),
                place);
  if (std::abs(lon) > 360)
    throw Error(ErrorKind::kData, "longitude must be from -360 to 360 degrees, got " + std::to_string(lon),
                place);
  return point_at({lon, lat});
}

}  // namespace

double signal_number(const std::string& cell, const std::string& column, const std::string& place) {
  const auto number = graph::finite_number(cell);
  if (number && std::isfinite(static_cast<float>(*number))) return *number;
  throw Error(ErrorKind::kData,
              "column '" + printable(column) + "' must be a finite number, got '" + printable(cell) + "'",
              place);
}

Point SignalColumns::point(const std::vector<std::string>& cells, const std::string& place) const {
  if (lon_lat) {
    const auto [lon, lat] = *lon_lat;
    return from_degrees(signal_number(cells[lon], "lon", place), signal_number(cells[lat], "lat", place),
                        place);
  }
  const Point given{signal_number(cells[xyz[0]], "x", place), signal_number(cells[xyz[1]], "y", place),
                    signal_number(cells[xyz[2]], "z", place)};
  const Point unit = direction(given);
  if (!std::isfinite(unit[0] + unit[1] + unit[2]))
    throw Error(ErrorKind::kData, "x, y and z are 0: a point needs a direction from the centre of the sphere",
                place);
  return unit;
}

bool has_points(const Header& header) {
  return (has(header, {"lon", "longitude"}) && has(header, {"lat", "latitude"})) ||
         (has(header, {"x"}) && has(header, {"y"}) && has(header, {"z"}));
}

SignalColumns signal_columns(const Header& header, const std::string& place) {
  check_distinct(header, place);
  SignalColumns columns;
  columns.width = header.size();
  std::vector<bool> taken(header.size(), false);
  if (has(header, {"lon", "longitude"}) && has(header, {"lat", "latitude"})) {
    const size_t lon = *take(header, {"lon", "longitude"}, taken);
    columns.lon_lat = {lon, *take(header, {"lat", "latitude"}, taken)};
  } else if (has(header, {"x"}) && has(header, {"y"}) && has(header, {"z"})) {
    columns.xyz = {*take(header, {"x"}, taken), *take(header, {"y"}, taken), *take(header, {"z"}, taken)};
  } else {
    throw Error(ErrorKind::kData,
                "is no table of points on the sphere: it needs columns lon and lat (degrees), or x, y and z; "
                "its first "
                "row begins " +
                    some_names(header),
                place);
  }
  columns.sample = take(header, {"sample"}, taken);
  columns.label = take(header, {"label"}, taken);
  columns.split = take(header, {"split"}, taken);
  columns.weight = take(header, {"weight"}, taken);
  for (size_t i = 0; i < header.size(); ++i)
    if (!taken[i]) columns.values.push_back(i);
  if (columns.values.empty())
    throw Error(ErrorKind::kData,
                "has no values: all its columns are coordinates, sample, label, split or weight", place);
  return columns;
}

}  // namespace heed::sphere
