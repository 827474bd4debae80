// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/graph/graph_predictor.h"

#include <utility>

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/core/files.h"
#include "heed/data/graph/graph_files.h"
#include "heed/data/graph/graph_schema_json.h"
#include "heed/nn/inference_scope.h"
#include "heed/tasks/model_store.h"
#include "heed/tasks/presets.h"

namespace heed::tasks {
namespace {
namespace fs = std::filesystem;

int64_t values_of(const std::vector<graph::Dictionary>& columns) {
  int64_t count = 0;
  for (const auto& column : columns) count += std::ssize(column.values);
  return count;
}

graph::GraphSchema read_schema(const fs::path& folder) {
  const fs::path file = folder / kSchemaFile;
  if (!fs::exists(file))
    throw Error(ErrorKind::kCheckpoint, "is missing: it names what the model knows", file.string());
  return graph::parse_schema(read_text(file), file.string());
}

/// The widths that the schema gives with one-hot categories: what the model must have been made for.
nn::GraphDomain domain_of(const graph::GraphSchema& schema) {
  nn::GraphDomain domain;
  domain.features = schema.node_features + values_of(schema.node_categories);
  domain.edge_features = schema.edge_features + values_of(schema.edge_categories);
  for (const auto& column : schema.edge_categories) domain.edge_types *= std::ssize(column.values) + 1;
  domain.coordinates = schema.coordinates;
  domain.of_graphs = schema.target_level == graph::Level::kGraph;
  domain.outputs =
      schema.classes.values.empty() ? std::ssize(schema.target_names) : std::ssize(schema.classes.values);
  return domain;
}

}  // namespace

GraphPredictor::GraphPredictor(Trained<torch::nn::Module> any)
    : trained(as<nn::GraphModel>(std::move(any))), schema(read_schema(trained.folder)) {
  const std::string place = trained.folder.string();
  read_fields(config_section(trained.config, "data"), "[data]", fields(data));
  const auto found = domain_of(schema);
  const auto& wanted = trained.model->domain();
  if (found.features != wanted.features || found.outputs != wanted.outputs ||
      found.edge_types != wanted.edge_types)
    throw Error(ErrorKind::kCheckpoint, std::string("the model is of other graphs than ") + kSchemaFile,
                place);
  if (has_classes()) return;
  const auto* scale_table = trained.config["about"]["target_scale"].as_table();
  if (scale_table == nullptr) throw Error(ErrorKind::kCheckpoint, "about.target_scale is missing", place);
  scale = parse_scale(*scale_table, place);
  if (std::ssize(scale.mean) != wanted.outputs)
    throw Error(ErrorKind::kCheckpoint, "about.target_scale is of other targets than the model", place);
}

std::shared_ptr<const graph::GraphSet> GraphPredictor::read(const Paths& paths) const {
  graph::GraphReadOptions reading = data.reading;
  reading.schema = schema;
  return std::make_shared<const graph::GraphSet>(graph::read_graphs(paths, reading));
}

std::shared_ptr<const GraphTensors> GraphPredictor::tensors(
    std::shared_ptr<const graph::GraphSet> set) const {
  return std::make_shared<const GraphTensors>(std::move(set), data.tensors);
}

at::Tensor GraphPredictor::collect_rows(const std::shared_ptr<const graph::GraphSet>& set,
                                        const std::vector<int64_t>& rows, int64_t batch_size,
                                        const std::function<at::Tensor(const GraphBatch&)>& of,
                                        const std::function<void(int64_t)>& progress) const {
  auto& model = *trained.model;
  const nn::InferenceScope inference(model);
  const GraphBatches batches(tensors(set), *set, schema.target_level, rows, batch_size, model.neighbours());
  return collect(batches, nn::device_of(model), of, progress);
}

at::Tensor GraphPredictor::outputs(const std::shared_ptr<const graph::GraphSet>& set,
                                   const std::vector<int64_t>& rows, int64_t batch_size,
                                   const std::function<void(int64_t)>& progress) const {
  return collect_rows(
      set, rows, batch_size, [&](const GraphBatch& batch) { return batch.outputs(*trained.model); },
      progress);
}

at::Tensor GraphPredictor::embeddings(const std::shared_ptr<const graph::GraphSet>& set,
                                      const std::vector<int64_t>& rows, int64_t batch_size) const {
  return collect_rows(
      set, rows, batch_size,
      [&](const GraphBatch& batch) { return batch.chosen(trained.model->embeddings(batch.graphs)); }, {});
}

}  // namespace heed::tasks
