// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "heed/decoding/constraint.h"
#include "heed/decoding/decode.h"
#include "heed/decoding/penalties.h"
#include "heed/decoding/sampling.h"
#include "heed/decoding/top_tokens.h"
#include "heed/nn/sequence_model.h"

namespace heed::decoding {

/// A token that was drawn.
struct DrawnToken {
  int64_t sample = 0, token = 0;
  double log_probability = 0;  ///< ln p by the model, without temperature, filters or rules
  /// The request's number of most likely tokens by the model, best first.
  std::vector<ScoredToken> alternatives = {};
  /// What can be shown of the sample's text now, if the request has `text`. The pieces make Generated::text, but for what is
  /// held back where a sample ends without a token (kInterrupted, kNoToken).
  std::string text = {};
};

/// Returns the bytes that a sample's next token adds to its text: complete UTF-8 or a part of it. Called for each token in
/// order, but for the end token.
using TokenBytes = std::function<std::string(int64_t token)>;
/// Makes the text of a sample by its index, which goes on from the prompt's.
using TextFactory = std::function<TokenBytes(int64_t sample)>;

/// What happens where a text is longer than the model's max_length.
enum class Overflow {
  kStop,  ///< the sample ends; a prompt that is longer is an error
  kShift  ///< the text's first tokens leave the context; see context_begin()
};
/// Reads "stop" or "shift". Throws Error(kUsage) for another name.
Overflow parse_overflow(const std::string& name);

/// Returns the first token of a text that the model sees under Overflow::kShift. With h = max_length - max_length / 2 it
/// is 0 up to max_length tokens, h up to max_length + h, 2 h up to max_length + 2 h and so on: where the context is full,
/// about half of it is dropped and the rest is consumed again, from position 0 on. It depends on the number of tokens
/// alone, so that a text whose writing goes on in another request has the same context.
int64_t context_begin(int64_t tokens, int64_t max_length);

/// Guesses of several tokens, which one pass verifies. They change the time, never a token.
struct SpeculationOptions {
  int64_t guesses = 0;    ///< tokens guessed for each pass; 0: off
  int64_t min_match = 2;  ///< tokens at the end of a text that must occur in it earlier (prompt_lookup.h)
};
std::vector<Field> fields(SpeculationOptions& options);

/// A generation request. A sample's tokens depend only on the weights, its prompt, its index, seed, sampling,
/// rules and max_new_tokens. They do not depend on count, first_sample, batch_size, other prompts, the
/// number of threads, or guesses; in float32 on the CPU not a single token changes.
struct GenerateRequest {
  /// Tokens that begin the samples, including the begin mark: one prompt for all, or one per sample; none
  /// empty.
  std::vector<std::vector<int64_t>> prompts;
  int64_t count = 1;              ///< number of samples
  int64_t first_sample = 0;       ///< index of the first: 3 with count 1 gives the fourth of a larger request
  int64_t batch_size = 8;         ///< samples decoded together
  int64_t max_new_tokens = 1024;  ///< maximum length; less if the model's positions end before
  Overflow overflow = Overflow::kStop;
  std::optional<int64_t>
      end_token;               ///< token that ends a sample where it is drawn; one in the prompt does not
  int64_t min_new_tokens = 0;  ///< tokens of a sample before its end token may be drawn
  uint64_t seed = 0;
  // How a token is drawn. token_rules.h states the order of all of them.
  SamplingOptions sampling;
  PenaltyOptions penalties;
  ConstraintFactory constraint;

  /// Makes the text of a sample by its index. Empty: samples have no text.
  TextFactory text;
  /// A sample ends where its text has one of them (stop_sequences.h), across tokens; needs `text`. The prompt does not
  /// count, and neither does min_new_tokens.
  std::vector<std::string> stop_texts;

  SpeculationOptions speculation;
  /// Guesses in place of the look-up: a smaller model with the same vocabulary (draft_model.h).
  nn::SequenceModel* draft = nullptr;

  int64_t alternatives = 0;   ///< most likely tokens reported beside each token
  bool score_prompt = false;  ///< report ln p of the prompt's tokens

  /// Called after each step with the number of tokens drawn so far by all samples. An exception stops the
  /// work.
  std::function<void(int64_t drawn)> progress;
  /// Called with each drawn token, in order within a sample, by one thread at a time.
  std::function<void(const DrawnToken&)> on_token;
  std::stop_token stop = {};  ///< ends the work within one step; samples then have the tokens drawn so far
};

/// Why a sample has no more tokens.
enum class Ending {
  kInterrupted,  ///< request.stop
  kLength,       ///< max_new_tokens
  kContext,      ///< the model's max_length, with Overflow::kStop
  kEndToken,
  kStopText,
  kNoToken  ///< no_repeat_ngram forbids every token
};

struct Generated {
  int64_t sample = 0;
  std::vector<int64_t> tokens;  ///< tokens after the prompt, including the end token and a stop text's
  std::vector<double> log_probabilities;               ///< one per token, as in DrawnToken
  std::vector<std::vector<ScoredToken>> alternatives;  ///< one list per token, if asked for
  int64_t passes = 0;  ///< passes of the model that drew them; fewer than tokens where guesses were right
  Ending ending = Ending::kInterrupted;

  /// The tokens' text, if the request has `text`: without the end token, a stop text and incomplete characters.
  std::string text;
  std::optional<int64_t> stop_text;  ///< index of the stop text that ended it

  int64_t prompt_dropped = 0;  ///< first tokens of the prompt that did not fit into the model's context
  /// ln p of each token of the prompt in the context but its first, which nothing predicts, and the most likely tokens
  /// there; if asked for.
  std::vector<double> prompt_log_probabilities;
  std::vector<std::vector<ScoredToken>> prompt_alternatives;

  bool ended() const { return ending == Ending::kEndToken; }
};

struct Generation {
  std::vector<Generated> samples;  ///< by index
  int64_t drawn = 0;               ///< number of tokens drawn by all samples
  int64_t passes = 0;              ///< passes that drew them, counted for each sample
  double seconds = 0;              ///< total time, including prompts
  bool stopped = false;            ///< whether request.stop ended the work before all samples were complete
  double tokens_per_second() const { return seconds > 0 ? static_cast<double>(drawn) / seconds : 0; }
  double tokens_per_pass() const {
    return passes > 0 ? static_cast<double>(drawn) / static_cast<double>(passes) : 0;
  }
};

/// Samples from a model whose rows `start` makes: input i is sample first_sample + i. Throws c10::Error for
/// an empty prompt, a token outside the vocabulary, or sizes below 1.
///
/// Overflow::kShift and speculation need states that can drop tokens: those of sequence models.
Generation generate(nn::Decoder& model, const StartState& start, const GenerateRequest& request);
/// Samples from a sequence model.
Generation generate(nn::SequenceModel& model, const GenerateRequest& request);

}  // namespace heed::decoding
