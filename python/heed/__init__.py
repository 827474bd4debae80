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

__all__ = [
    "dense_attention",
    "library_path",
    "local_1d_attention",
    "local_2d_attention",
    "local_2d_order",
    "local_2d_relation_rows",
    "window_attention",
]
