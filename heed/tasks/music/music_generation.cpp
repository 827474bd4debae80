// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/music/music_generation.h"

#include <algorithm>
#include <cmath>

#include "heed/core/error.h"
#include "heed/data/music/chorale_grid.h"

namespace heed::tasks {
namespace {

/// Performances rarely have more events a second. The time limit ends pieces; this only bounds the cache.
constexpr double kDensestEventsPerSecond = 60;
constexpr double kChoraleTokensPerSecond = music::Chorale::kVoices / music::Chorale::kStepSeconds;

int64_t token_budget(const music::Encoding& encoding, double seconds) {
  const double rate = encoding.period() > 1 ? kChoraleTokensPerSecond : kDensestEventsPerSecond;
  return std::max<int64_t>(encoding.period() + 1, std::llround(std::max(0.0, seconds) * rate) + 300);
}

double cut_time(const music::Score& score, const MusicPrimer& primer) {
  if (primer.seconds) return *primer.seconds;
  if (score.bar_lines.empty())
    throw Error(ErrorKind::kData, "the primer has no bars; cut it by seconds or events");
  const auto bar = static_cast<size_t>(std::max<int64_t>(0, *primer.bars));
  return bar < score.bar_lines.size() ? score.bar_lines[bar] : score.duration();
}

}  // namespace

music::Tokens cut_primer(const music::Encoding& encoding, const music::Score& score,
                         const MusicPrimer& primer) {
  music::Tokens body = encoding.encode(score);
  if (primer.events)
    body.resize(std::min(body.size(), static_cast<size_t>(std::max<int64_t>(0, *primer.events))));
  if (primer.seconds || primer.bars) {
    const double end = encoding.encoded_seconds(score, cut_time(score, primer));
    const auto seconds = encoding.token_seconds(body);
    const auto past = std::find_if(seconds.begin(), seconds.end(), [&](double t) { return t >= end - 1e-6; });
    body.resize(static_cast<size_t>(past - seconds.begin()));
  }
  body.resize(body.size() / static_cast<size_t>(encoding.period()) * static_cast<size_t>(encoding.period()));
  const bool sounds =
      std::any_of(body.begin(), body.end(), [&](int32_t token) { return encoding.pitch(token).has_value(); });
  if (!sounds) throw Error(ErrorKind::kData, "the opening contains no note; take more of the primer");
  return body;
}

namespace {

decoding::GenerateRequest generate_request(const std::shared_ptr<const music::Encoding>& encoding,
                                           const MusicRequest& request) {
  const auto primer_times = encoding->token_seconds(request.primer);
  const double given_seconds = primer_times.empty() ? 0 : primer_times.back();
  decoding::GenerateRequest generate;
  std::vector<int64_t> prompt{encoding->begin()};
  prompt.insert(prompt.end(), request.primer.begin(), request.primer.end());
  generate.prompts = {prompt};
  generate.count = request.count;
  generate.first_sample = request.first_sample;
  generate.batch_size = request.batch_size;
  generate.max_new_tokens = token_budget(*encoding, request.length.most_seconds - given_seconds);
  generate.end_token = encoding->end();
  generate.seed = request.seed;
  generate.sampling = request.sampling;
  generate.constraint = music_grammar(encoding, request.length);
  generate.progress = request.progress;
  generate.stop = request.stop;
  return generate;
}

ComposedPiece piece_of(const decoding::Generated& sample, const music::Encoding& encoding,
                       const music::Tokens& primer) {
  ComposedPiece piece;
  piece.body = primer;
  for (const int64_t token : sample.tokens) {
    if (token != encoding.end()) piece.body.push_back(static_cast<int32_t>(token));
  }
  piece.score = encoding.decode(piece.body);
  if (!primer.empty()) {
    const auto times = encoding.token_seconds(piece.body);
    piece.primer_seconds =
        primer.size() < times.size() ? times[primer.size()] : encoding.decode(primer).duration();
  }
  for (const double value : sample.log_probabilities) piece.log_probability += value;
  return piece;
}

}  // namespace

Composition compose(nn::SequenceModel& model, std::shared_ptr<const music::Encoding> encoding,
                    const MusicRequest& request) {
  const auto generation = decoding::generate(model, generate_request(encoding, request));
  Composition composition;
  composition.events = generation.drawn;
  composition.seconds = generation.seconds;
  for (const auto& sample : generation.samples)
    composition.pieces.push_back(piece_of(sample, *encoding, request.primer));
  return composition;
}

}  // namespace heed::tasks
