// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "heed/kernels/cached_attention.h"
#include "heed/kernels/numbers.h"
#include "heed/kernels/simd.h"

/// cached_attention.h for files compiled once for each instruction set.
namespace heed::kernels {
namespace {

/// Two vectors of numbers: bfloat16 widens by one operation each where a vector takes every other number.
struct TwoVectors {
  Floats first, second;
};
inline TwoVectors load_two(const float* from) {
  return {load(from), load(from + kLanes)};
}
inline TwoVectors load_two(const uint16_t* from) {
  const Words pairs = *reinterpret_cast<const WordsAnywhere*>(from);
  return {reinterpret_cast<Floats>(pairs << 16), reinterpret_cast<Floats>(pairs & splat(kHighHalf))};
}
/// Where number i of two vectors stands in what load_two gives.
template <class Number>
constexpr int place_in_two(int i) {
  return sizeof(Number) == 4 ? i : i / 2 + i % 2 * kLanes;
}

/// a b + c, rounded once where vectors round once. Left to the compiler, a loop over even positions could round
/// otherwise than one over listed positions.
inline float multiply_add(float a, float b, float c) {
#ifdef __FMA__
  return __builtin_fmaf(a, b, c);
#else
  return a * b + c;
#endif
}

/// One step of sums_of_all: the halves of a and b, added.
template <int kHalf>
[[gnu::always_inline]] inline Floats fold_halves(Floats a, Floats b) {
  Ints low{}, high{};
  for (int i = 0; i < kLanes; ++i) {
    low[i] = (i & kHalf) ? kLanes + (i ^ kHalf) : i;
    high[i] = (i & kHalf) ? kLanes + i : (i | kHalf);
  }
  return __builtin_shuffle(a, b, low) + __builtin_shuffle(a, b, high);
}

/// The sum of each vector's lanes: lane i of the result is that of x[i]. Overwrites x.
template <int kHalf = kLanes / 2>
[[gnu::always_inline]] inline Floats sums_of_all(Floats (&x)[kLanes]) {
#pragma GCC unroll 16
  for (int i = 0; i < kHalf; ++i) x[i] = fold_halves<kHalf>(x[i], x[i + kHalf]);
  if constexpr (kHalf > 1) return sums_of_all<kHalf / 2>(x);
  return x[0];
}

/// Scores become weights that sum to 1, in whole vectors: room for the last one's other lanes is there.
inline void softmax(float* scores, int32_t count) {
  for (int32_t t = count; t % kLanes != 0; ++t) scores[t] = -kInfinity;
  Floats most = load(scores), total{};
  for (int32_t t = kLanes; t < count; t += kLanes) most = maximum(load(scores + t), most);
  const Floats top = splat(largest(most));
  for (int32_t t = 0; t < count; t += kLanes) {
    const Floats weight = exponential(load(scores + t) - top);
    store(scores + t, weight);
    total += weight;
  }
  const Floats share = splat(1 / sum(total));
  for (int32_t t = 0; t < count; t += kLanes) store(scores + t, load(scores + t) * share);
}

/// Positions that follow each other in one slot, and whose distances count up: nothing is looked up.
struct EvenPlaces {
  int64_t first, step;
  int32_t row, rows, clipped;  ///< of the tables: met by position 0; their number; met beyond them

  int64_t offset(int32_t t) const { return first + t * step; }
  int32_t met(int32_t t) const {
    const int32_t at = row + t;
    return at >= 0 && at < rows ? at : clipped;
  }
};

/// Any positions, by lists that are made once for all heads.
struct ListedPlaces {
  const int64_t* offsets;
  const int32_t* rows;

  int64_t offset(int32_t t) const { return offsets[t]; }
  int32_t met(int32_t t) const { return rows[t]; }
};

/// Positions between what is computed and what is fetched.
constexpr int32_t kFetchedAhead = 32;

/// One query's work on one head. Number: float, or uint16_t for bfloat16.
template <class Number, class Places>
struct HeadWork {
  const CachedProblem& problem;
  int64_t query;
  int32_t head;
  Places places;
  float* scores;            ///< [whole vectors of the count]
  float *vector, *natural;  ///< [head_dim]: the query as keys are loaded, and as it is
  const float* zeros;       ///< [head_dim]
  const Number* next;       ///< first key of the work behind this, or null

