# SPDX-License-Identifier: Apache-2.0
"""Attention and sums along the edges of a graph; heed/attention/edges.h says more.

Rows are nodes: query is [targets, heads, head_dim], value [sources, heads, head_dim]. Targets and sources are the same nodes,
or two kinds of nodes. What belongs to edges is in the order of edges by target: take(Edges.order, 0) brings yours into it.
"""

import typing

import torch

import heed.attention  # loads the library  # noqa: F401


class Edges(typing.NamedTuple):
    """A list of edges, sorted by target, and the same sorted by source for the backward pass."""

    target_begin: torch.Tensor  # [targets + 1] int64: the edges of target i are target_begin[i] ... target_begin[i + 1] - 1
    source: torch.Tensor        # [edges] int32
    source_begin: torch.Tensor  # [sources + 1] int64
    edge: torch.Tensor          # [edges] int64: the number by target of each edge by source
    target: torch.Tensor        # [edges] int32: its target
    order: torch.Tensor         # [edges] int64: the place of each edge by target in the list that was sorted


def sort_edges(source, target, sources, targets=None):
    """Edges from source to target, [edges] of an integer type each; edges of one target keep their order."""
    return Edges(*torch.ops.heed.sort_edges(source, target, sources, sources if targets is None else targets))


def edge_attention(query, key, value, edges, *, score="dot", vector=None, relation_key=None, relation_value=None,
                   relation_bias=None, type=None, scale=None, slope=0.2, dropout=0.0, seed=None):
    """Each target attends to the sources of its edges; a target without edges gets zeros.

    score   "dot": scale * query . key, scale head_dim ** -0.5 unless given
            "gat": leaky_relu(query + key), both [nodes, heads, 1] (arXiv:1710.10903)
            "gatv2": vector . leaky_relu(query + key), vector [heads, head_dim] (arXiv:2105.14491)
    slope   of leaky_relu below 0
    relation_key, relation_value  [rows, heads, head_dim]: added to key and value; relation_bias [rows, heads] to the score
    type    [edges] int32: the row of each edge; absent: an edge has a row of its own
    """
    return torch.ops.heed.edge_attention(
        query, key, value, *edges[:5], score=score, vector=vector, relation_key=relation_key, relation_value=relation_value,
        relation_bias=relation_bias, type=type, scale=scale, slope=slope, dropout=dropout, seed=seed)[0]


def edge_sum(value, weights, edges):
    """The sum of weights * value[source] over the edges of each target; value [sources, heads or 1, head_dim], weights [edges, heads or 1]."""
    return torch.ops.heed.edge_sum(value, weights.to(value.dtype), *edges[:5])
