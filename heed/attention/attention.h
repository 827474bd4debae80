// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include <ATen/core/Tensor.h>

/// One operator for every model: which positions may attend to which (pattern), how a query meets a key
/// (score), and what the relation of the two adds to scores and values (relation).
namespace heed::attention {

// The pattern: which positions may attend to which.

/// Query row i is at position query_start + i (see Extents), key j at position j. Causal: a query sees the
/// keys j <= its own position.
struct Dense {
  bool causal = false;
};

/// Image Transformer, local 1D (Parmar et al. 2018, arXiv:1802.05751, section 3.2). The sequence is split
/// into blocks of `query_block` positions (the last may be shorter). A query sees the `memory_before`
/// positions before its block and, causally, its own block. Queries and keys have the same length.
struct Local1d {
  int64_t query_block = 256, memory_before = 256;
};

/// Image Transformer, local 2D. An image of height x width pixels with `channels` positions each is split
/// into blocks of query_height x query_width pixels (those at the right and lower edge may be smaller). The
/// sequence is in block raster order: block after block, each in raster order (see local_2d_order). The
/// memory rectangle of a block reaches `flange` pixels above, left and right of it; a query sees the
/// positions of this rectangle that come before it in the sequence, and itself.
struct Local2d {
  int64_t height = 32, width = 32, channels = 3, query_height = 8, query_width = 8, flange = 8;
};

/// What lies beyond the image.
/// kMasked  nothing
/// kZero    keys and values of zeros, which take part in the softmax and have the scores of a relation
enum class Border { kMasked, kZero };

/// Stand-alone self-attention (Ramachandran et al. 2019, arXiv:1906.05909): each query sees the size x size
/// keys around it (size odd). Keys are the height x width pixels of an image in raster order. Queries are at
/// every stride-th row and column: ceil(height / stride) x ceil(width / stride) of them.
struct Window2d {
  int64_t height = 0, width = 0, size = 7, stride = 1;
  Border border = Border::kMasked;
};

/// The edges of a graph, or of several whose nodes are numbered on: each target node attends to the sources of its edges. Sorted by
/// target, and for the backward pass by source; make_edges() (edges.h) makes them of a list. Targets and sources are the same
/// nodes, or two kinds of nodes. Edges are numbered by target.
struct Edges {
  at::Tensor
      target_begin;  ///< [targets + 1] int64: the edges of target i are target_begin[i] .. target_begin[i + 1] - 1
  at::Tensor source;        ///< [edges] int32
  at::Tensor source_begin;  ///< [sources + 1] int64
  at::Tensor edge;          ///< [edges] int64: the number by target of each edge by source
  at::Tensor target;        ///< [edges] int32: its target
  at::Tensor order;         ///< [edges] int64: the place of each edge in the list that they were made of