  int32_t width() const { return problem.head_dim; }
  int32_t length() const { return problem.query[query].count; }
  const Number* at(const void* all, int32_t t) const {
    return static_cast<const Number*>(all) + places.offset(t) + head * problem.store.head;
  }
  const float* met_row(const float* tables, int32_t t) const {
    const int32_t row = places.met(t);
    return row < 0 ? zeros : tables + head * problem.relation.head + int64_t{row} * width();
  }
  /// Brings position t into the cache: of the keys, behind them of the values, behind these of the next keys.
  void fetch(int32_t t) const {
    constexpr int32_t kLine = 64 / static_cast<int32_t>(sizeof(Number));
    const int32_t count = length();
    const Number* from;
    if (t < count)
      from = at(problem.store.key, t);
    else if (t < 2 * count)
      from = at(problem.store.value, t - count);
    else if (next && t - 2 * count < count)
      from = next + (at(problem.store.key, t - 2 * count) - at(problem.store.key, 0));
    else
      return;
    for (int32_t i = 0; i < width(); i += kLine) __builtin_prefetch(from + i, 0, 3);
  }

  float* output() const { return problem.output + (query * problem.heads + head) * width(); }

  /// The numbers that whole pairs of vectors hold lie as load_two gives them.
  int32_t paired() const { return width() / (2 * kLanes) * (2 * kLanes); }

  void take_query() {
    const float* from = problem.vectors + query * problem.vectors_row + head * width();
    for (int32_t i = 0; i < width(); ++i) vector[i] = natural[i] = problem.scale * from[i];
    for (int32_t i = 0; i < paired(); i += 2 * kLanes) {
      for (int32_t n = 0; n < 2 * kLanes; ++n) vector[i + place_in_two<Number>(n)] = natural[i + n];
    }
  }

  void score() {
    take_query();
    if (problem.relation.key)
      score_all<true>();
    else
      score_all<false>();
  }

  /// A vector of scores at a time. Positions past the last are the last once more.
  template <bool kRelation>
  void score_all() {
    for (int32_t t = 0; t < length(); t += kLanes) {
      for (int v = 0; v < kLanes; ++v) fetch(t + v + kFetchedAhead);
      Floats totals[kLanes];
#pragma GCC unroll 4
      for (int v = 0; v < kLanes; v += 4) add_products<kRelation>(t + v, totals + v);
      Floats all = sums_of_all(totals);
      if (paired() < width()) all += rest_of_products<kRelation>(t);
      store(scores + t, all);
    }
  }

  int32_t last_of(int32_t t) const {
    return t < length() ? t : length() - 1;
  }

  /// Of four positions from t on: the query's products with the keys and with the embeddings that they meet,
  /// in one sum. Inlined where the compiler would not: it is few steps long.
  template <bool kRelation>
  [[gnu::always_inline]] void add_products(int32_t t, Floats* totals) {
    const Number* keys[4];
    const float* rows[4];
    for (int32_t v = 0; v < 4; ++v) {
      keys[v] = at(problem.store.key, last_of(t + v));
      if constexpr (kRelation) rows[v] = met_row(problem.relation.key, last_of(t + v));
    }
    Floats sum[4] = {};
    const int32_t end = paired();
    for (int32_t i = 0; i < end; i += 2 * kLanes) {
      const Floats first = load(vector + i), second = load(vector + i + kLanes);
#pragma GCC unroll 4
      for (int v = 0; v < 4; ++v) {
        const TwoVectors key = load_two(keys[v] + i);
        sum[v] = multiply_add(second, key.second, multiply_add(first, key.first, sum[v]));
      }
      if constexpr (kRelation) {
        const Floats low = load(natural + i), high = load(natural + i + kLanes);
#pragma GCC unroll 4
        for (int v = 0; v < 4; ++v)
          sum[v] =
              multiply_add(high, load(rows[v] + i + kLanes), multiply_add(low, load(rows[v] + i), sum[v]));
      }
    }
#pragma GCC unroll 4
    for (int v = 0; v < 4; ++v) totals[v] = sum[v];
  }

  /// What numbers in no whole pair of vectors add to kLanes scores from t on.
  template <bool kRelation>
  Floats rest_of_products(int32_t t) {
    Floats all{};
    for (int v = 0; v < kLanes; ++v) {
      const Number* key = at(problem.store.key, last_of(t + v));
      const float* row = kRelation ? met_row(problem.relation.key, last_of(t + v)) : zeros;
      int32_t i = paired();
      Floats whole{};
      for (; i + kLanes <= width(); i += kLanes) {
        whole = multiply_add(load(natural + i), load_numbers(key + i), whole);
        if constexpr (kRelation) whole = multiply_add(load(natural + i), load(row + i), whole);
      }
      float total = sum(whole);
      for (; i < width(); ++i) total = multiply_add(natural[i], number(key[i]) + row[i], total);
      all[v] = total;
    }
    return all;
  }

