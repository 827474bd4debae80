// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "heed/attention/attention.h"
#include "heed/core/error.h"
#include "heed/core/names.h"

namespace heed::attention {
namespace {

struct NamedBackend {
  Backend backend;
  const char* name;
};
constexpr std::array<NamedBackend, 4> kBackends{{{Backend::kAuto, "auto"},
                                                 {Backend::kReference, "reference"},
                                                 {Backend::kTiled, "tiled"},
                                                 {Backend::kFused, "fused"}}};

/// Fastest first.
constexpr Backend kByPreference[] = {Backend::kFused, Backend::kTiled, Backend::kReference};

/// With fewer scores per head, starting tiles takes longer than the reference's memory traffic.
constexpr int64_t kFewScores = 64 * 64;
constexpr int64_t kWidestFusedHead = 256;

Support supports_fused(const Problem& p) {
  if (!p.device.is_cpu() && !p.device.is_meta()) {
    return {false, "the fused kernels run on cpu, not on " + p.device.str()};
  }
  if (p.dtype != at::kFloat && p.dtype != at::kBFloat16) {
    return {false,
            std::string("the fused kernels support Float and BFloat16, not ") + c10::toString(p.dtype)};
  }
  if (p.head_dim > kWidestFusedHead && p.family != Family::kEdges) {
    return {false,
            "head_dim " + std::to_string(p.head_dim) + " is above " + std::to_string(kWidestFusedHead)};
  }
  return {true, ""};
}

Support supports_tiled(const Problem& p) {
  if (p.family != Family::kDense) return {false, "the tiled backend supports only the dense pattern"};
  if (!p.device.is_cpu() && !p.device.is_cuda() && !p.device.is_meta()) {
    return {false, "the tiled backend runs on cpu and cuda, not on " + p.device.str()};
  }
  return {true, ""};
}

Family family_of(const Pattern& pattern) {
  if (std::holds_alternative<Dense>(pattern)) return Family::kDense;
  if (std::holds_alternative<Edges>(pattern)) return Family::kEdges;
  return std::holds_alternative<Window2d>(pattern) ? Family::kWindow : Family::kLocal;
}

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
  Problem problem{.family = family_of(spec.pattern), .device = query.device(), .dtype = query.scalar_type()};
  const int64_t rows = problem.family == Family::kEdges ? 0 : 2;  // nodes come first, and have no batch
  problem.batch = rows == 0 ? 1 : query.size(0);
  problem.heads = query.size(1);
  problem.queries = query.size(rows);
  problem.keys = key.size(rows);
  problem.head_dim = query.size(-1);
  const auto* dense = std::get_if<Dense>(&spec.pattern);
  problem.causal = dense && dense->causal;
  problem.needs_gradient = query.requires_grad() || key.requires_grad();
  problem.relation = !std::holds_alternative<NoRelation>(spec.relation);
  if (const auto* distance = std::get_if<Distance>(&spec.relation)) {
    problem.relation_value = distance->value.has_value();
    problem.needs_gradient |= distance->key.defined() && distance->key.requires_grad();
  }
  return problem;
}

Support supports(Backend backend, const Problem& problem) {
  if (!at::isFloatingType(problem.dtype)) {
    return {false, std::string(c10::toString(problem.dtype)) + " is not a floating dtype"};
  }
  if (backend == Backend::kFused) return supports_fused(problem);
  if (backend == Backend::kTiled) return supports_tiled(problem);
  return {true, ""};
}

Backend choose_backend(const Problem& problem) {
  const bool dense = problem.family == Family::kDense;
  // One query, as in decoding: its scores are read once, and arranging keys in tiles would cost more.
  if (dense && problem.queries == 1) return Backend::kReference;
  for (const Backend backend : kByPreference) {
    if (!supports(backend, problem).ok) continue;
    const bool few = problem.queries * problem.keys <= kFewScores;
    if (backend == Backend::kTiled && few) continue;
    return backend;
  }
  return Backend::kReference;
}

}  // namespace heed::attention
