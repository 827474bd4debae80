#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every python block of python/README.md, in order, in one session: readme_test.py README LIBRARY."""

import pathlib
import re
import sys

import prerequisites

prerequisites.require_torch()

import torch

readme, library = pathlib.Path(sys.argv[1]), sys.argv[2]
blocks = re.findall(r"^```python\n(.*?)^```", readme.read_text(), re.MULTILINE | re.DOTALL)
assert len(blocks) >= 10, f"{readme}: {len(blocks)} python blocks"
torch.manual_seed(0)
session = {}
for number, block in enumerate(blocks):
    place = f"{readme.name} python block {number + 1}"
    exec(compile(block.replace("build/release/rooms/libheed_ops.so", library), place, "exec"), session)
print(f"{len(blocks)} blocks ran")