  void add_values() {
    int32_t i = 0;
    for (; i + 4 * kLanes <= width(); i += 4 * kLanes) add_pairs<2>(i);
    for (; i + 2 * kLanes <= width(); i += 2 * kLanes) add_pairs<1>(i);
    for (; i + kLanes <= width(); i += kLanes) add_vector(i);
    for (; i < width(); ++i) add_number_at(i);
    if (problem.relation.value) add_value_relation();
  }

  /// kPairs pairs of vectors of the output from number i on stay in registers. Even and odd positions have
  /// sums of their own, so that an addition does not wait for the one before.
  template <int kPairs>
  void add_pairs(int32_t i) {
    Floats totals[2][2 * kPairs] = {};
    const auto add = [&](int32_t t, Floats(&total)[2 * kPairs]) {
      const Floats weight = splat(scores[t]);
      const Number* value = at(problem.store.value, t) + i;
#pragma GCC unroll 4
      for (int v = 0; v < kPairs; ++v) {
        const TwoVectors two = load_two(value + 2 * v * kLanes);
        total[2 * v] = multiply_add(weight, two.first, total[2 * v]);
        total[2 * v + 1] = multiply_add(weight, two.second, total[2 * v + 1]);
      }
    };
    int32_t t = 0;
    for (; t + 2 <= length(); t += 2) {
      if (i == 0) {
        fetch(length() + t + kFetchedAhead);
        fetch(length() + t + 1 + kFetchedAhead);
      }
      add(t, totals[0]);
      add(t + 1, totals[1]);
    }
    if (t < length()) add(t, totals[0]);
    for (int v = 0; v < kPairs; ++v) {
      float two[2 * kLanes];
      store(two, totals[0][2 * v] + totals[1][2 * v]);
      store(two + kLanes, totals[0][2 * v + 1] + totals[1][2 * v + 1]);
      float* to = output() + i + 2 * v * kLanes;
      for (int n = 0; n < 2 * kLanes; ++n) to[n] = two[place_in_two<Number>(n)];
    }
  }

  void add_vector(int32_t i) {
    Floats total{};
    for (int32_t t = 0; t < length(); ++t)
      total = multiply_add(splat(scores[t]), load_numbers(at(problem.store.value, t) + i), total);
    store(output() + i, total);
  }

  /// Number i of the output, which is in no whole vector.
  void add_number_at(int32_t i) {
    float total = 0;
    for (int32_t t = 0; t < length(); ++t)
      total = multiply_add(scores[t], number(at(problem.store.value, t)[i]), total);
    output()[i] = total;
  }

  void add_value_relation() {
    const int32_t whole = width() / kLanes * kLanes;
    for (int32_t t = 0; t < length(); ++t) {
      if (places.met(t) < 0) continue;
      const float* row = met_row(problem.relation.value, t);
      const Floats weight = splat(scores[t]);
      for (int32_t i = 0; i < whole; i += kLanes)
        store(output() + i, multiply_add(weight, load(row + i), load(output() + i)));
      for (int32_t i = whole; i < width(); ++i) output()[i] = multiply_add(scores[t], row[i], output()[i]);
    }
  }

  void give_weights() {
    const CachedQuery& seen = problem.query[query];
    float* to = problem.weights + (query * problem.heads + head) * problem.positions;
    for (int64_t t = 0; t < problem.positions; ++t) to[t] = 0;
    for (int32_t t = 0; t < length(); ++t) to[seen.seen ? seen.seen[t] : seen.first + t] = scores[t];
  }

  void run() {
    score();
    softmax(scores, length());
    add_values();
    if (problem.weights) give_weights();
  }
};

/// The memory of a call: lists of positions, and what a head's work needs.
struct CachedScratch {
  int64_t* offsets;
  int32_t* rows;
  float *zeros, *vector, *natural, *scores;

