// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/music/music_inspection.h"

#include <algorithm>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>

#include "heed/core/error.h"
#include "heed/rendering/attention_arcs.h"
#include "heed/rendering/attention_map.h"
#include "heed/tasks/music/music_batches.h"

namespace heed::tasks {
namespace {

/// Larger maps are too fine for a picture.
constexpr int64_t kLargestMap = 1024;

void check_heads(const nn::SequenceModel& model, const nn::AttentionTrace& trace,
                 const MusicAttentionOptions& options) {
  for (const int64_t head : options.heads) {
    if (head >= 0 && head < trace.query.size(1)) continue;
    throw Error(ErrorKind::kUsage,
                "the model has heads 0 to " + std::to_string(trace.query.size(1) - 1) + ", got " +
                    std::to_string(head),
                FieldName{"heads"});
  }
}

struct Window {
  int64_t begin = 0, end = 0;  ///< tokens, begin mark included
};

Window window_of(const std::vector<double>& seconds, const MusicAttentionOptions& options) {
  const auto first_at = [&](double time) {
    return std::find_if(seconds.begin(), seconds.end(), [&](double t) { return t >= time; }) -
           seconds.begin();
  };
  const int64_t all = static_cast<int64_t>(seconds.size());
  return {first_at(options.begin_seconds), options.end_seconds > 0 ? first_at(options.end_seconds) : all};
}

/// The last tokens with a pitch before the wanted moment.
std::vector<int64_t> query_tokens(const music::Encoding& encoding, const music::Tokens& tokens,
                                  const std::vector<double>& seconds, const Window& window,
                                  const MusicAttentionOptions& options) {
  std::vector<int64_t> queries;
  for (int64_t i = window.end - 1;
       i >= window.begin && static_cast<int64_t>(queries.size()) < options.queries; --i) {
    const auto at = static_cast<size_t>(i);
    const bool early = options.query_seconds < 0 || seconds[at] <= options.query_seconds;
    if (early && encoding.pitch(tokens[at])) queries.push_back(i);
  }
  std::reverse(queries.begin(), queries.end());
  return queries;
}

/// Arcs from the queries to the keys of the window: those before it are not in the picture.
void draw_arcs(const at::Tensor& weights, const std::vector<int64_t>& queries, const Window& window,
               const music::Encoding& encoding, const music::Tokens& tokens,
               const std::vector<double>& seconds, const MusicAttentionOptions& options,
               const music::Score& score, const std::filesystem::path& picture) {
  std::vector<rendering::ArcPoint> points;
  for (size_t i = 0; i < tokens.size(); ++i) {
    points.push_back({seconds[i], static_cast<double>(encoding.pitch(tokens[i]).value_or(-1))});
  }
  std::vector<rendering::AttentionArc> arcs;
  const auto values = weights.accessor<float, 3>();  // [heads, queries, keys]
  for (int64_t h = 0; h < weights.size(0); ++h) {
    for (int64_t q = 0; q < weights.size(1); ++q) {
      for (int64_t k = window.begin; k < weights.size(2); ++k) {
        arcs.push_back({static_cast<int>(queries[static_cast<size_t>(q)]), static_cast<int>(k),
                        static_cast<int>(options.heads[static_cast<size_t>(h)]), values[h][q][k]});
      }
    }
  }
  rendering::AttentionArcsOptions drawing;
  drawing.begin_seconds = options.begin_seconds;
  drawing.end_seconds = options.end_seconds;
  drawing.top = static_cast<int>(options.top);
  drawing.title = options.title;
  rendering::draw_attention_arcs(score, points, arcs, drawing, picture);
}

void draw_maps(const at::Tensor& weights, const Window& window, const MusicAttentionOptions& options,
               const std::filesystem::path& picture) {
  std::vector<rendering::AttentionMap> maps;
  std::vector<at::Tensor> kept;
  for (int64_t h = 0; h < weights.size(0); ++h) {
    kept.push_back(weights[h].narrow(1, window.begin, window.end - window.begin).contiguous());
    const auto count = static_cast<size_t>(kept.back().numel());
    maps.push_back({"head " + std::to_string(options.heads[static_cast<size_t>(h)]), kept.back().size(0),
                    kept.back().size(1), std::span<const float>(kept.back().data_ptr<float>(), count)});
  }
  rendering::AttentionMapOptions drawing;
  drawing.title = options.title;
  drawing.first_row = drawing.first_key = window.begin;
  rendering::draw_attention_map(maps, drawing, picture);
}

/// A piece in tokens, begin mark included, and the second at which each begins.
struct TimedTokens {
  music::Tokens tokens;
  std::vector<double> seconds;
};

TimedTokens timed_tokens(const music::Encoding& encoding, const music::Tokens& body) {
  TimedTokens piece{{encoding.begin()}, encoding.token_seconds(body)};
  piece.tokens.insert(piece.tokens.end(), body.begin(), body.end());
  piece.seconds.insert(piece.seconds.begin(), 0.0);
  return piece;
}

void check_layer(const nn::SequenceModel& model, int64_t layer) {
  const auto layers = model.attention_layers();
  if (layer >= 0 && layer < layers) return;
  throw Error(
      ErrorKind::kUsage,
      layers == 0 ? "the model has no attention" : "the model has layers 0 to " + std::to_string(layers - 1),
      FieldName{"layer"});
}

void check_map(const Window& window, const MusicAttentionOptions& options) {
  const int64_t tokens = window.end - window.begin;
  if (!options.map || tokens <= kLargestMap) return;
  throw Error(ErrorKind::kUsage,
              "a map of " + std::to_string(tokens) + " tokens is too fine to see (at most " +
                  std::to_string(kLargestMap) + "); draw a shorter stretch (begin, end)",
              FieldName{"map"});
}

std::vector<int64_t> query_rows(const music::Encoding& encoding, const TimedTokens& piece,
                                const Window& window, const MusicAttentionOptions& options) {
  std::vector<int64_t> rows;
  if (options.map) {
    for (int64_t i = window.begin; i < window.end; ++i) rows.push_back(i);
  } else {
    rows = query_tokens(encoding, piece.tokens, piece.seconds, window, options);
  }
  if (rows.empty()) throw Error(ErrorKind::kData, "there is no note in this stretch");
  return rows;
}

}  // namespace

void draw_music_attention(nn::SequenceModel& model, const music::Encoding& encoding,
                          const music::Score& score, const MusicAttentionOptions& options,
                          const std::filesystem::path& picture) {
  const at::NoGradGuard no_gradient;
  check_layer(model, options.layer);
  const music::Tokens body = encoding.encode(score);
  TimedTokens piece = timed_tokens(encoding, body);
  const Window window = window_of(piece.seconds, options);
  check_map(window, options);
  nn::Sequence input;
  input.tokens =
      at::tensor(std::vector<int64_t>(piece.tokens.begin(), piece.tokens.begin() + window.end), at::kLong)
          .unsqueeze(0)
          .to(model.parameters().front().device());
  const nn::AttentionTrace trace = model.trace(input, options.layer);
  check_heads(model, trace, options);
  const auto rows = query_rows(encoding, piece, window, options);
  const at::Tensor weights =
      attention::attention_weights(trace.query, trace.key, trace.spec, options.heads, rows)[0]
          .to(at::kCPU, at::kFloat)
          .contiguous();  // [heads, rows, keys]
  if (options.map) return draw_maps(weights, window, options, picture);
  piece.tokens.resize(static_cast<size_t>(window.end));
  piece.seconds.resize(static_cast<size_t>(window.end));
  draw_arcs(weights, rows, window, encoding, piece.tokens, piece.seconds, options, encoding.decode(body),
            picture);
}

}  // namespace heed::tasks
