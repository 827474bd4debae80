# SPDX-License-Identifier: Apache-2.0
"""heed's attention operators for PyTorch; importing this loads libheed_ops (see python/README.md)."""

from heed.attention import (
    dense_attention,
    library_path,
    local_1d_attention,
    local_2d_attention,
    local_2d_order,
    local_2d_relation_rows,
    window_attention,
)
from heed.edges import Edges, edge_attention, edge_sum, sort_edges

__all__ = [
    "Edges",
    "dense_attention",
    "edge_attention",
    "edge_sum",
    "library_path",
    "local_1d_attention",
    "local_2d_attention",
    "local_2d_order",
    "local_2d_relation_rows",
    "sort_edges",
    "window_attention",
]
