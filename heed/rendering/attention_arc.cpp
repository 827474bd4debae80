// SPDX-License-Identifier: Apache-2.0
#include "heed/rendering/attention_arc.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

namespace heed::rendering {
namespace {

void check_arcs(std::span<const AttentionArc> arcs, int64_t tokens, const char* caller) {
  for (const AttentionArc& arc : arcs) {
    if (arc.from >= 0 && arc.to >= 0 && arc.from < tokens && arc.to < tokens) continue;
    throw std::invalid_argument("[" + std::string(caller) + "] an arc joins tokens " +
                                std::to_string(arc.from) + " and " + std::to_string(arc.to) + ", there are " +
                                std::to_string(tokens));
  }
}

std::vector<AttentionArc> select_arcs(std::span<const AttentionArc> arcs, double threshold, int top) {
  std::vector<AttentionArc> kept;
  for (const AttentionArc& arc : arcs) {
    if (std::isfinite(arc.weight) && arc.weight > 0 && arc.weight >= threshold) kept.push_back(arc);
  }
  std::stable_sort(kept.begin(), kept.end(),
                   [](const auto& a, const auto& b) { return a.weight > b.weight; });
  if (top > 0) {
    std::map<std::pair<int, int>, int> seen;
    std::erase_if(kept, [&](const auto& arc) { return ++seen[{arc.from, arc.head}] > top; });
  }
  std::reverse(kept.begin(), kept.end());
  return kept;
}

}  // namespace

ArcChoice::ArcChoice(std::span<const AttentionArc> arcs, int64_t tokens, double threshold, int top,
                     const char* caller)
    : threshold_(threshold) {
  check_arcs(arcs, tokens, caller);
  std::set<int> heads;
  for (const AttentionArc& arc : arcs) heads.insert(arc.head);
  heads_.assign(heads.begin(), heads.end());
  kept_ = select_arcs(arcs, threshold, top);
}

std::vector<int> ArcChoice::queries() const {
  std::set<int> queries;
  for (const AttentionArc& arc : kept_) queries.insert(arc.from);
  return {queries.begin(), queries.end()};
}

size_t ArcChoice::index(int head) const {
  return static_cast<size_t>(std::lower_bound(heads_.begin(), heads_.end(), head) - heads_.begin());
}

Stroke ArcChoice::stroke(const AttentionArc& arc) const {
  const double part = share(arc);
  return {with_alpha(color(arc.head), 0.18 + 0.72 * part), 0.8 + 3.2 * std::sqrt(part)};
}

void ArcChoice::paint_key(Canvas& canvas, Point at, const AttentionArc& arc) const {
  const double part = share(arc);
  canvas.fill_circle(at, 1.6 + 1.8 * std::sqrt(part), with_alpha(color(arc.head), 0.35 + 0.6 * part));
}

std::vector<LegendEntry> ArcChoice::legend() const {
  std::vector<LegendEntry> legend;
  for (const int head : heads_) {
    const auto of_head = [&](const AttentionArc& arc) { return arc.head == head; };
    std::string name = "head " + std::to_string(head);
    if (std::none_of(kept_.begin(), kept_.end(), of_head)) {
      char note[48] = " (no weight)";
      if (threshold_ > 0) std::snprintf(note, sizeof note, " (no weight of %g %%)", 100 * threshold_);
      name += note;
    }
    legend.push_back({name, {color(head)}});
  }
  return legend;
}

}  // namespace heed::rendering
