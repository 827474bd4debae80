#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rewrites the tables of docs/lab/images.md from the runs of scripts/image_results: image_results_tables.py RUNS PAGE. Every figure comes
from a file."""
import json
import os
import subprocess
import sys

from result_files import RUNS, finished, load, minutes, table, rewrite_page

SMALL = {"full": "Image Transformer, full attention", "local_1d-64": "Image Transformer, local 1D, blocks of 64",
         "local_1d-16": "Image Transformer, local 1D, blocks of 16", "local_1d-8": "Image Transformer, local 1D, blocks of 8",
         "local_2d": "Image Transformer, local 2D, 4 x 4 and 2 around", "full-dmol": "Image Transformer, full attention, mixture of logistics", "full-sinusoidal": "Image Transformer, full attention, sinusoids", "pixel_snail": "PixelSNAIL-like (convolution and attention)",
         "pixel_cnn": "Gated PixelCNN (convolution)"}


def bits(found):
    return f"{found['bits_per_dim']:.3f} ± {found['standard_error']:.3f}"


def values_per_second(name):
    found = load(f"speed-cifar8-{name}")
    return f"{found['tokens_per_second']:,.0f}" if found else "-"


def parameter_count(run):
    """Number of trained values, without the constants that a model also stores."""
    heed = os.environ.get("HEED", "build/release/heed")
    done = subprocess.run([heed, "info", "--model", RUNS / run, "--json"], capture_output=True, text=True, check=True)
    return f"{json.loads(done.stdout.splitlines()[-1])['parameters']:,}"


def small():
    rows = []
    for name, title in SMALL.items():
        done, found = finished(f"cifar8-{name}"), load(f"cifar8-{name}")
        if done and found:
            rows.append([title, parameter_count(f"cifar8-{name}"), f"{done['step']:,}", values_per_second(name), f"**{bits(found)}**"])
    return table(["model", "parameters", "steps", "values a second in training", "bits/dim, held-out images"], rows)


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
                 [[parameter_count(name), f"{done['step']:,}", minutes(done["seconds"]), bits(found), f"{found['images']:,}"]])


def super_resolution():
    found = load("super-resolution")
    if not found:
        return ""
    gain = [["samples", f"{found['consistency_mae']:.1f}", f"{found['consistency_rmse']:.1f}", psnr(found["psnr"])],
            ["bicubic", f"{found['bicubic_consistency_mae']:.1f}", f"{found['bicubic_consistency_rmse']:.1f}", psnr(found["bicubic_psnr"])]]
    return table(["", "mean absolute", "root mean square", "PSNR to the originals, dB"], gain)


def psnr(found):
    return f"{found['mean']:.2f} ± {found['standard_error']:.2f}"


def speed():
    found = load("cifar32-speed")
    if not found:
        return ""
    images, values = len(found["images"]), sum(image["values"] for image in found["images"])
    return table(["images", "values a second", "pixels a second", "seconds an image"],
                 [[images, f"{found['values_per_second']:,.0f}", f"{found['pixels_per_second']:,.0f}",
                   f"{values / found['values_per_second'] / images:.2f}"]])


def main():
    rewrite_page(sys.argv[2],
                 {"small": small, "blocks": blocks, "class": lambda: one("cifar8-class"), "large": lambda: one("cifar32-small"),
                  "super": lambda: one("cifar32-super"), "super_resolution": super_resolution, "speed": speed})


if __name__ == "__main__":
    main()
