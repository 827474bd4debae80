// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include "heed/attention/edges.h"
#include "heed/bench/attention_contests.h"
#include "heed/bench/attention_rivals.h"

namespace heed::bench {
namespace {

using attention::Backend;

/// A random graph; every node has `degree` edges.
struct GraphShape {
  int64_t nodes = 100'000, degree = 20, heads = 8, head_dim = 8;
  int64_t edges() const { return nodes * degree; }
};

std::string text(const GraphShape& s) {
  return std::to_string(s.edges()) + " edges of " + std::to_string(s.nodes) + " nodes, " +
         std::to_string(s.heads) + " x " + std::to_string(s.head_dim);
}

attention::Edges random_graph(const GraphShape& s) {
  const auto target = at::arange(s.nodes).repeat_interleave(s.degree);
  return attention::make_edges(at::randint(s.nodes, {s.edges()}, at::kLong), target, s.nodes, s.nodes);
}

/// Weighted values, their two gradients, and for all scores but GAT's the same for queries and keys.
Operations edge_operations(const GraphShape& s, bool products) {
  const double one = 2 * static_cast<double>(s.edges()) * static_cast<double>(s.heads * s.head_dim);
  return {(products ? 2 : 1) * one, (products ? 5 : 2) * one};
}

std::vector<Rival> rivals_of(const GraphShape& s, bool gat) {
  const int64_t width = gat ? 1 : s.head_dim;
  const Tensors inputs{leaf({s.nodes, s.heads, width}), leaf({s.nodes, s.heads, width}),
                       leaf({s.nodes, s.heads, s.head_dim})};
  const auto edges = random_graph(s);
  const auto output_grad = at::randn_like(inputs[2]).detach();
  const auto rival = [&](const char* name, Backend backend) {
    attention::Spec spec;
    spec.pattern = edges, spec.backend = backend;
    if (gat) spec.score = attention::Gat{};
    return attend_rival(name, "edges", inputs, spec, output_grad, edge_operations(s, !gat));
  };
  return {rival("fused", Backend::kFused), rival("libtorch, gather and scatter", Backend::kReference)};
}

}  // namespace

std::vector<Contest> edge_contests(bool quick) {
  const GraphShape tiny{.nodes = 50, .degree = 3};
  const GraphShape shape = quick ? tiny : GraphShape{};
  std::vector<Contest> contests;
  for (const bool gat : {true, false}) {
    contests.push_back({gat ? "edges, GAT" : "edges, dot product", text(shape), at::kFloat, "", shape.edges(),
                        [=] { return rivals_of(shape, gat); }, [=] { return rivals_of(tiny, gat); }});
  }
  return contests;
}

}  // namespace heed::bench
