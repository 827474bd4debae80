// SPDX-License-Identifier: Apache-2.0
#include "heed/core/files.h"
#include "heed/core/log.h"
#include "heed/data/music/midi_reader.h"
#include "heed/rendering/plot.h"
#include "heed/tasks/music/music_actions.h"
#include "heed/tasks/music/music_evaluation.h"
#include "heed/tasks/music/music_inspection.h"
#include "heed/tasks/music/music_model.h"
#include "heed/tasks/options.h"

namespace heed::tasks {
namespace fs = std::filesystem;
namespace {

struct InspectAttentionOptions {
  fs::path input, output;
  MusicAttentionOptions drawing;
};

Fields fields(InspectAttentionOptions& options) {
  auto& drawing = options.drawing;
  return {
      required({"input", &options.input, "MIDI file"}),
      required({"output", &options.output, "picture to write (.png)"}),
      {"layer", &drawing.layer, "layer, from 0", at_least(0)},
      {"heads", &drawing.heads, "heads, such as 0,3", at_least(0)},
      default_text({"title", &drawing.title, "title of the picture"}, "model and layer"),
      {"begin", &drawing.begin_seconds, "first second to draw", at_least(0)},
      default_text({"end", &drawing.end_seconds, "last second to draw", at_least(0)}, "the end"),
      default_text({"at", &drawing.query_seconds, "show where the notes struck last before this second look"},
                   "the last notes"),
      {"queries", &drawing.queries, "how many notes look back", at_least(1)},
      {"top", &drawing.top, "heaviest keys of each", at_least(1)},
      {"map", &drawing.map, "draw a heat map of queries and keys instead of arcs"}};
}

void check(const InspectAttentionOptions& options, const std::vector<std::string>& /*given*/) {
  check_writable(options.output);
}

Answer attention(const MusicModel& model, InspectAttentionOptions& options, const Call& /*call*/) {
  auto& drawing = options.drawing;
  if (drawing.title.empty())
    drawing.title = model_title(model.trained.folder) + ", layer " + std::to_string(drawing.layer);
  draw_music_attention(model.model(), *model.encoding, music::read_midi_file(options.input), drawing,
                       options.output);
  return {{{"picture", options.output.string()}}};
}

struct InspectPositionsOptions {
  Paths data;
  fs::path output;
  std::string split = "valid", title = "Loss against position";
  std::vector<std::string> names;
  MusicEvaluationOptions likelihood;
  std::optional<int64_t> bucket;
};

Fields fields(InspectPositionsOptions& options) {
  auto& likelihood = options.likelihood;
  return {required(data_field(options.data)),
          required({"output", &options.output, "picture to write (.png)"}),
          default_text({"name", &options.names, "names in the legend, one for each model"}, "the folders'"),
          split_field(options.split),
          {"max_tokens", &likelihood.max_tokens,
           "first tokens of each piece, 0: all; twice the training length shows most", at_least(0)},
          {"pieces", &likelihood.max_pieces, "only the first pieces; 0: all", at_least(0)},
          default_text({"bucket", &options.bucket, "tokens averaged in a point", at_least(1)},
                       "a round number for about 50 points"),
          {"title", &options.title, "title of the picture"}};
}

void check(const InspectPositionsOptions& options, const std::vector<std::string>& /*given*/) {
  check_writable(options.output);
}

rendering::PlotSeries position_series(const MusicModel& model, const InspectPositionsOptions& options,
                                      std::string name) {
  const auto corpus = model.read_corpus(options.data);
  MusicEvaluationOptions likelihood = options.likelihood;
  const int64_t longest = longest_scored(corpus, options.split, likelihood);
  likelihood.bucket = options.bucket.value_or(readable_bucket(longest));
  const auto result = evaluate_music(model.model(), corpus, options.split, likelihood);
  rendering::PlotSeries series;
  series.name = std::move(name);
  const auto& buckets = result.by_position.buckets();
  for (const auto& bucket : buckets) {
    // Where few pieces are as long, the curve would show those pieces and not the position.
    if (4 * bucket.total.tokens < buckets.front().total.tokens) break;
    series.x.push_back(static_cast<double>(bucket.begin + std::min(bucket.end, longest)) / 2);
    series.y.push_back(bucket.total.mean());
  }
  inform(series.name + ": nll " + std::to_string(result.nll()) + ", " + std::to_string(likelihood.bucket) +
         " tokens a point");
  return series;
}

Answer positions(std::span<const std::shared_ptr<const TaskModel>> models, InspectPositionsOptions& options,
                 const Call& /*call*/) {
  std::vector<rendering::PlotSeries> series;
  double training_length = 0;
  for (size_t i = 0; i < models.size(); ++i) {
    const auto& model = dynamic_cast<const MusicModel&>(*models[i]);
    const std::string name = i < options.names.size() ? options.names[i] : model_title(model.trained.folder);
    series.push_back(position_series(model, options, name));
    training_length = model.trained.config["data"]["crop"].value_or(0.0);
  }
  rendering::PlotOptions plot;
  plot.title = options.title;
  plot.x_title = "position in the piece (tokens)";
  plot.y_title = "nats a token";
  if (training_length > 0) plot.markers.push_back({training_length, "training length"});
  rendering::draw_plot(series, plot, options.output);
  return {{{"picture", options.output.string()}}};
}

}  // namespace

Action inspect_music_attention_action() {
  auto action = model_action("inspect attention",
                             "Draw what chosen heads attend to: arcs over the piano roll of a piece, or maps",
                             attention);
  action.decodes = false;
  return action;
}

Action inspect_music_positions_action() {
  return models_action("inspect positions",
                       "Draw the loss of several models against position, beyond their training length too",
                       Models::kSeveral, positions);
}

}  // namespace heed::tasks
