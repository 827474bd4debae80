#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes resample_numbers.h: results of Pillow and scikit-image for small images, in floating point, before rounding."""

import pathlib

import numpy as np
from PIL import Image
from skimage.transform import downscale_local_mean


def picture(height, width):
    """As in resample_test.cpp."""
    return np.array([[(y * 67 + x * 151 + x * y * 29) % 256 for x in range(width)] for y in range(height)], np.float32)


def resized(image, height, width, how):
    return np.asarray(Image.fromarray(image, mode="F").resize((width, height), how))


def area(image, height, width):
    """Divides every pixel into height x width equal parts; each pixel of the result averages the same number of them."""
    parts = np.repeat(np.repeat(image.astype(np.float64), height, axis=0), width, axis=1)
    return downscale_local_mean(parts, image.shape)


def case(name, source, result):
    values = ", ".join(f"{value:.4f}" for value in result.flatten())
    size = [*source.shape, *result.shape]
    return f'inline const Numbers {name}{{{", ".join(map(str, size))}, {{{values}}}}};\n'


def main():
    even, odd, small = picture(6, 8), picture(7, 11), picture(4, 5)
    text = [
        "// SPDX-License-Identifier: Apache-2.0\n// Written by make_resample_numbers.py.\n// clang-format off\n#pragma once\n\n",
        "#include <cstdint>\n#include <vector>\n\nnamespace heed::imaging::testing {\n\n",
        "struct Numbers {\n  int64_t height, width, to_height, to_width;\n  std::vector<double> values;\n};\n\n",
        case("kLocalMean", even, downscale_local_mean(even.astype(np.float64), (3, 2))),
        case("kBoxWhole", even, resized(even, 3, 2, Image.BOX)),
        case("kAreaParts", odd, area(odd, 5, 3)),
        case("kBicubicDouble", small, resized(small, 8, 10, Image.BICUBIC)),
        case("kBicubicParts", small, resized(small, 9, 13, Image.BICUBIC)),
        "\n}  // namespace heed::imaging::testing\n",
    ]
    (pathlib.Path(__file__).resolve().parent / "resample_numbers.h").write_text("".join(text))


main()
