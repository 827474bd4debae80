// SPDX-License-Identifier: Apache-2.0
#include "heed/decoding/open_sentence.h"

#include <algorithm>
#include <atomic>
#include <stdexcept>

#include "searches.h"
#include "toy_translators.h"
#include <gtest/gtest.h>

#include <ATen/Parallel.h>

#include "heed/decoding/beam_search.h"

namespace heed::decoding {
namespace {

using testing::copying_translator;
using testing::make_source;
using testing::options_of;
using testing::Tokens;
using testing::ToyTranslator;

/// While it lives, work is for so many threads.
class Threads {
 public:
  explicit Threads(int count) : before_(at::get_num_threads()) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(before_); }

 private:
  int before_;
};

std::vector<Tokens> forty_sentences() {
  std::vector<Tokens> sources;
  for (int64_t i = 0; i < 40; ++i) sources.emplace_back(static_cast<size_t>(1 + i % 6), 3 + i % 5);
  return sources;
}

TEST(OpenSentence, ThreadsTakeAShareOfALargeBatchEach) {
  const Threads three(3);
  auto model = copying_translator(9);
  const auto sources = forty_sentences();
  const auto found = beam_search(*model, make_source(sources), options_of(5, 10));
  for (size_t i = 0; i < sources.size(); ++i) EXPECT_EQ(found[i].at(0).tokens, sources[i]) << i;
  const auto& rows = model->rows_stepped;
  EXPECT_EQ(std::count(rows.begin(), rows.end(), 13) + std::count(rows.begin(), rows.end(), 14), 3)
      << "each share begins with a row a sentence";
  EXPECT_LE(*std::max_element(rows.begin(), rows.end()), 14 * 5);
}

TEST(OpenSentence, FewRowsStayTogether) {
  const Threads three(3);
  auto model = copying_translator(9);
  beam_search(*model, make_source(forty_sentences()), options_of(1, 10));
  EXPECT_EQ(model->rows_stepped.front(), 40);
}

TEST(OpenSentence, NoShareKeepsAGradient) {
  const Threads three(3);
  std::atomic<int> wrong = 0;
  ToyTranslator model(6, [&](const Tokens&, const Tokens&) {
    wrong += at::GradMode::is_enabled();
    return std::vector<float>{0, 0, 8, 0, 0, 0};
  });
  beam_search(model, make_source(forty_sentences()), options_of(5, 10));
  EXPECT_EQ(wrong, 0);
}

TEST(OpenSentence, AnErrorOfAShareIsTheCallers) {
  const Threads three(3);
  ToyTranslator model(6, [&](const Tokens& source, const Tokens&) -> std::vector<float> {
    if (source.front() == 5) throw std::runtime_error("no logits");
    return {0, 0, 8, 0, 0, 0};
  });
  EXPECT_THROW(beam_search(model, make_source(forty_sentences()), options_of(5, 10)), std::runtime_error);
}

}  // namespace
}  // namespace heed::decoding
