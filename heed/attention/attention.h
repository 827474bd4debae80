// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include <ATen/core/Tensor.h>

/// One operator for every model here: which positions may attend to which (pattern), how a query meets a key
/// (score), and what their relation adds to scores and values (relation).
namespace heed::attention {

// ---- Which positions may attend to which
// -------------------------------------------------------------------------

/// Query row i stands at position query_start + i (see Extents), key j at position j. Causal: only keys j <=
/// position.
struct Dense {
  bool causal = false;
};
using Pattern = std::variant<Dense>;

// ---- How a query meets a key
// -------------------------------------------------------------------------------------

/// scale * (query . key + relation); the default scale is head_dim^-1/2.
struct Dot {
  std::optional<double> scale;
};
using Score = std::variant<Dot>;

// ---- What their relation adds
// ------------------------------------------------------------------------------------

struct NoRelation {};

/// What keys farther away than the table reaches get: the row of the farthest distance, or no relation term
/// at all.
enum class Beyond { kClip, kNothing };

/// Embeddings of the distance between query and key.
/// With `key` alone and one table per head: Huang et al. 2018, Music Transformer, arXiv:1809.04281 (by
/// skewing). With `key` and `value` shared by the heads: Shaw et al. 2018, arXiv:1803.02155.
///
/// key, value  [heads or 1, rows, head_dim]; a table of one head is shared by all
/// The row of key position j seen from query position p is zero_row + (j - p), where
///   zero_row = rows - 1        in a causal pattern: the last row is distance 0, older keys use earlier rows;
///   zero_row = (rows - 1) / 2  otherwise (rows odd): the middle row is distance 0, later keys use later
///   rows.
/// `key` adds query . key_row to the score before scaling; `value` adds weight * value_row to the output.
struct Distance {
  at::Tensor key;
  std::optional<at::Tensor> value;
  Beyond beyond = Beyond::kClip;
};
using Relation = std::variant<NoRelation, Distance>;

// ---- What is there
// -----------------------------------------------------------------------------------------------

/// key_lengths  [batch] int64: keys at and beyond this length are padding and are never attended to
/// query_start  [batch] int64: the position of query row 0, for decoding with a cache; 0 when absent
/// segments     [batch, length] int64: packed sequences; a query sees only keys of its own segment. Needs
/// query and key
///              of one length and no query_start.
struct Extents {
  std::optional<at::Tensor> key_lengths, query_start, segments;
};

/// kReference  materialises [batch, heads, queries, keys]: the truth that tests compare with
/// kTiled      row tiles in libtorch operations, recomputed in backward: extra memory O(length * head_dim)
/// per head kAuto       the first of those that supports the problem, fastest first
enum class Backend { kAuto, kReference, kTiled };
const char* backend_name(Backend backend);
/// Throws heed::Error(kConfig) naming the nearest when there is no such backend.
Backend parse_backend(const std::string& name);

struct Spec {
  Pattern pattern = Dense{};
  Relation relation = NoRelation{};
  Score score = Dot{};
  Extents extents = {};
  Backend backend = Backend::kAuto;
};

struct Result {
  at::Tensor output;     ///< [batch, heads, queries, head_dim]
  at::Tensor logsumexp;  ///< [batch, heads, queries], float32 or float64; -inf in a row without keys
};

/// Scaled dot-product attention with a pattern and a relation.
///
/// query       [batch, heads, queries, head_dim], one floating dtype, one device
/// key, value  [batch, heads, keys, head_dim]
///
/// A row whose every key is masked gives zeros and gradient zero. Softmax is taken in float32 for half types.
/// Memory as the backend says; the tiled one recomputes its weights in backward.
/// Throws c10::Error when shapes, dtypes or devices disagree, or when a backend asked for by name cannot run
/// (with its reason). Differentiable once in query, key, value and the relation's tables; logsumexp carries
/// no gradient. Deterministic on CPU.
Result attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, const Spec& spec);

/// The weights [batch, chosen heads, chosen rows, keys] of the given heads and query rows, without the whole
/// matrix. No gradient.
at::Tensor attention_weights(const at::Tensor& query, const at::Tensor& key, const Spec& spec,
                             at::IntArrayRef heads, at::IntArrayRef rows);

/// What a backend is asked to do; cheap to make, so that `heed info` can ask without tensors.
struct Problem {
  at::Device device = at::kCPU;
  at::ScalarType dtype = at::kFloat;
  int64_t batch = 1, heads = 1, queries = 1, keys = 1, head_dim = 64;
  bool causal = false, relation = false, relation_value = false, needs_gradient = false;
};
Problem describe(const at::Tensor& query, const at::Tensor& key, const Spec& spec);

struct Support {
  bool ok = false;
  std::string reason;  ///< why not: "head_dim 80 is not a multiple of 16"
};
Support supports(Backend backend, const Problem& problem);
/// What kAuto takes for this problem.
Backend choose_backend(const Problem& problem);

}  // namespace heed::attention
