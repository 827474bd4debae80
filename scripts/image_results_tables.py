#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rebuilds docs/image-results.md from what scripts/image_results measured: image_results_tables.py RUNS OUTPUT. Every figure comes from a
file."""
import json
import statistics
import sys
from pathlib import Path

from result_files import RUNS, finished, load, minutes, parameters, table

SMALL = {"full": "Image Transformer, full attention", "local_1d-64": "Image Transformer, local 1D, blocks of 64",
         "local_1d-16": "Image Transformer, local 1D, blocks of 16", "local_1d-8": "Image Transformer, local 1D, blocks of 8",
         "local_2d": "Image Transformer, local 2D, 4 x 4 and 2 around", "full-dmol": "Image Transformer, full attention, mixture of logistics", "full-sinusoidal": "Image Transformer, full attention, sinusoids", "pixel_snail": "PixelSNAIL-like (convolution and attention)",
         "pixel_cnn": "Gated PixelCNN (convolution)"}


def bits(found):
    return f"{found['bits_per_dim']:.3f} ± {found['standard_error']:.3f}"


def step_seconds(run):
    """Median over the log of the seconds a step took: the runs may have shared their machine."""
    rows = [json.loads(line) for line in (RUNS / run / "metrics.jsonl").read_text().splitlines()]
    rows = [row for row in rows if "train/seconds" in row]
    return statistics.median((b["train/seconds"] - a["train/seconds"]) / (b["step"] - a["step"]) for a, b in zip(rows, rows[1:]))


def small():
    rows = []
    for name, title in SMALL.items():
        done, found = finished(f"cifar8-{name}"), load(f"cifar8-{name}")
        if done and found:
            rows.append([title, f"{parameters(f'cifar8-{name}'):,}", f"{done['step']:,}", f"{1000 * step_seconds(f'cifar8-{name}'):.0f}",
                         minutes(done["seconds"]), f"**{bits(found)}**"])
    return table(["model", "parameters", "steps", "ms a step", "minutes", "bits/dim, held-out images"], rows)


def blocks():
    published = {"8": "4.06", "16": "3.47", "64": "3.13", "full": "2.99 (256)"}
    rows = []
    for size, paper in published.items():
        found = load("cifar8-full" if size == "full" else f"cifar8-local_1d-{size}")
        if found:
            rows.append([size, bits(found), paper])
    return table(["block and memory", "8 x 8, here", "32 x 32, published"], rows)


def one(name):
    done, found = finished(name), load(name)
    if not done or not found:
        return ""
    return table(["parameters", "steps", "minutes", "bits/dim", "images"],
                 [[f"{parameters(name):,}", f"{done['step']:,}", minutes(done["seconds"]), bits(found), f"{found['images']:,}"]])


def super_resolution():
    found = load("super-resolution")
    return json.dumps(found) + "\n" if found else ""


def speed():
    found = load("cifar32-speed")
    return json.dumps({key: value for key, value in found.items() if not isinstance(value, list)}) + "\n" if found else ""


def main():
    page = (Path(__file__).parent / "image_results.md.in").read_text()
    sections = {"small": small, "blocks": blocks, "class": lambda: one("cifar8-class"), "large": lambda: one("cifar32-small"),
                "super": lambda: one("cifar32-super"), "super_resolution": super_resolution, "speed": speed}
    for name, make in sections.items():
        page = page.replace("{{" + name + "}}\n", make())
    Path(sys.argv[2]).write_text(page)
    print(f"wrote {sys.argv[2]}")


if __name__ == "__main__":
    main()
