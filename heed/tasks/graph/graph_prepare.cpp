// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/data/graph/graph_files.h"
#include "heed/data/graph/prepared_graphs.h"
#include "heed/data/image/image_folder.h"
#include "heed/data/sphere/projected_images.h"
#include "heed/data/sphere/signal_writer.h"
#include "heed/tasks/graph/graph_actions.h"
#include "heed/tasks/options.h"

namespace heed::tasks {
namespace {

struct PrepareGraphOptions {
  Paths data;
  std::filesystem::path output;
  std::string geometry = "none";
  sphere::ProjectionOptions projection;
  graph::GraphReadOptions reading;
};

Fields fields(PrepareGraphOptions& options) {
  return Fields{required({"data", &options.data, "graphs: files of any format, or folders"}),
                required({"output", &options.output, "file to write (.safetensors)"}),
                {"geometry", &options.geometry,
                 "none; sphere: the data are images (folder, archive or idx files), which are projected onto "
                 "a sphere",
                 one_of({"none", "sphere"})}} +
         under("Sphere", sphere::fields(options.projection)) +
         under("Columns", graph::fields(options.reading));
}

void check(const PrepareGraphOptions& options, const std::vector<std::string>& given) {
  if (options.output.extension() != ".safetensors")
    throw Error(ErrorKind::kUsage, "must end with .safetensors, got " + options.output.string(),
                FieldName{"output"});
  check_writable(options.output);
  const std::vector<std::string> of_sphere{"points", "rotate", "sampling", "seed"};
  for (const auto& name : given)
    if (options.geometry == "none" && std::count(of_sphere.begin(), of_sphere.end(), name) > 0)
      throw Error(ErrorKind::kUsage, "is for images on a sphere: set geometry to sphere, or leave it out",
                  FieldName{name});
}

Json names_of(const std::vector<graph::Categories>& columns) {
  Json names = Json::array();
  for (const auto& column : columns) names.push_back(column.name);
  return names;
}

/// Numbers of rows by split; nothing where there are no splits.
Json split_counts(const graph::GraphSet& set) {
  Json counts = Json::object();
  static constexpr const char* kNames[] = {"none", "train", "valid", "test"};
  for (const graph::Split split : set.split) {
    Json& count = counts[kNames[static_cast<size_t>(split)]];
    count = count.is_null() ? 1 : count.get<int64_t>() + 1;
  }
  return counts;
}

Answer prepare_sphere(const PrepareGraphOptions& options) {
  const auto signals = sphere::project_images(image::read_image_corpus(options.data), options.projection);
  sphere::write_signals(options.output, signals);
  return {{{"output", options.output.string()},
           {"graphs", signals.samples},
           {"nodes", signals.samples * signals.point_count()},
           {"edges", 0},
           {"features", signals.channels},
           {"coordinates", true},
           {"classes", signals.targets.classes.values}}};
}

Answer prepare(PrepareGraphOptions& options, const Call& /*call*/) {
  if (options.geometry == "sphere") return prepare_sphere(options);
  const graph::GraphSet set = graph::read_graphs(options.data, options.reading);
  graph::write_prepared_graphs(options.output, set);
  const auto& targets = set.targets;
  Json result{{"output", options.output.string()},
              {"graphs", set.graphs()},
              {"nodes", set.nodes()},
              {"edges", set.edges()},
              {"features", set.node_features.width},
              {"categories", names_of(set.node_categories)},
              {"coordinates", !set.coordinates.empty()}};
  if (targets.has_classes()) result["classes"] = targets.classes.values;
  if (!targets.names.empty()) result["targets"] = targets.names;
  if (set.split_level != graph::Level::kNone) result["splits"] = split_counts(set);
  return {result};
}

}  // namespace

Action prepare_graph_action() {
  return plain_action<PrepareGraphOptions>(
      "prepare", "Read graphs of any format once and write them as one file, so that training starts at once",
      prepare);
}

}  // namespace heed::tasks
