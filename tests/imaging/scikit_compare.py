#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares heed's exact non-local means, PSNR and structural similarity with scikit-image, on seeded images of odd sizes.

    scikit_compare.py path/to/imaging_dump

Exits 77 (skipped) if scikit-image is not installed.
"""

import subprocess
import sys
import tempfile
import pathlib

try:
    import numpy as np
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity
    from skimage.restoration import denoise_nl_means
except ImportError as error:
    print(f"skipped: {error.name} is missing in this Python; pip install scikit-image")
    sys.exit(77)

DUMP = sys.argv[1]
# scikit-image uses a fast exponential (Schraudolph 1999) and abandons a patch between two of its rows once its distance exceeds
# 5 h^2. With both, the definition below equals scikit-image; without them it equals heed.
MEANS_TOLERANCE = 2e-3  # grey levels: heed computes in float32
QUALITY_TOLERANCE = 1e-7


def fast_exponential(x):
    high = (2**20 / np.log(2) * x + (1023 * 2**20 - 60801)).astype(np.int64)
    return (high << 32).view(np.float64)


def non_local_means(u, patch, search, sigma, h, as_scikit):
    """The definition; u is [height, width, channels]."""
    height, width, channels = u.shape
    r, reach = patch // 2, search // 2
    padded = np.pad(u.astype(np.float64), ((r, r), (r, r), (0, 0)), mode="reflect")
    taps = np.exp(-np.arange(-r, r + 1) ** 2 / (2 * ((patch - 1) / 4) ** 2))
    weights = np.outer(taps, taps)
    weights /= weights.sum() * channels * h * h
    sums, total = np.zeros(u.shape), np.zeros((height, width, 1))
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            top, bottom, left, end = max(0, -down), min(height, height - down), max(0, -right), min(width, width - right)
            rows, columns = bottom - top, end - left
            if rows <= 0 or columns <= 0:
                continue
            here = padded[top:bottom + 2 * r, left:end + 2 * r]
            there = padded[top + down:bottom + down + 2 * r, left + right:end + right + 2 * r]
            error = ((here - there) ** 2 - 2 * sigma**2).sum(2)
            distance, given_up = np.zeros((rows, columns)), np.zeros((rows, columns), bool)
            for i in range(patch):
                given_up |= distance > 5
                for j in range(patch):
                    distance += weights[i, j] * error[i:i + rows, j:j + columns]
            if not as_scikit:
                given_up = distance > 5
            distance = np.maximum(distance, 0)
            w = np.where(given_up, 0, fast_exponential(-distance) if as_scikit else np.exp(-distance))[..., None]
            sums[top:bottom, left:end] += w * u[top + down:bottom + down, left + right:end + right]
            total[top:bottom, left:end] += w
    return sums / total


def picture(rng, height, width, channels, noise):
    """Makes edges and slopes, [height, width, channels]."""
    y, x, c = np.ogrid[:height, :width, :channels]
    clean = np.where((x // 7 + y // 5) % 2 == 0, 70.0, 160.0) + 10 * c + x % 7
    return clean + rng.normal(0, noise, clean.shape)


def dump(*arguments):
    return subprocess.run([DUMP, *map(str, arguments)], check=True, capture_output=True).stdout


def compare_means(folder, rng):
    for height, width, channels, patch, search in ((33, 41, 1, 7, 11), (20, 57, 3, 5, 9), (64, 23, 1, 3, 21), (9, 9, 1, 9, 5),
                                                   (7, 50, 3, 7, 21)):
        for sigma, strength in ((12, 10), (25, 15), (0, 30)):
            noisy = picture(rng, height, width, channels, sigma or 12).astype(np.float32)
            file = folder / "noisy"
            file.write_bytes(np.ascontiguousarray(noisy.transpose(2, 0, 1)).tobytes())
            ours = np.frombuffer(dump("means", file, channels, height, width, patch, search, sigma, strength), np.float32)
            ours = ours.reshape(channels, height, width).transpose(1, 2, 0)
            theirs = denoise_nl_means(noisy, patch_size=patch, patch_distance=search // 2, h=strength, sigma=sigma,
                                      fast_mode=False, preserve_range=True, channel_axis=-1)
            theirs = theirs.reshape(ours.shape)
            what = f"{height} x {width} x {channels}, patch {patch}, search {search}, sigma {sigma}, strength {strength}"
            of_ours, of_theirs = (np.abs(found - non_local_means(noisy, patch, search, sigma, strength, as_scikit)).max()
                                  for found, as_scikit in ((ours, False), (theirs, True)))
            print(f"{what}: from the definition at most {of_ours:.6f}, scikit-image from its own {of_theirs:.6f}; from each other "
                  f"{np.abs(ours - theirs).mean():.3f} in the mean")
            assert of_ours < MEANS_TOLERANCE and of_theirs < MEANS_TOLERANCE, what


def compare_quality(folder, rng):
    for height, width, channels in ((11, 11, 1), (40, 31, 1), (25, 60, 3)):
        a = picture(rng, height, width, channels, 5).clip(0, 255).astype(np.uint8)
        b = picture(rng, height, width, channels, 20).clip(0, 255).astype(np.uint8)
        files = folder / "a", folder / "b"
        for file, pixels in zip(files, (a, b)):
            file.write_bytes(pixels.tobytes())
        psnr, ssim = map(float, dump("quality", *files, channels, height, width).split())
        expected = structural_similarity(a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255,
                                         channel_axis=-1)
        print(f"{height} x {width} x {channels}: PSNR {psnr:.6f}, SSIM {ssim:.9f}, scikit-image {expected:.9f}")
        assert abs(ssim - expected) < QUALITY_TOLERANCE
        assert abs(psnr - peak_signal_noise_ratio(a, b, data_range=255)) < QUALITY_TOLERANCE


with tempfile.TemporaryDirectory() as name:
    compare_means(pathlib.Path(name), np.random.default_rng(1))
    compare_quality(pathlib.Path(name), np.random.default_rng(2))
