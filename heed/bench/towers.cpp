// SPDX-License-Identifier: Apache-2.0
#include "heed/bench/towers.h"

#include <memory>

#include <ATen/ops/arange.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <c10/core/GradMode.h>

#include "heed/attention/edges.h"
#include "heed/nn/message_passing.h"
#include "heed/nn/sequence_model.h"

namespace heed::bench {
namespace {

/// A stack of steps on random graphs.
class Work {
 public:
  Work(int64_t towers, const TowersOptions& options)
      : passing_(nn::MessagePassingOptions{
            .width = options.width, .towers = towers, .edge_functions = options.types}),
        steps_(options.steps) {
    const int64_t graphs = options.graphs, nodes = options.nodes;
    const at::Tensor node = at::arange(nodes), first = at::arange(graphs).view({-1, 1, 1}) * nodes;
    const at::Tensor source = (first + node.view({1, 1, -1})).expand({graphs, nodes, nodes}).flatten();
    const at::Tensor target = (first + node.view({1, -1, 1})).expand({graphs, nodes, nodes}).flatten();
    edges_ = attention::make_edges(source, target, graphs * nodes, graphs * nodes);
    weights_ =
        at::one_hot(at::randint(options.types, {source.size(0)}, at::kLong), options.types).to(at::kFloat);
    state_ = at::randn({graphs * nodes, options.width});
  }

  int64_t parameters() const { return nn::parameter_count(*passing_); }
  at::Tensor forward() {
    at::Tensor state = state_;
    for (int64_t step = 0; step < steps_; ++step) state = passing_->forward(state, weights_, edges_);
    return state;
  }
  double forward_time() {
    const c10::NoGradGuard no_grad;
    return milliseconds([&] { forward(); });
  }
  double both_time() {
    passing_->zero_grad();
    return milliseconds([&] { forward().square().sum().backward(); });
  }

 private:
  nn::MessagePassing passing_;
  int64_t steps_;
  attention::Edges edges_;
  at::Tensor weights_, state_;
};

/// Messages, gates, and the mixing layer.
double operations(int64_t towers, const TowersOptions& options) {
  const auto part = static_cast<double>(options.width / towers), width = static_cast<double>(options.width);
  const double node =
      width * part * static_cast<double>(options.types + 6) + (towers > 1 ? width * width : 0);
  return 2 * node * static_cast<double>(options.graphs * options.nodes * options.steps);
}

}  // namespace

std::vector<TowersRow> measure_towers(const TowersOptions& options,
                                      const std::function<void(int64_t done, int64_t total)>& progress) {
  std::vector<std::unique_ptr<Work>> works;
  for (const int64_t towers : options.towers) works.push_back(std::make_unique<Work>(towers, options));
  std::vector<std::vector<double>> forward(works.size()), both(works.size());
  for (int repeat = -1; repeat < options.repeats; ++repeat) {  // the first warms up
    for (size_t i = 0; i < works.size(); ++i) {
      const double one = works[i]->forward_time(), two = works[i]->both_time();
      if (repeat < 0) continue;
      forward[i].push_back(one);
      both[i].push_back(two);
    }
    if (progress) progress(repeat + 1, options.repeats);
  }
  std::vector<TowersRow> rows;
  for (size_t i = 0; i < works.size(); ++i) {
    rows.push_back({options.towers[i], works[i]->parameters(), operations(options.towers[i], options),
                    summarize(forward[i]), summarize(both[i])});
  }
  return rows;
}

}  // namespace heed::bench
