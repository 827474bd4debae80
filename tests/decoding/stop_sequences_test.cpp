// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/stop_sequences.h"

#include <optional>
#include <random>

#include <gtest/gtest.h>

#include <c10/util/Exception.h>

namespace heed::decoding {
namespace {

TEST(StopSequences, SequenceAcrossTokensIsNeverShown) {
  StopSequences stop({"User:"});
  EXPECT_EQ(stop.feed("Hello Us"), "Hello ");
  EXPECT_EQ(stop.feed("e"), "");
  EXPECT_EQ(stop.feed("ful. U"), "Useful. ");
  EXPECT_EQ(stop.feed("ser: more"), "");
  EXPECT_TRUE(stop.stopped());
  EXPECT_EQ(stop.stopped_by(), 0);
  EXPECT_EQ(stop.feed("after"), "");
  EXPECT_EQ(stop.finish(), "");
}

TEST(StopSequences, BeginningThatComesToNothingIsShownAtTheEnd) {
  StopSequences stop({"\n\n"});
  EXPECT_EQ(stop.feed("line\n"), "line");
  EXPECT_EQ(stop.finish(), "\n");
  EXPECT_FALSE(stop.stopped());
}

TEST(StopSequences, FirstThatIsCompleteStopsAndOfThoseTheLongest) {
  StopSequences stop({"abcd", "bc", "c"});
  EXPECT_EQ(stop.feed("xabcd"), "xa");
  EXPECT_EQ(stop.stopped_by(), 1);
}

TEST(StopSequences, CharactersAreNeverCut) {
  StopSequences stop({"€uro"});
  EXPECT_EQ(stop.feed("a\xe2\x82"), "a");
  EXPECT_EQ(stop.feed("\xac"), "");
  EXPECT_EQ(stop.feed("!\xf0\x9f"), "€!");
  EXPECT_EQ(stop.feed("\x98\x80"), "😀");
  EXPECT_EQ(stop.feed("\xc3"), "");
  EXPECT_EQ(stop.finish(), "") << "half a character";
}

TEST(StopSequences, BytesThatAreNoCharacterPassThrough) {
  StopSequences stop({});
  EXPECT_EQ(stop.feed("\x80\xff\xc0z"), "\x80\xff\xc0z");
  EXPECT_EQ(stop.feed("\xe2(\xe2"), "\xe2(");
}

TEST(StopSequences, EmptySequenceIsAnError) {
  EXPECT_THROW(StopSequences({"a", ""}), c10::Error);
}

/// Finds where the text stops by testing every end; returns how much is shown.
std::optional<size_t> naive_stop(const std::string& text, const std::vector<std::string>& sequences) {
  for (size_t end = 1; end <= text.size(); ++end) {
    size_t longest = 0;
    for (const std::string& sequence : sequences)
      if (std::string_view(text).substr(0, end).ends_with(sequence))
        longest = std::max(longest, sequence.size());
    if (longest > 0) return end - longest;
  }
  return std::nullopt;
}

/// Returns the length of the longest prefix of a sequence at the end of the text.
size_t naive_begun(std::string_view text, const std::vector<std::string>& sequences) {
  size_t longest = 0;
  for (const std::string& sequence : sequences)
    for (size_t size = 1; size < sequence.size(); ++size)
      if (text.ends_with(std::string_view(sequence).substr(0, size))) longest = std::max(longest, size);
  return longest;
}

bool stands_between_characters(std::string_view text, size_t place) {
  return place == text.size() || (static_cast<unsigned char>(text[place]) & 0xc0) != 0x80;
}

class RandomText {
 public:
  explicit RandomText(uint64_t seed) : random_(seed) {}
  std::string text(size_t characters) {
    static const std::vector<std::string> kAlphabet{"a", "b", "é", "è", "€", "😀"};
    std::string result;
    for (size_t i = 0; i < characters; ++i) result += kAlphabet[below(kAlphabet.size())];
    return result;
  }
  size_t below(size_t end) { return random_() % end; }

 private:
  std::mt19937_64 random_;
};

void expect_naive(RandomText& random) {
  std::vector<std::string> sequences(1 + random.below(3));
  for (std::string& sequence : sequences) sequence = random.text(1 + random.below(4));
  const std::string text = random.text(random.below(60));
  StopSequences stop(sequences);
  std::string shown;
  for (size_t fed = 0; fed < text.size() && !stop.stopped();) {
    const size_t bytes = 1 + random.below(std::min<size_t>(7, text.size() - fed));
    shown += stop.feed(std::string_view(text).substr(fed, bytes));
    fed += bytes;
    ASSERT_TRUE(stands_between_characters(text, shown.size()));
    if (stop.stopped()) break;
    const std::string_view so_far = std::string_view(text).substr(0, fed);
    const size_t held = so_far.size() - shown.size(), begun = naive_begun(so_far, sequences);
    ASSERT_GE(held, begun);
    ASSERT_LE(held, begun + 3) << "no more than a character beyond what may begin a sequence";
  }
  const auto expected = naive_stop(text, sequences);
  ASSERT_EQ(stop.stopped(), expected.has_value());
  shown += stop.finish();
  EXPECT_EQ(shown, text.substr(0, expected.value_or(text.size())));
}

TEST(StopSequences, EqualANaiveSearchHoweverTheTextIsSplit) {
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    SCOPED_TRACE(seed);
    RandomText random(seed);
    expect_naive(random);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace heed::decoding