  CachedScratch(const CachedProblem& problem, int64_t longest, void* memory)
      : offsets(static_cast<int64_t*>(memory)),
        rows(reinterpret_cast<int32_t*>(offsets + longest)),
        zeros(reinterpret_cast<float*>(rows + longest)),
        vector(zeros + problem.head_dim),
        natural(vector + problem.head_dim),
        scores(natural + problem.head_dim) {
    fill(zeros, problem.head_dim, 0);
  }
};

/// The row of the tables that a position at this distance before the query's own meets; below 0: none.
inline int32_t met_row(const CachedRelation& relation, int32_t distance) {
  const int32_t row = relation.zero - distance;
  if (row >= 0 && row < relation.rows) return row;
  if (!relation.clip) return -1;
  return row < 0 ? 0 : relation.rows - 1;
}

inline bool is_even(const CachedProblem& p, const CachedQuery& query) {
  return p.slot_position == 0 && query.seen == nullptr && p.relation.coordinate == nullptr;
}

inline EvenPlaces even_places(const CachedProblem& p, const CachedQuery& query) {
  const CachedRelation& relation = p.relation;
  return {.first = query.first * p.store.position + p.slots[query.row] * p.store.slot,
          .step = p.store.position,
          .row = relation.zero - (query.count - 1),
          .rows = relation.rows,
          .clipped = relation.clip ? 0 : -1};
}

inline ListedPlaces list_places(const CachedProblem& p, const CachedQuery& query,
                                const CachedScratch& scratch) {
  const auto position = [&](int32_t t) { return query.seen ? query.seen[t] : query.first + t; };
  const auto coordinate = [&](int32_t t) {
    return p.relation.coordinate ? p.relation.coordinate[position(t)] : position(t);
  };
  const int32_t own = coordinate(query.count - 1);
  for (int32_t t = 0; t < query.count; ++t) {
    const int64_t at = position(t);
    scratch.offsets[t] = at * p.store.position + p.slots[at * p.slot_position + query.row] * p.store.slot;
    scratch.rows[t] = met_row(p.relation, own - coordinate(t));
  }
  return {scratch.offsets, scratch.rows};
}

/// What several queries of one call have in common.
template <class Number>
struct CachedCall {
  const CachedProblem& problem;
  const CachedScratch& scratch;

  template <class Places>
  void run(int64_t i, int32_t head, Places places, const Number* next) const {
    HeadWork<Number, Places>{
        problem, i, head, places, scratch.scores, scratch.vector, scratch.natural, scratch.zeros, next}
        .run();
  }

  const Number* first_key(int64_t i, int32_t head) const {
    const int64_t at = even_places(problem, problem.query[i]).first + head * problem.store.head;
    return static_cast<const Number*>(problem.store.key) + at;
  }

  /// Head by head where positions need no list: queries share the head's table in the second cache.
  void run_even(int64_t begin, int64_t end, int32_t head_begin, int32_t head_end) const {
    for (int32_t head = head_begin; head < head_end; ++head) {
      for (int64_t i = begin; i < end; ++i) {
        if (!is_even(problem, problem.query[i])) continue;
        const Number* next = i + 1 < end           ? first_key(i + 1, head)
                             : head + 1 < head_end ? first_key(begin, head + 1)
                                                   : nullptr;
        run(i, head, even_places(problem, problem.query[i]), next);
      }
    }
  }

  /// Else query by query, so that its list is made once.
  void run_listed(int64_t begin, int64_t end, int32_t head_begin, int32_t head_end) const {
    for (int64_t i = begin; i < end; ++i) {
      if (is_even(problem, problem.query[i])) continue;
      const ListedPlaces places = list_places(problem, problem.query[i], scratch);
      for (int32_t head = head_begin; head < head_end; ++head) run(i, head, places, nullptr);
    }
  }
};

template <class Call>
inline void attend_all(const Call& call, int64_t begin, int64_t end, int32_t head_begin, int32_t head_end) {
  call.run_even(begin, end, head_begin, head_end);
  call.run_listed(begin, end, head_begin, head_end);
}

inline void cached_attend(const CachedProblem& problem, int64_t begin, int64_t end, int32_t head_begin,
                          int32_t head_end, void* memory) noexcept {
  int64_t longest = 0;
  for (int64_t i = begin; i < end; ++i)
    longest = longest > problem.query[i].count ? longest : problem.query[i].count;
  const CachedScratch scratch(problem, longest, memory);
  if (problem.store.element == Element::kFloat)
    attend_all(CachedCall<float>{problem, scratch}, begin, end, head_begin, head_end);
  else
    attend_all(CachedCall<uint16_t>{problem, scratch}, begin, end, head_begin, head_end);
}

inline void round_to_bfloat16(const float* from, uint16_t* to, int64_t count) noexcept {
  for (int64_t i = 0; i < count; ++i) to[i] = to_bfloat16(from[i]);
}

constexpr CachedKernels cached_kernels() {
  return {cached_attend, round_to_bfloat16};
}

}  // namespace
}  // namespace heed::kernels