  int64_t targets() const { return target_begin.size(0) - 1; }
  int64_t sources() const { return source_begin.size(0) - 1; }
  int64_t size() const { return source.size(0); }
};

using Pattern = std::variant<Dense, Local1d, Local2d, Window2d, Edges>;

// The score: how a query meets a key.

/// scale * (query . key + relation); the default scale is head_dim^-1/2.
struct Dot {
  std::optional<double> scale;
};

/// leaky_relu(query + key) of one number for each node and head, along edges: GAT, Velickovic et al. 2018, arXiv:1710.10903.
struct Gat {
  double slope = 0.2;
};

/// vector . leaky_relu(query + key), along edges: GATv2, Brody et al. 2022, arXiv:2105.14491.
///
/// vector  [heads, head_dim]
struct GatV2 {
  at::Tensor vector;
  double slope = 0.2;
};
using Score = std::variant<Dot, Gat, GatV2>;

// The relation: what it adds to scores and values.

struct NoRelation {};

/// Keys whose distance is beyond the table.
/// kClip     use the row of the farthest distance
/// kNothing  have no relation term
enum class Beyond { kClip, kNothing };

/// Embeddings of the distance between query and key.
/// With `key` alone and one table per head: Huang et al. 2018, Music Transformer, arXiv:1809.04281 (by
/// skewing). With `key` and `value` shared by the heads: Shaw et al. 2018, arXiv:1803.02155.
///
/// key, value  [heads or 1, rows, head_dim]; all heads share a table of one head
/// The row of key position j seen from query position p is zero_row + (j - p), where
///   zero_row = rows - 1        in a causal pattern: the last row is distance 0, older keys use earlier rows;
///   zero_row = (rows - 1) / 2  otherwise (rows odd): the middle row is distance 0, later keys use later ones.
/// Local1d is a causal pattern. In Local2d the distance of a key that lies dy rows down, dx columns right and
/// dc channels on is (dy * pitch + dx) * channels + dc with pitch = 2 * (query_width + flange), wide enough
/// that different dy never overlap. Its rows are odd, because a key may come earlier in the sequence and lie
/// further down in the image.
/// `key` adds query . key_row to the score before scaling; `value` adds weight * value_row to the output.
struct Distance {
  at::Tensor key;
  std::optional<at::Tensor> value;
  Beyond beyond = Beyond::kClip;
};

/// Embeddings of the row offset and the column offset between query and key, for windows (Ramachandran et al.
/// 2019, section 3.1): the first half of the query meets `row`, the second half `column`.
///
/// row, column  [heads or 1, size, head_dim / 2]; entry size / 2 is offset 0
struct RowColumn {
  at::Tensor row, column;
};

/// What an edge adds: rows of tables by its type (with Dot this is Shaw's relation with the label of the edge in place of the
/// distance), or rows of its own. Each optional.
///
/// type   [edges] int32: the row of each edge; absent: an edge has a row of its own
/// key    [rows, heads, head_dim]: added to the key; not with Gat
/// value  [rows, heads, head_dim]: added to the value
/// bias   [rows, heads]: added to the score, with Gat before leaky_relu
struct EdgeRelation {
  std::optional<at::Tensor> type, key, value, bias;
};
using Relation = std::variant<NoRelation, Distance, RowColumn, EdgeRelation>;

/// Drops each weight with probability p and scales the others by 1 / (1 - p). The choice depends only on
/// (seed, batch element, head, query, key), along edges on (seed, edge, head), so that backward and every backend
/// repeat it.
///
/// seed  int64, one number, on the CPU; required when p > 0
struct Dropout {
  double p = 0;
  at::Tensor seed;
};

/// The sizes of each batch element.
///
/// key_lengths  [batch] int64: keys at and beyond this length are padding and are never attended to
/// query_start  [batch] int64: the position of query row 0, for decoding with a cache; 0 when absent
/// segments     [batch, length] int64: packed sequences; a query sees only keys of its own segment. Requires
///              queries and keys of the same length and no query_start.
struct Extents {
  std::optional<at::Tensor> key_lengths, query_start, segments;
};

/// kReference  materialises [batch, heads, queries, keys]; tests compare every backend with it
/// kFused      heed's own kernels: CPU, float32 and bfloat16, for the instruction set of this machine
/// kTiled      row tiles in libtorch operations, recomputed in backward: extra memory O(length * head_dim)
/// per
///             head
/// kAuto       the fastest of those that support the problem
enum class Backend { kAuto, kReference, kTiled, kFused };
const char* backend_name(Backend backend);
/// Throws heed::Error(kConfig) naming the nearest name when there is no such backend.
Backend parse_backend(const std::string& name);

struct Spec {
  Pattern pattern = Dense{};
  Relation relation = NoRelation{};
  Score score = Dot{};
  Extents extents = {};
  Dropout dropout = {};
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
/// Along Edges: query [targets, heads, head_dim], key and value [sources, heads, head_dim], output [targets, heads, head_dim],
/// logsumexp [targets, heads]; with Gat query and key are [nodes, heads, 1].
///
/// A row whose keys are all masked gives zeros and has gradient zero. Softmax is computed in float32 for half
/// types. Backend lists the memory that each backend needs; the tiled one recomputes its weights in backward.
/// Throws c10::Error when shapes, dtypes or devices disagree, or when a backend that was asked for by name
/// cannot run (with its reason). Differentiable once in query, key, value and the relation's tables;
/// logsumexp has no gradient. Deterministic on CPU.
Result attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, const Spec& spec);

/// The weights [batch, chosen heads, chosen rows, keys] of the given heads and query rows, without the whole
/// matrix. Without gradient and without dropout.
at::Tensor attention_weights(const at::Tensor& query, const at::Tensor& key, const Spec& spec,
                             at::IntArrayRef heads, at::IntArrayRef rows);

/// The index in the image's raster order (row, column, channel) of each position of a Local2d sequence,
/// [positions] int64.
at::Tensor local_2d_order(const Local2d& pattern);
/// Rows of a Distance table that has a row for every distance of the pattern.
int64_t local_2d_relation_rows(const Local2d& pattern);

/// The family of operators that computes a pattern.
enum class Family { kDense, kLocal, kWindow, kEdges };

/// What a backend is asked to do. It has no tensors, so that `heed info` can ask without making them.
struct Problem {
  Family family = Family::kDense;
  at::Device device = at::kCPU;
  at::ScalarType dtype = at::kFloat;
  int64_t batch = 1, heads = 1, queries = 1, keys = 1, head_dim = 64;
  bool causal = false, relation = false, relation_value = false, needs_gradient = false;
};
Problem describe(const at::Tensor& query, const at::Tensor& key, const Spec& spec);

struct Support {
  bool ok = false;
  std::string reason;  ///< why not, such as "head_dim 80 is not a multiple of 16"
};
Support supports(Backend backend, const Problem& problem);
/// The backend that kAuto means for this problem.
Backend choose_backend(const Problem& problem);

}  // namespace heed::attention
