// SPDX-License-Identifier: Apache-2.0
// Properties of GNMT only; sequence_to_sequence_test.cpp tests those that it shares with other models.
#include "heed/models/gnmt.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <torch/utils.h>

#include "heed/core/config.h"
#include "heed/core/error.h"
#include "heed/models/registry.h"

namespace heed::models {
namespace {

/// Options with a mixture in each stack whose gates depend on their input.
std::shared_ptr<Gnmt> mixed_model() {
  torch::manual_seed(4);
  GnmtOptions options;
  options.source_vocabulary = options.vocabulary = 19;
  options.hidden = 16;
  options.encoder_layers = options.decoder_layers = 2;
  options.dropout = 0;
  options.experts = 4;
  options.active_experts = 2;
  options.expert_hidden = 8;
  auto model = std::make_shared<Gnmt>(options);
  const at::NoGradGuard no_grad;
  for (const char* gate : {"encoder_mixture.gate.weight", "decoder_mixture.gate.weight"})
    model->named_parameters()[gate].normal_(0, 4);
  return model;
}

double balance(Gnmt& model, const nn::Source& source, const nn::Target& target) {
  torch::manual_seed(9);  // seeds the gates' noise
  model.features(source, target);
  return model.auxiliary_loss().item<double>();
}

TEST(Gnmt, NeitherPaddingOfSourcesNorOfTargetsIsLoadOfAnExpert) {
  const auto mixed = mixed_model();
  Gnmt& model = *mixed;
  const at::Tensor tokens = at::randint(19, {3, 6}, at::kLong), lengths = at::tensor({6, 3, 1}, at::kLong);
  const at::Tensor padding = at::arange(6) >= lengths.unsqueeze(1);
  const at::Tensor other = at::where(padding, (tokens + 1).remainder(19), tokens);
  const nn::Source source{tokens, lengths};
  EXPECT_EQ(balance(model, source, {tokens, lengths}), balance(model, source, {other, lengths}));
  EXPECT_EQ(balance(model, source, {tokens, lengths}), balance(model, {other, lengths}, {tokens, lengths}));

  const at::Tensor full = at::full({3}, 6, at::kLong);
  EXPECT_EQ(balance(model, source, {tokens, {}}), balance(model, source, {tokens, full}));
  EXPECT_NE(balance(model, source, {tokens, {}}), balance(model, source, {other, {}})) << "all is counted";
  EXPECT_NE(balance(model, source, {tokens, {}}), balance(model, source, {tokens, lengths}));
}

TEST(Gnmt, RefusesTheChoiceOfABackendItDoesNotHave) {
  toml::table section = parse_toml("kind = 'gnmt'\nhidden = 8\nattention_backend = 'fused'", "test");
  try {
    make_model<nn::SequenceToSequenceModel>(section, {.source = 19, .target = 19});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kConfig);
    EXPECT_NE(std::string(error.what()).find("remove attention_backend"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace heed::models
