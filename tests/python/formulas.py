# SPDX-License-Identifier: Apache-2.0
"""Attention as the papers write it, in plain PyTorch: what heed's operators are held against."""

import torch
import torch.nn.functional as F


def attend(query, key, value, keep, *, scale=None, distance=None, zero_row=0, relation_key=None,
           relation_value=None, clip=True, factors=None):
    """All scores at once. keep, distance: broadcast to [batch, heads, queries, keys]; factors: of the weights."""
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    scores = query @ key.transpose(-1, -2)
    table = relation_key if relation_key is not None else relation_value
    if table is not None:
        row = (distance + zero_row).expand(query.shape[0], query.shape[1], -1, -1)
        outside = (row < 0) | (row >= table.shape[1])
        row = row.clamp(0, table.shape[1] - 1)
        head = torch.arange(query.shape[1]).view(1, -1, 1, 1)
        present = 1.0 if clip else (~outside).to(query.dtype).unsqueeze(-1)

        def embedding(table):  # [batch, heads, queries, keys, head_dim]
            return table.expand(query.shape[1], -1, -1)[head, row] * present

    if relation_key is not None:
        scores = scores + (query.unsqueeze(-2) * embedding(relation_key)).sum(-1)
    keep = keep.expand(scores.shape)
    weights = torch.softmax((scores * scale).masked_fill(~keep, -1e30), -1) * keep
    if factors is not None:
        weights = weights * factors
    output = weights @ value
    if relation_value is not None:
        output = output + (weights.unsqueeze(-1) * embedding(relation_value)).sum(-2)
    return output


def dense(query, key, value, *, relation_key=None, relation_value=None, key_lengths=None, query_start=None,
          segments=None, causal=False, **options):
    start = torch.zeros(query.shape[0], dtype=torch.int64) if query_start is None else query_start
    position = (start[:, None] + torch.arange(query.shape[2])).view(query.shape[0], 1, -1, 1)
    other = torch.arange(key.shape[2]).view(1, 1, 1, -1)
    keep = (other <= position) if causal else torch.ones_like(other - position, dtype=torch.bool)
    if key_lengths is not None:
        keep = keep & (other < key_lengths.view(-1, 1, 1, 1))
    if segments is not None:
        keep = keep & (segments[:, None, :, None] == segments[:, None, None, :])
    table = relation_key if relation_key is not None else relation_value
    rows = 1 if table is None else table.shape[1]
    return attend(query, key, value, keep, distance=other - position,
                  zero_row=rows - 1 if causal else rows // 2, relation_key=relation_key,
                  relation_value=relation_value, **options)


def local_1d(query, key, value, *, query_block, memory_before, relation_key=None, **options):
    position = torch.arange(query.shape[2])
    first = position // query_block * query_block - memory_before
    keep = (position <= position[:, None]) & (position >= first[:, None])
    return attend(query, key, value, keep, distance=position - position[:, None],
                  zero_row=0 if relation_key is None else relation_key.shape[1] - 1, relation_key=relation_key,
                  **options)


def block_raster(height, width, channels, query_height, query_width):
    """(block's row, block's column, row, column, channel) of each position of the sequence."""
    places = [(y // query_height, x // query_width, y, x, c)
              for y in range(height) for x in range(width) for c in range(channels)]
    return torch.tensor(sorted(places)).unbind(1)


def local_2d(query, key, value, *, height, width, query_height, query_width, flange, channels=1, relation_key=None,
             **options):
    down, across, y, x, c = block_raster(height, width, channels, query_height, query_width)
    top, left = down * query_height, across * query_width
    position = torch.arange(len(y))
    keep = position <= position[:, None]
    keep = keep & (y >= top[:, None] - flange) & (x >= left[:, None] - flange)
    keep = keep & (x < left[:, None] + query_width + flange)
    pitch = 2 * (query_width + flange)
    distance = ((y - y[:, None]) * pitch + x - x[:, None]) * channels + c - c[:, None]
    return attend(query, key, value, keep, distance=distance,
                  zero_row=0 if relation_key is None else relation_key.shape[1] // 2, relation_key=relation_key,
                  **options)


def window(query, key, value, row=None, column=None, *, height, width, size=7, stride=1, zero_border=False):
    batch, heads, queries, head_dim = query.shape

    def around(tensor):  # [batch, heads, queries, size * size, channels]
        channels = tensor.shape[-1]
        image = tensor.transpose(-1, -2).reshape(-1, channels, height, width)
        patches = F.unfold(image, size, padding=size // 2, stride=stride)
        return patches.view(-1, channels, size * size, queries).permute(0, 3, 2, 1).unflatten(0, (-1, heads))

    scores = (query.unsqueeze(-2) * around(key)).sum(-1)
    if row is not None:
        half = head_dim // 2
        offset = torch.arange(size)
        both = torch.cat([row[:, offset.repeat_interleave(size)], column[:, offset.repeat(size)]], -1)
        assert both.shape[-1] == 2 * half
        scores = scores + query @ both.transpose(-1, -2)
    scores = scores * head_dim ** -0.5
    if not zero_border:
        inside = around(torch.ones(1, heads, height * width, 1, dtype=query.dtype)).squeeze(-1)
        scores = scores.masked_fill(inside == 0, float("-inf"))
    return (torch.softmax(scores, -1).unsqueeze(-1) * around(value)).sum(-2)
