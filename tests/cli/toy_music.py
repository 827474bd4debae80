# SPDX-License-Identifier: Apache-2.0
"""Chorales drawn at random and the smallest model of them, for the tests of runs. Standard library only."""
import hashlib
import json
import random
from pathlib import Path

from program import sets

TINY = ["task=music", "model.d_model=16", "model.heads=2", "model.layers=1", "model.d_ff=16", "model.max_relative_distance=16",
        "data.crop=32", "data.batch_size=2", "training.steps=12", "training.validate_every=6",
        "training.checkpoint_every=6", "training.warmup_steps=2"]


def tiny(*more):
    return sets([*TINY, *more])


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def chorales(path, pieces=6, steps=24):
    draw = random.Random(4)
    splits = {}
    for split, count in (("train", pieces), ("valid", 2)):
        splits[split] = [[[72 + draw.randrange(5), 67 - draw.randrange(3), 60 + draw.randrange(3), 48] for _ in range(steps)]
                         for _ in range(count)]
    path.write_text(json.dumps(splits))
