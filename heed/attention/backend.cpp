// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "heed/attention/attention.h"
#include "heed/core/config.h"
#include "heed/core/error.h"

namespace heed::attention {
namespace {

struct NamedBackend {
  Backend backend;
  const char* name;
};
constexpr std::array<NamedBackend, 3> kBackends{
    {{Backend::kAuto, "auto"}, {Backend::kReference, "reference"}, {Backend::kTiled, "tiled"}}};

/// Below this many scores a head, the tiled backend spends longer in starting tiles than the reference in
/// memory.
constexpr int64_t kFewScores = 64 * 64;

}  // namespace

const char* backend_name(Backend backend) {
  for (const auto& named : kBackends) {
    if (named.backend == backend) return named.name;
  }
  return "unknown";
}

Backend parse_backend(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& named : kBackends) {
    if (name == named.name) return named.backend;
    names.emplace_back(named.name);
  }
  throw Error(ErrorKind::kConfig, unknown_name_message("attention backend", name, names));
}

Problem describe(const at::Tensor& query, const at::Tensor& key, const Spec& spec) {
  Problem problem{.device = query.device(), .dtype = query.scalar_type()};
  problem.batch = query.size(0);
  problem.heads = query.size(1);
  problem.queries = query.size(2);
  problem.keys = key.size(2);
  problem.head_dim = query.size(3);
  problem.causal = std::get<Dense>(spec.pattern).causal;
  problem.needs_gradient = query.requires_grad() || key.requires_grad();
  if (const auto* distance = std::get_if<Distance>(&spec.relation)) {
    problem.relation = true;
    problem.relation_value = distance->value.has_value();
    problem.needs_gradient |= distance->key.defined() && distance->key.requires_grad();
  }
  return problem;
}

Support supports(Backend backend, const Problem& problem) {
  if (!at::isFloatingType(problem.dtype)) {
    return {false, std::string(c10::toString(problem.dtype)) + " is not a floating dtype"};
  }
  if (backend != Backend::kTiled) return {true, ""};
  if (!problem.device.is_cpu() && !problem.device.is_cuda() && !problem.device.is_meta()) {
    return {false, "the tiled backend runs on cpu and cuda, not on " + problem.device.str()};
  }
  return {true, ""};
}

Backend choose_backend(const Problem& problem) {
  const bool small = problem.queries * problem.keys <= kFewScores || problem.queries == 1;
  if (small || !supports(Backend::kTiled, problem).ok) return Backend::kReference;
  return Backend::kTiled;
}

}  // namespace heed::attention
