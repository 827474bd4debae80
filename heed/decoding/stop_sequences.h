// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace heed::decoding {

/// Ends a text where one of several stop sequences comes, wherever the borders of tokens fall. Fed the text
/// of each token, it gives back what can be shown at once: neither the possible beginning of a stop sequence
/// nor a part of a UTF-8 character.
///
///     StopSequences stop({"\n\n", "User:"});
///     while (!stop.stopped()) show(stop.feed(text_of(next_token())));
///
/// The text stops at the first byte that completes a sequence, of several the longest; where the text is
/// split changes nothing. O(sequences) a byte.
class StopSequences {
 public:
  /// Throws c10::Error on an empty sequence. No sequences: the text never stops.
  explicit StopSequences(std::vector<std::string> sequences);

  /// More of the text. Returns what is safe to show after what was shown before; empty once stopped. A
  /// character that the stop cuts is left out.
  std::string feed(std::string_view text);
  /// The text ends here: returns what was held back, but for the part of a character.
  std::string finish();

  bool stopped() const { return stopped_by_ >= 0; }
  int64_t stopped_by() const { return stopped_by_; }  ///< index of the sequence, or -1

 private:
  /// One sequence and how much of its beginning the text ends with (Knuth, Morris and Pratt 1977).
  struct Matcher {
    std::string sequence;
    std::vector<size_t> borders;  // of each prefix: its longest proper beginning that also ends it
    size_t matched = 0;

    explicit Matcher(std::string text);
    void add(char byte);
    bool complete() const { return matched == sequence.size(); }
  };

  void add(char byte);
  std::string take(size_t bytes);

  std::vector<Matcher> matchers_;
  std::string held_;  // the end of the text that was not shown
  int64_t stopped_by_ = -1;
};

}  // namespace heed::decoding
