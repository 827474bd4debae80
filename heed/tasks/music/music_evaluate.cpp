// SPDX-License-Identifier: Apache-2.0
#include "heed/core/error.h"
#include "heed/core/progress.h"
#include "heed/tasks/music/music_actions.h"
#include "heed/tasks/music/music_evaluation.h"
#include "heed/tasks/music/music_model.h"
#include "heed/tasks/options.h"

namespace heed::tasks {
namespace {

struct EvaluateMusicOptions {
  Paths data;
  std::string split = "valid";
  MusicEvaluationOptions likelihood;
  MotifOptions motif;
  bool by_position = false, motifs = false;
};

Fields fields(EvaluateMusicOptions& options) {
  auto& likelihood = options.likelihood;
  auto& windows = likelihood.windows;
  auto& motif = options.motif;
  const Fields data{required(data_field(options.data)), split_field(options.split),
                    batch_size_field(windows.batch, "windows in one pass")};
  const Fields loss{
      {"context", &windows.context, "tokens the model sees at once, in sliding windows; 0: whole pieces",
       at_least(0)},
      default_text({"stride", &windows.stride, "tokens from one window to the next", at_least(0)},
                   "half the context"),
      {"restart_positions", &windows.restart_positions, "count positions from 0 in each window"},
      {"pieces", &likelihood.max_pieces, "only the first pieces; 0: all", at_least(0)},
      {"max_tokens", &likelihood.max_tokens, "only the first tokens of each piece; 0: all", at_least(0)},
      {"by_position", &options.by_position, "also give the loss in buckets of position"},
      {"bucket", &likelihood.bucket, "tokens in such a bucket", at_least(1)}};
  const Fields motifs{
      {"motifs", &options.motifs, "instead: how many 4-note patterns of a primer return in its continuation"},
      needs({"motif_pieces", &motif.pieces, "pieces to continue", at_least(1)}, {"motifs"}),
      needs({"primer_events", &motif.primer_tokens, "tokens of each primer", at_least(1)}, {"motifs"}),
      needs({"continuation_events", &motif.continuation_tokens, "tokens to compose", at_least(1)},
            {"motifs"}),
      needs({"seed", &motif.seed, "seed of the continuations"}, {"motifs"}),
      needs({"temperature", &motif.sampling.temperature, "temperature of the continuations", at_least(0)},
            {"motifs"})};
  return data + under("Likelihood", loss) + under("Motifs", motifs);
}

void check(const EvaluateMusicOptions& options, const std::vector<std::string>& /*given*/) {
  const auto& windows = options.likelihood.windows;
  if (windows.context > 0 && windows.stride > windows.context)
    throw Error(ErrorKind::kUsage, "must not be more than the context: tokens would be left out",
                FieldName{"stride"});
}

Json position_rows(const evaluation::LossByPosition& positions) {
  auto rows = Json::array();
  for (const auto& bucket : positions.buckets()) {
    rows.push_back({{"begin", bucket.begin},
                    {"end", bucket.end},
                    {"nll", bucket.total.mean()},
                    {"tokens", bucket.total.tokens}});
  }
  return rows;
}

Json motif_row(const evaluation::MeanWithError& value) {
  Json row = mean_json(value);
  row["pieces"] = value.count;
  return row;
}

Answer motif_answer(const MusicModel& model, EvaluateMusicOptions& options, const music::Corpus& corpus) {
  Progress progress("motifs", options.motif.pieces * options.motif.continuation_tokens);
  options.motif.progress = [&](int64_t done, int64_t) { progress.update(done, "tokens"); };
  const auto motifs = evaluate_motifs(model.model(), corpus, options.split, options.motif);
  progress.finish();
  return {{{"model", model.trained.folder.string()},
           {"split", options.split},
           {"motif_share_generated", motif_row(motifs.generated)},
           {"motif_share_real", motif_row(motifs.real)},
           {"motif_distance", motif_row(motifs.distance)}}};
}

Answer evaluate(const MusicModel& model, EvaluateMusicOptions& options, const Call& /*call*/) {
  const auto corpus = model.read_corpus(options.data);
  if (options.motifs) return motif_answer(model, options, corpus);
  Progress progress("evaluate", static_cast<int64_t>(corpus.split(options.split).size()));
  options.likelihood.progress = [&](int64_t done, int64_t /*pieces*/, double nll) {
    progress.update(done, "pieces  nll " + fixed_number(nll, 4));
  };
  const auto result = evaluate_music(model.model(), corpus, options.split, options.likelihood);
  progress.finish("pieces");
  Json json{{"nll", result.nll()},
            {"unit", corpus.encoding->unit()},
            {"units", result.units},
            {"tokens", result.tokens},
            {"pieces", result.pieces},
            {"total_nats", result.total_nats},
            {"context", options.likelihood.windows.context},
            {"copy_baseline_accuracy", result.copy_share},
            {"split", options.split},
            {"model", model.trained.folder.string()}};
  if (options.by_position) json["by_position"] = position_rows(result.by_position);
  return {json};
}

}  // namespace

Action evaluate_music_action() {
  return model_action(
      "evaluate", "Negative log-likelihood of a split, in nats a token (chorales) or an event (performances)",
      evaluate);
}

}  // namespace heed::tasks
