// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace heed::decoding {

/// Ends a text at the first of several stop sequences, however the text is divided into tokens. It is fed the
/// text of each token and returns what can be shown: it holds back a possible start of a stop sequence and
/// incomplete UTF-8 characters.
///
///     StopSequences stop({"\n\n", "User:"});
///     while (!stop.stopped()) show(stop.feed(text_of(next_token())));
///
/// The text stops at the first byte that completes a sequence; if it completes several, at the longest. The
/// result does not depend on how the text is divided. Takes O(sequences) per byte.
class StopSequences {
 public:
  /// Throws c10::Error for an empty sequence. Without sequences the text never stops.
  explicit StopSequences(std::vector<std::string> sequences);

  /// Adds text. Returns the text that is now safe to show; empty once stopped. Drops a character that the
  /// stop cuts.
  std::string feed(std::string_view text);
  /// Ends the text. Returns what was held back, except an incomplete character.
  std::string finish();

  bool stopped() const { return stopped_by_ >= 0; }
  int64_t stopped_by() const { return stopped_by_; }  ///< index of the sequence that stopped the text, or -1

 private:
  /// A sequence and the length of its prefix at the end of the text (Knuth, Morris and Pratt 1977).
  struct Matcher {
    std::string sequence;
    std::vector<size_t> borders;  // for each prefix: its longest proper prefix that is also its suffix
    size_t matched = 0;

    explicit Matcher(std::string text);
    void add(char byte);
    bool complete() const { return matched == sequence.size(); }
  };

  void add(char byte);
  std::string take(size_t bytes);

  std::vector<Matcher> matchers_;
  std::string held_;  // end of the text that is held back
  int64_t stopped_by_ = -1;
};

}  // namespace heed::decoding
