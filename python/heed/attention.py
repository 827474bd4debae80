# SPDX-License-Identifier: Apache-2.0
"""torch.ops.heed.* with defaults and documentation; heed/attention/attention.h says more of each pattern.

Everywhere: query is [batch, heads, queries, head_dim], key and value [batch, heads, keys, head_dim], all of one
floating dtype on one device, of any strides. The output is like query; scores are
scale * (query . key + relation), with scale head_dim ** -0.5 unless given. A row whose every key is masked
gives zeros. Differentiable once in query, key, value and the tables. dropout drops weights as a function of
seed (one int64 on the CPU), batch element, head, query and key alone: one seed always drops the same ones.
"""

import os
import pathlib

import torch


def library_path() -> pathlib.Path:
    """$HEED_OPS_LIBRARY, else libheed_ops.so in a prefix or a source tree that this package lies in."""
    given = os.environ.get("HEED_OPS_LIBRARY")
    if given:
        return pathlib.Path(given)
    for folder in pathlib.Path(__file__).resolve().parents:
        for place in ("lib", "lib64", "build/release/rooms"):
            library = folder / place / "libheed_ops.so"
            if library.exists():
                return library
    raise ImportError("libheed_ops.so is not found; build heed, or name the file in HEED_OPS_LIBRARY")


torch.ops.load_library(library_path())


def dense_attention(query, key, value, *, relation_key=None, relation_value=None, key_lengths=None,
                    query_start=None, segments=None, causal=False, clip=True, scale=None, dropout=0.0, seed=None,
                    backend="auto"):
    """Every query meets every key, or every earlier one (causal).

    relation_key, relation_value  [heads or 1, rows, head_dim]: embeddings of the distance from query to key.
        Music Transformer (arXiv:1809.04281): relation_key per head, causal. Shaw et al. (arXiv:1803.02155):
        both, shared by the heads. Causal: the last row is distance 0, older keys use earlier rows; otherwise
        rows is odd and the middle row is distance 0.
    clip         keys beyond the table use its end row; False: they have no relation term
    key_lengths  [batch] int64: keys from this one on are padding
    query_start  [batch] int64: the position of query 0, when keys before it are cached
    segments     [batch, length] int64: packed sequences; a query sees keys of its own segment
    backend      "auto", "fused" (CPU; float32, bfloat16) or "tiled"
    """
    return torch.ops.heed.dense_attention(
        query, key, value, relation_key=relation_key, relation_value=relation_value, key_lengths=key_lengths,
        query_start=query_start, segments=segments, causal=causal, clip=clip, scale=scale, dropout=dropout,
        seed=seed, backend=backend)[0]


def local_1d_attention(query, key, value, *, query_block, memory_before, relation_key=None, relation_value=None,
                       clip=True, scale=None, dropout=0.0, seed=None):
    """Image Transformer, local 1D (arXiv:1802.05751): the sequence is cut into blocks of query_block positions; a
    query sees the memory_before positions before its block and, of its block, what is not later than itself.

    Queries and keys of one length. Tables as in a causal dense_attention.
    """
    return torch.ops.heed.local_attention(
        query, key, value, [query_block, memory_before], relation_key=relation_key,
        relation_value=relation_value, clip=clip, scale=scale, dropout=dropout, seed=seed)[0]


def local_2d_attention(query, key, value, *, height, width, query_height, query_width, flange, channels=1,
                       relation_key=None, relation_value=None, clip=True, scale=None, dropout=0.0, seed=None):
    """Image Transformer, local 2D: an image of height x width pixels, each of `channels` positions, is cut into
    blocks of query_height x query_width pixels. A query sees what comes before it, itself included, of the
    rectangle that reaches `flange` pixels above, left and right of its block.

    The sequence is in block raster order: x[:, :, local_2d_order(...)] brings raster order into it. Tables have odd
    rows, the middle one for distance 0; local_2d_relation_rows(...) of them hold every distance.
    """
    return torch.ops.heed.local_attention(
        query, key, value, [height, width, channels, query_height, query_width, flange],
        relation_key=relation_key, relation_value=relation_value, clip=clip, scale=scale, dropout=dropout,
        seed=seed)[0]


def local_2d_order(height, width, query_height, query_width, channels=1):
    """Position of a local 2D sequence -> its place in raster order (row, column, channel), [positions] int64."""
    raster = torch.arange(height * width * channels).view(height, width, channels)
    blocks = [part for band in raster.split(query_height, 0) for part in band.split(query_width, 1)]
    return torch.cat([block.flatten() for block in blocks])


def local_2d_relation_rows(query_height, query_width, flange, channels=1):
    """Rows of a table that give every distance of local_2d_attention a row of its own."""
    rows, columns = flange + query_height - 1, flange + query_width - 1
    pitch = 2 * (query_width + flange)
    return 2 * ((rows * pitch + columns) * channels + channels - 1) + 1


def window_attention(query, key, value, *, height, width, size=7, stride=1, row=None, column=None,
                     zero_border=False, scale=None, dropout=0.0, seed=None):
    """Stand-alone self-attention (arXiv:1906.05909): a query sees the size x size keys around it.

    key, value   height * width positions in raster order; queries stand at every stride-th row and column
    row, column  [heads or 1, size, head_dim / 2]: embeddings of the row and the column offset, entry size // 2
        for offset 0; the first half of the query meets row, the second column
    zero_border  False: what lies beyond the image is masked; True: it takes part with keys and values of zeros
    """
    if scale is None:
        scale = query.shape[-1] ** -0.5
    return torch.ops.heed.window_attention(query, key, value, row, column, height, width, size, stride,
                                           zero_border, scale, dropout, seed)[0]
