# SPDX-License-Identifier: Apache-2.0
"""One list of small problems for every test here: odd sizes, every pattern and relation."""

import dataclasses
from collections.abc import Callable

import torch

import formulas
import heed


@dataclasses.dataclass
class Case:
    """operator(*tensors, **options, **fixed): floating tensors in `shapes`, the named ones by keyword."""

    name: str
    operator: Callable
    formula: Callable
    shapes: dict
    options: dict

    def tensors(self, dtype, requires_grad=True):
        """Non-contiguous where the axes allow it: [batch, heads, length, head_dim] of [batch, length, heads, head_dim]."""
        made = {}
        for name, shape in self.shapes.items():
            tensor = torch.randn(shape, dtype=torch.float64).to(dtype)
            tensor = tensor.transpose(-2, -3).contiguous().transpose(-2, -3)
            made[name] = tensor.requires_grad_(requires_grad)
        return made


def qkv(batch, heads, queries, head_dim, keys=None, **tables):
    keys = queries if keys is None else keys
    return {"query": (batch, heads, queries, head_dim), "key": (batch, heads, keys, head_dim),
            "value": (batch, heads, keys, head_dim), **tables}


LINE = dict(query_block=5, memory_before=4)
IMAGE = dict(height=5, width=4, query_height=2, query_width=3, flange=1, channels=2)
IMAGE_ROWS = 2 * ((2 * 8 + 3) * 2 + 1) + 1

CASES = [
    Case("dense_full", heed.dense_attention, formulas.dense, qkv(2, 3, 9, 12, keys=13), {}),
    Case("dense_music", heed.dense_attention, formulas.dense, qkv(2, 2, 67, 20, relation_key=(2, 31, 20)),
         dict(causal=True)),
    Case("dense_music_not_clipped", heed.dense_attention, formulas.dense,
         qkv(1, 2, 17, 8, relation_key=(2, 6, 8)), dict(causal=True, clip=False, scale=0.5)),
    Case("dense_shaw_with_padding", heed.dense_attention, formulas.dense,
         qkv(2, 3, 33, 16, relation_key=(1, 9, 16), relation_value=(1, 9, 16)),
         dict(key_lengths=torch.tensor([33, 7]))),
    Case("dense_cached", heed.dense_attention, formulas.dense, qkv(2, 2, 3, 8, keys=11, relation_key=(2, 11, 8)),
         dict(causal=True, query_start=torch.tensor([8, 5]))),
    Case("dense_packed", heed.dense_attention, formulas.dense, qkv(2, 2, 12, 8),
         dict(causal=True, segments=torch.tensor([[0] * 5 + [1] * 7, [0] * 1 + [1] * 2 + [2] * 9]))),
    Case("dense_row_without_keys", heed.dense_attention, formulas.dense, qkv(2, 1, 5, 8),
         dict(key_lengths=torch.tensor([0, 5]))),
    Case("dense_one_position", heed.dense_attention, formulas.dense, qkv(1, 1, 1, 8), dict(causal=True)),
    Case("local_1d", heed.local_1d_attention, formulas.local_1d, qkv(2, 2, 23, 12), LINE),
    Case("local_1d_relation", heed.local_1d_attention, formulas.local_1d,
         qkv(1, 2, 23, 8, relation_key=(2, 6, 8), relation_value=(1, 6, 8)), LINE),
    Case("local_2d", heed.local_2d_attention, formulas.local_2d, qkv(2, 2, 40, 12), IMAGE),
    Case("local_2d_relation", heed.local_2d_attention, formulas.local_2d,
         qkv(1, 2, 40, 8, relation_key=(2, IMAGE_ROWS, 8)), IMAGE),
    Case("window_7x7", heed.window_attention, formulas.window,
         qkv(2, 2, 9 * 8, 8, row=(2, 7, 4), column=(2, 7, 4)), dict(height=9, width=8)),
    Case("window_no_tables", heed.window_attention, formulas.window, qkv(1, 3, 5 * 6, 12),
         dict(height=5, width=6, size=3)),
    Case("window_stride_2", heed.window_attention, formulas.window,
         qkv(2, 2, 4 * 3, 8, keys=7 * 6, row=(1, 3, 4), column=(1, 3, 4)),
         dict(height=7, width=6, size=3, stride=2)),
    Case("window_zero_border", heed.window_attention, formulas.window,
         qkv(1, 2, 5 * 4, 8, row=(2, 5, 4), column=(2, 5, 4)), dict(height=5, width=4, size=5, zero_border=True)),
]
