// SPDX-License-Identifier: Apache-2.0
// Results of generation, search and sampling are the same bits whatever else is decoded with them and however
// many threads there are, for real models of every kind.
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "searches.h"
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/utils.h>

#include "heed/core/config.h"
#include "heed/decoding/beam_search.h"
#include "heed/decoding/generate.h"
#include "heed/decoding/sample_translations.h"
#include "heed/models/registry.h"

namespace heed::decoding {
namespace {

constexpr int64_t kVocabulary = 23;

struct NamedSection {
  std::string name, text;  ///< section [model] of a small model without dropout
};

void PrintTo(const NamedSection& section, std::ostream* stream) {
  *stream << section.name;
}

/// Sets the number of threads during its lifetime.
class Threads {
 public:
  explicit Threads(int count) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(1); }
};

/// Scales logits so that a flipped bit would show.
void make_lively(torch::nn::Module& model) {
  const at::NoGradGuard no_gradient;
  for (auto& parameter : model.parameters()) parameter.add_(at::randn_like(parameter) * 0.1);
}

/// Widths off the vector width.
std::vector<NamedSection> sequence_sections() {
  const std::string small =
      "d_model = 22\nheads = 2\nlayers = 2\nd_ff = 37\nmax_length = 64\nmax_relative_distance = 4\ndropout = "
      "0.0\n";
  std::vector<NamedSection> list;
  for (const std::string position : {"none", "sinusoidal", "learned", "shaw", "music"})
    list.push_back({"transformer_" + position, small + "position = '" + position + "'"});
  list.push_back({"transformer_by_the_voice",
                  small + "position = 'music'\nbeyond = 'nothing'\nposition_period = 4\nnorm = 'post'"});
  const std::string lstm = "kind = 'lstm'\nembedding = 19\nhidden = 36\nlayers = 2\ndropout = 0.0\n";
  list.push_back({"lstm", lstm});
  list.push_back({"lstm_attention", lstm + "attention = true\nattention_heads = 3"});
  return list;
}

class SamePiece : public ::testing::TestWithParam<NamedSection> {
 protected:
  SamePiece() {
    torch::manual_seed(5);
    toml::table section = parse_toml(GetParam().text, "test");
    model = models::make_model<nn::SequenceModel>(section, {.target = kVocabulary});
    make_lively(*model);
  }
  std::shared_ptr<nn::SequenceModel> model;
};

GenerateRequest request_of(int64_t count, int64_t max_new_tokens) {
  GenerateRequest request;
  request.prompts = {{0, 4, 7, 1, 2}};
  request.count = count;
  request.max_new_tokens = max_new_tokens;
  request.seed = 42;
  return request;
}

void expect_same(const Generated& a, const Generated& b) {
  EXPECT_EQ(a.sample, b.sample);
  EXPECT_EQ(a.tokens, b.tokens);
  EXPECT_EQ(a.log_probabilities, b.log_probabilities) << "to the last bit";
  EXPECT_EQ(a.ending, b.ending);
}

TEST_P(SamePiece, WhateverTheCountTheBatchSizeAndTheFirstSample) {
  auto request = request_of(9, 25);
  const auto all = generate(*model, request).samples;
  ASSERT_EQ(all.size(), 9u);
  for (const int64_t batch_size : {1, 3, 100}) {
    SCOPED_TRACE(batch_size);
    request.batch_size = batch_size;
    const auto again = generate(*model, request).samples;
    for (size_t i = 0; i < all.size(); ++i) expect_same(all[i], again[i]);
  }
  for (const size_t i : {0, 4, 8}) {
    auto single = request;
    single.count = 1;
    single.first_sample = static_cast<int64_t>(i);
    expect_same(all[i], generate(*model, single).samples.front());
  }
}

TEST_P(SamePiece, WhateverTheOtherPromptsAndTheirLengths) {
  auto request = request_of(6, 20);
  request.prompts = {{0, 1}, {0, 2, 3, 4, 5, 6, 7, 8, 9}, {0, 5}, {0, 6, 7}, {0, 8, 1, 1}, {0}};
  const auto together = generate(*model, request).samples;
  for (size_t i = 0; i < together.size(); ++i) {
    auto single = request;
    single.prompts = {request.prompts[i]};
    single.count = 1;
    single.first_sample = static_cast<int64_t>(i);
    expect_same(together[i], generate(*model, single).samples.front());
  }
}

TEST_P(SamePiece, WhateverTheNumberOfThreads) {
  auto request = request_of(140, 8);
  request.batch_size = 140;
  request.end_token = 3;
  request.prompts.clear();
  for (int64_t i = 0; i < 140; ++i) request.prompts.emplace_back(static_cast<size_t>(1 + i % 5), i % 7);
  const auto single = generate(*model, request).samples;
  for (const int threads : {2, 4}) {
    const Threads several(threads);
    const auto shared = generate(*model, request).samples;
    for (size_t i = 0; i < single.size(); ++i) expect_same(single[i], shared[i]);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, SamePiece, ::testing::ValuesIn(sequence_sections()),
                         [](const auto& info) { return info.param.name; });

std::vector<NamedSection> translator_sections() {
  const std::string transformer =
      "kind = 'transformer'\nd_model = 22\nheads = 2\nencoder_layers = 1\ndecoder_layers = 2\nd_ff = "
      "37\nmax_length = 64\nmax_relative_distance = 4\ndropout = 0.0\nposition = ";
  return {
      {"transformer_sinusoidal", transformer + "'sinusoidal'"},
      {"transformer_learned", transformer + "'learned'\nnorm = 'post'"},
      {"transformer_shaw", transformer + "'shaw'"},
      {"lstm",
       "kind = 'lstm'\nembedding = 22\nhidden = 22\ndropout = 0.0\nencoder_layers = 1\ndecoder_layers = 2"},
      {"gnmt", "kind = 'gnmt'\nhidden = 22\ndropout = 0.0\nencoder_layers = 2\ndecoder_layers = 2"},
      {"gnmt_experts",
       "kind = 'gnmt'\nhidden = 22\ndropout = 0.0\nencoder_layers = 2\ndecoder_layers = 2\nexperts = "
       "4\nactive_experts = 2\nexpert_hidden = 13"},
      {"conv_s2s",
       "kind = 'conv_s2s'\nembedding = 18\nhidden = 22\nencoder_layers = 2\ndecoder_layers = 2\nmax_length = "
       "64\nkernel = 3\ndropout = 0.0"},
  };
}

class SameTranslation : public ::testing::TestWithParam<NamedSection> {
 protected:
  SameTranslation() {
    torch::manual_seed(5);
    toml::table section = parse_toml(GetParam().text, "test");
    model = models::make_model<nn::SequenceToSequenceModel>(section,
                                                            {.source = kVocabulary, .target = kVocabulary});
    make_lively(*model);
    for (int64_t i = 0; i < 30; ++i) sentences.emplace_back(static_cast<size_t>(1 + i % 6), 3 + i % 11);
  }

  /// Decodes with 1, 2 and 4 threads, all sentences at once and some of them alone.
  template <class Decode>
  void expect_same_everywhere(const Decode& decode) {
    std::vector<size_t> every(sentences.size());
    for (size_t i = 0; i < every.size(); ++i) every[i] = i;
    const auto together = decode(every);
    ASSERT_EQ(together.size(), sentences.size());
    for (const int threads : {2, 4}) {
      const Threads several(threads);
      const auto shared = decode(every);
      for (size_t i = 0; i < every.size(); ++i) testing::expect_same(shared[i], together[i]);
    }
    for (const size_t i : {0, 7, 29}) testing::expect_same(decode({i}).at(0), together[i]);
    const auto others = decode({11, 3});
    testing::expect_same(others[0], together[11]);
    testing::expect_same(others[1], together[3]);
  }
  nn::Source source_of(const std::vector<size_t>& chosen) const {
    std::vector<testing::Tokens> list;
    for (const size_t i : chosen) list.push_back(sentences[i]);
    nn::Source source = testing::make_source(list);
    source.tokens.clamp_max_(kVocabulary - 1);
    return source;
  }

  std::shared_ptr<nn::SequenceToSequenceModel> model;
  std::vector<testing::Tokens> sentences;
};

TEST_P(SameTranslation, OfABeamWhateverTheSentencesBesideItAndTheThreads) {
  auto options = testing::options_of(4, 9, 0.6);
  options.n_best = 3;
  options.coverage_penalty = 0.2;
  expect_same_everywhere(
      [&](const std::vector<size_t>& chosen) { return beam_search(*model, source_of(chosen), options); });
}

TEST_P(SameTranslation, OfASampleWhateverTheSentencesBesideItAndTheThreads) {
  TranslationSampling request{.count = 4, .seed = 5};
  request.output.max_length = 9;
  expect_same_everywhere([&](const std::vector<size_t>& chosen) {
    request.first_samples.clear();
    for (const size_t i : chosen) request.first_samples.push_back(static_cast<int64_t>(4 * i));
    return sample_translations(*model, source_of(chosen), request);
  });
}

INSTANTIATE_TEST_SUITE_P(Models, SameTranslation, ::testing::ValuesIn(translator_sections()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace heed::decoding
