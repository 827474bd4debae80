// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/music/music_evaluation.h"

#include <algorithm>
#include <cmath>

#include "heed/core/error.h"
#include "heed/decoding/generate.h"
#include "heed/evaluation/copy_baseline.h"
#include "heed/tasks/music/music_batches.h"
#include "heed/tasks/music/music_grammar.h"

namespace heed::tasks {
namespace {

std::vector<int64_t> widen(std::span<const int32_t> tokens) {
  return {tokens.begin(), tokens.end()};
}

/// Notes of a stretch of a piece, timed from its start.
std::vector<music::Note> notes_of(const music::Encoding& encoding, std::span<const int32_t> body) {
  return encoding.decode(body).notes;
}

double share_distance(const evaluation::MotifRecurrence& a, const evaluation::MotifRecurrence& b) {
  return std::abs(a.share() - b.share());
}

/// The first pieces of a split that are long enough for a primer and its continuation.
std::vector<const music::EncodedPiece*> pieces_for_motifs(const music::Corpus& corpus,
                                                          const std::string& split,
                                                          const MotifOptions& options) {
  const auto period = corpus.encoding->period();
  if (options.primer_tokens % period != 0) {
    throw Error(ErrorKind::kUsage,
                "must be a multiple of " + std::to_string(period) + ", the voices of a step",
                FieldName{"primer_events"});
  }
  const auto needed = static_cast<size_t>(options.primer_tokens + options.continuation_tokens);
  std::vector<const music::EncodedPiece*> pieces;
  for (const auto& piece : corpus.split(split)) {
    if (std::ssize(pieces) < options.pieces && piece.body.size() >= needed) pieces.push_back(&piece);
  }
  if (pieces.empty()) {
    throw Error(ErrorKind::kData, "no piece of split '" + split + "' has " + std::to_string(needed) +
                                      " tokens for a primer and its continuation");
  }
  return pieces;
}

decoding::GenerateRequest motif_request(const music::Corpus& corpus,
                                        const std::vector<const music::EncodedPiece*>& pieces,
                                        const MotifOptions& options) {
  decoding::GenerateRequest request;
  request.count = std::ssize(pieces);
  request.batch_size = options.batch_size;
  request.max_new_tokens = options.continuation_tokens;
  request.seed = options.seed;
  request.sampling = options.sampling;
  request.constraint =
      music_grammar(corpus.encoding, {.length = {.least_seconds = 1e9, .most_seconds = 1e9}, .notes = {}});
  for (const auto* piece : pieces) {
    std::vector<int64_t> prompt{corpus.encoding->begin()};
    prompt.insert(prompt.end(), piece->body.begin(), piece->body.begin() + options.primer_tokens);
    request.prompts.push_back(std::move(prompt));
  }
  const auto total = request.count * options.continuation_tokens;
  if (options.progress)
    request.progress = [&options, total](int64_t drawn) { options.progress(drawn, total); };
  return request;
}

int64_t pieces_scored(const music::Corpus& corpus, const std::string& split,
                      const MusicEvaluationOptions& options) {
  const auto all = std::ssize(corpus.split(split));
  return options.max_pieces > 0 ? std::min<int64_t>(options.max_pieces, all) : all;
}

}  // namespace

int64_t readable_bucket(int64_t longest) {
  constexpr int64_t kMostBuckets = 50;
  for (int64_t power = 1;; power *= 10) {
    for (const int64_t width : {2 * power, 4 * power, 8 * power}) {
      if (width >= 4 && (longest + width - 1) / width <= kMostBuckets) return width;
    }
  }
}

int64_t longest_scored(const music::Corpus& corpus, const std::string& split,
                       const MusicEvaluationOptions& options) {
  int64_t longest = 0;
  const auto& pieces = corpus.split(split);
  for (int64_t p = 0; p < pieces_scored(corpus, split, options); ++p)
    longest = std::max(longest, std::ssize(pieces[static_cast<size_t>(p)].body) + 1);
  return options.max_tokens > 0 ? std::min(longest, options.max_tokens) : longest;
}

MusicEvaluation evaluate_music(nn::SequenceModel& model, const music::Corpus& corpus,
                               const std::string& split, const MusicEvaluationOptions& options) {
  MusicEvaluation result;
  result.by_position = evaluation::LossByPosition(options.bucket);
  evaluation::CopyCount copies;
  evaluation::WindowOptions windows = options.windows;
  windows.period = corpus.encoding->period();
  const auto& all = corpus.split(split);
  const int64_t pieces = pieces_scored(corpus, split, options);
  for (int64_t p = 0; p < pieces; ++p) {
    const auto& body = all[static_cast<size_t>(p)].body;
    std::vector<int64_t> tokens = widen(with_marks(*corpus.encoding, body));
    const bool cut = options.max_tokens > 0 && static_cast<int64_t>(tokens.size()) > options.max_tokens + 1;
    if (cut) tokens.resize(static_cast<size_t>(options.max_tokens) + 1);
    const auto nll = evaluation::token_nll(model, tokens, windows);
    const auto total = evaluation::total_nll(nll);
    result.total_nats += total.nats;
    result.tokens += total.tokens;
    result.units += total.tokens - (cut ? 0 : 1);  // the end mark counts above, not below
    result.by_position.add(nll);
    const size_t scored = std::min(body.size(), tokens.size() - 1);
    copies += evaluation::copy_baseline(widen(std::span(body).first(scored)), corpus.encoding->period());
    ++result.pieces;
    if (options.progress) options.progress(result.pieces, pieces, result.nll());
  }
  result.copy_share = copies.share();
  return result;
}

MotifEvaluation evaluate_motifs(nn::SequenceModel& model, const music::Corpus& corpus,
                                const std::string& split, const MotifOptions& options) {
  const auto pieces = pieces_for_motifs(corpus, split, options);
  const auto generation = decoding::generate(model, motif_request(corpus, pieces, options));
  const auto primer_tokens = static_cast<size_t>(options.primer_tokens);
  const auto continuation_tokens = static_cast<size_t>(options.continuation_tokens);
  const music::Encoding& encoding = *corpus.encoding;
  std::vector<evaluation::MotifRecurrence> generated, real;
  std::vector<double> distances;
  for (size_t i = 0; i < pieces.size(); ++i) {
    const std::span<const int32_t> body(pieces[i]->body);
    const auto primer = notes_of(encoding, body.first(primer_tokens));
    const auto& drawn = generation.samples[i].tokens;
    generated.push_back(
        evaluation::motif_recurrence(primer, notes_of(encoding, music::Tokens(drawn.begin(), drawn.end()))));
    real.push_back(evaluation::motif_recurrence(
        primer, notes_of(encoding, body.subspan(primer_tokens, continuation_tokens))));
    if (real.back().patterns > 0) distances.push_back(share_distance(generated.back(), real.back()));
  }
  return {evaluation::mean_share(generated), evaluation::mean_share(real),
          evaluation::mean_with_error(distances)};
}

}  // namespace heed::tasks
