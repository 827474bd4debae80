// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/bleu.h"

#include <cmath>
#include <stdexcept>

#include "tests/core/expect_error.h"
#include <gtest/gtest.h>

#include "heed/core/error.h"

namespace heed::evaluation {
namespace {

using Views = std::vector<std::string_view>;
using Counts = std::array<int64_t, kBleuOrder>;

BleuStatistics count(std::string_view hypothesis, const Views& references, const BleuOptions& options = {}) {
  return BleuCounter(options).count(hypothesis, references);
}

// 5 of 6 words, 3 of 5 pairs, 2 of 4 and 1 of 3 match; equal lengths.
constexpr std::string_view kHypothesis = "the cat sat on a mat", kReference = "the cat sat on the mat";

TEST(BleuStatistics, AreClippedByThePapersOwnExample) {
  const auto statistics =
      count("the the the the the the the", {"the cat is on the mat", "there is a cat on the mat"});
  EXPECT_EQ(statistics.matches, (Counts{2, 0, 0, 0}));
  EXPECT_EQ(statistics.totals, (Counts{7, 6, 5, 4}));
}

TEST(BleuStatistics, TakeTheClosestReferenceLengthAndOfTwoTheShorter) {
  EXPECT_EQ(count("a b c d", {"a b", "a b c d e f g h", "a b c"}).reference_length, 3);
  EXPECT_EQ(count("a b c d", {"a b c d e", "a b c"}).reference_length, 3);
  EXPECT_EQ(count("a b c d", {"a b c", "a b c d e"}).reference_length, 3);
  EXPECT_EQ(count("", {"a b c"}).reference_length, 3);
}

TEST(BleuStatistics, AddUpToTheCorpus) {
  const std::vector<std::string> hypotheses{"a b c d e", "x y", ""};
  const std::vector<std::vector<std::string>> references{{"a b c d f", "x z y", "q"}};
  BleuCounter counter;
  BleuStatistics total;
  for (size_t i = 0; i < 3; ++i) total += counter.count(hypotheses[i], Views{references[0][i]});
  EXPECT_EQ(total.matches, (Counts{6, 3, 2, 1}));
  EXPECT_EQ(total.hypothesis_length, 7);
  EXPECT_EQ(total.reference_length, 9);
  EXPECT_EQ(bleu_score(total).score, corpus_bleu(hypotheses, references).score);
}

TEST(Bleu, IsTheGeometricMeanOfThePrecisions) {
  const auto score = bleu_score(count(kHypothesis, {kReference}));
  EXPECT_NEAR(score.precisions[0], 100 * 5 / 6.0, 1e-12);
  EXPECT_NEAR(score.precisions[3], 100 * 1 / 3.0, 1e-12);
  EXPECT_NEAR(score.score, 100 * std::pow(5 / 6.0 * 3 / 5.0 * 2 / 4.0 * 1 / 3.0, 0.25), 1e-10);
  EXPECT_EQ(score.brevity_penalty, 1);
}

TEST(Bleu, EqualTextIs100AndForeignTextIs0) {
  EXPECT_NEAR(bleu_score(count(kReference, {kReference})).score, 100, 1e-10);
  EXPECT_EQ(bleu_score(count("quite other words here", {kReference})).score, 0);
  EXPECT_EQ(bleu_score(count("", {kReference})).score, 0);
  EXPECT_EQ(bleu_score(count("", {""})).brevity_penalty, 1);
}

TEST(Bleu, ShortHypothesesPayTheBrevityPenalty) {
  const auto score = bleu_score(count("a b c d", {"a b c d e f"}));
  EXPECT_DOUBLE_EQ(score.brevity_penalty, std::exp(-0.5));
  EXPECT_NEAR(score.score, 100 * std::exp(-0.5), 1e-10);
  EXPECT_EQ(bleu_score(count("", {"a"})).brevity_penalty, 0);
}

// Orders 3 and 4 of "a b x c d" against "a b c d" have no match; totals are 5 4 3 2, matches 4 2 0 0.
BleuScore smoothed(BleuSmoothing smoothing, std::optional<double> value = {}) {
  const BleuOptions options{.smoothing = smoothing, .smoothing_value = value};
  return bleu_score(count("a b x c d", {"a b c d"}, options), options);
}

TEST(BleuSmoothing, ExpHalvesForEachOrderWithoutAMatch) {
  const auto score = smoothed(BleuSmoothing::kExp);
  EXPECT_NEAR(score.precisions[2], 100 * 0.5 / 3, 1e-12);
  EXPECT_NEAR(score.precisions[3], 100 * 0.25 / 2, 1e-12);
}

TEST(BleuSmoothing, FloorPutsItsValueInPlaceOfNoMatch) {
  EXPECT_NEAR(smoothed(BleuSmoothing::kFloor).precisions[3], 100 * 0.1 / 2, 1e-12);
  EXPECT_NEAR(smoothed(BleuSmoothing::kFloor, 0.5).precisions[2], 100 * 0.5 / 3, 1e-12);
  EXPECT_NEAR(smoothed(BleuSmoothing::kFloor).precisions[1], 100 * 2 / 4.0, 1e-12);
}

TEST(BleuSmoothing, AddKLeavesTheFirstOrder) {
  const auto score = smoothed(BleuSmoothing::kAddK);
  EXPECT_NEAR(score.precisions[0], 100 * 4 / 5.0, 1e-12);
  EXPECT_NEAR(score.precisions[1], 100 * 3 / 5.0, 1e-12);
  EXPECT_NEAR(score.precisions[3], 100 * 1 / 3.0, 1e-12);
}

TEST(BleuSmoothing, NoneScores0) {
  EXPECT_EQ(smoothed(BleuSmoothing::kNone).score, 0);
}

TEST(BleuSmoothing, HasSacrebleusNames) {
  for (const char* known : {"exp", "floor", "add-k", "none"}) EXPECT_EQ(name(bleu_smoothing(known)), known);
  EXPECT_THAT(error_of(ErrorKind::kUsage, [&] { bleu_smoothing("add_k"); }),
              ::testing::HasSubstr("unknown smoothing 'add_k'; use exp, floor, add-k or none"));
}

TEST(SentenceBleu, UsesOnlyTheOrdersThatTheHypothesisHas) {
  EXPECT_NEAR(sentence_bleu("a b", Views{"a b"}).score, 100, 1e-10);
  EXPECT_EQ(bleu_score(count("a b", {"a b"})).score, 0);
}

TEST(Bleu, LowercaseAndTokenizerAreAppliedToBothSides) {
  EXPECT_NEAR(bleu_score(count("Größe: 5 M²", {"GRÖSSE : 5 m²"}, {.lowercase = true})).precisions[0], 75,
              1e-10);
  EXPECT_EQ(count("a,b", {"a , b"}).matches[0], 3);
  EXPECT_EQ(count("a,b", {"a , b"}, {.tokenizer = BleuTokenizer::kNone}).matches[0], 0);
}

TEST(Bleu, RefusesAMissingReferenceAndUnequalLengths) {
  EXPECT_THROW(count("a", {}), std::invalid_argument);
  const std::vector<std::string> hypotheses{"a", "b"};
  EXPECT_THROW(corpus_bleu(hypotheses, {}), std::invalid_argument);
  const std::vector<std::vector<std::string>> references{{"a"}};
  EXPECT_THROW(corpus_bleu(hypotheses, references), std::invalid_argument);
}

TEST(Bleu, PrintsSacrebleusLineAndSignature) {
  const auto score = bleu_score(count(kHypothesis, {kReference}));
  EXPECT_EQ(format(score),
            "BLEU = 53.73 83.3/60.0/50.0/33.3 (BP = 1.000 ratio = 1.000 hyp_len = 6 ref_len = 6)");
  EXPECT_EQ(format(score, "nrefs:1", 1).substr(0, 19), "BLEU|nrefs:1 = 53.7");
  const std::string signature = bleu_signature({});
  EXPECT_EQ(signature.substr(0, signature.rfind('|')), "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp");
  EXPECT_EQ(signature.find("|version:heed-"), signature.rfind('|'));
  const BleuOptions other{.tokenizer = BleuTokenizer::kIntl,
                          .lowercase = true,
                          .smoothing = BleuSmoothing::kFloor,
                          .effective_order = true};
  EXPECT_EQ(bleu_signature(other, 0).find("nrefs:var|case:lc|eff:yes|tok:intl|smooth:floor[0.10]|"), 0u);
}

}  // namespace
}  // namespace heed::evaluation
