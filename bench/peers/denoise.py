# SPDX-License-Identifier: Apache-2.0
"""Non-local means: heed beside scikit-image and OpenCV, on the same noisy pictures.

For every noise level the rivals' settings are searched over a grid first, for the highest mean PSNR (--settings takes those of an
earlier run). Then all take turns, and every output is compared with the clean picture.
"""
import argparse
import io
import itertools
import json
import os
import statistics
import subprocess
import tarfile
import tempfile
import time
from pathlib import Path

import common
import cv2
import numpy as np
import skimage
from PIL import Image
from skimage.metrics import structural_similarity
from skimage.restoration import denoise_nl_means

# In units of the noise's standard deviation; sides in pixels. First every h with every patch in a window of 15, then the other windows
# with the best patch and the h next to the best.
GRID = {"scikit-image": {"h": [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0], "patch": [3, 5, 7], "search": [7, 11, 15, 21]},
        "OpenCV": {"h": [0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4], "patch": [3, 5, 7], "search": [7, 11, 15, 21]}}
FIRST_SEARCH = 15
# Of the exact forms, which compute the same: what heed takes with --exact.
EXACT = {15: 0.9, 25: 0.8, 50: 0.6}
EXACT_PATCH, EXACT_SEARCH = 7, 21


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heed", default=str(common.ROOT / "build/release/heed"), help="the program; default: build/release/heed")
    parser.add_argument("--data", required=True, help="a folder or .tar of clean grey pictures (.png), such as Set12")
    parser.add_argument("--sigmas", nargs="+", type=int, default=[15, 25, 50], choices=sorted(EXACT), help="noise, in grey levels")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="of heed and OpenCV; scikit-image has one")
    parser.add_argument("--rounds", type=int, default=3, help="turns of every rival")
    parser.add_argument("--exact-rounds", type=int, default=1, help="turns of scikit-image's exact form, which is slow; 0: leave it out")
    parser.add_argument("--pictures", type=int, default=0, help="only the first so many; 0: all")
    parser.add_argument("--settings", help="a JSON file that an earlier run wrote: its settings of the rivals, no search")
    parser.add_argument("--json", metavar="FILE", help="write the numbers there too")
    return parser.parse_args()


def read_pictures(path, limit):
    """{name: pixels}, in the order of names."""
    if Path(path).is_dir():
        files = {file.name: file.read_bytes() for file in sorted(Path(path).glob("*.png"))}
    else:
        with tarfile.open(path) as archive:
            members = sorted((member for member in archive if member.name.endswith(".png")), key=lambda member: member.name)
            files = {Path(member.name).name: archive.extractfile(member).read() for member in members}
    pictures = {name: np.array(Image.open(io.BytesIO(data)).convert("L")) for name, data in files.items()}
    return dict(list(pictures.items())[:limit or None])


def noisy_pictures(pictures, sigma):
    """Gaussian noise, a function of picture number and sigma, rounded to bytes: what all rivals can read."""
    return [np.clip(np.rint(picture + np.random.default_rng([7, i, sigma]).normal(0, sigma, picture.shape)), 0, 255).astype(np.uint8)
            for i, picture in enumerate(pictures, 1)]


def psnr(picture, clean):
    return 10 * np.log10(255**2 / np.mean((picture.astype(np.float64) - clean) ** 2))


def ssim(picture, clean):
    return structural_similarity(picture, clean, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255)


def to_bytes(picture):
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def by_scikit(picture, sigma, h, patch, search, fast=True):
    return to_bytes(denoise_nl_means(picture.astype(np.float32), patch_size=patch, patch_distance=search // 2, h=h * sigma, sigma=sigma,
                                     fast_mode=fast, preserve_range=True))


def by_opencv(picture, sigma, h, patch, search):
    return cv2.fastNlMeansDenoising(picture, None, h * sigma, patch, search)


FUNCTIONS = {"scikit-image": by_scikit, "OpenCV": by_opencv}


def best_settings(name, noisy, clean, sigma):
    """The settings with the highest mean PSNR."""
    grid, found = GRID[name], {}

    def look(hs, patches, searches):
        for point in itertools.product(hs, patches, searches):
            if point not in found:
                settings = dict(zip(("h", "patch", "search"), point))
                found[point] = np.mean([psnr(FUNCTIONS[name](picture, sigma, **settings), truth) for picture, truth in zip(noisy, clean)])
        return max(found, key=found.get)

    h, patch, _ = look(grid["h"], grid["patch"], [FIRST_SEARCH])
    at = grid["h"].index(h)
    h, patch, search = look(grid["h"][max(0, at - 1):at + 2], [patch], grid["search"])
    if h in (grid["h"][0], grid["h"][-1]):
        raise SystemExit(f"{name}'s best h at sigma {sigma}, {h}, is at an end of the grid: widen it")
    common.say(f"{name}, sigma {sigma}: h {h}, patch {patch}, search {search} give {found[h, patch, search]:.3f} dB, the most of {len(found)}")
    return {"h": h, "patch": patch, "search": search}


class Heed:
    """`heed denoise` as a process for each picture; its time is what it reports: from bytes in memory to bytes in memory."""

    def __init__(self, args, folder, noisy, options):
        self.args, self.folder, self.options = args, folder, options
        self.files = [folder / f"noisy-{i}.png" for i in range(len(noisy))]
        for file, picture in zip(self.files, noisy):
            Image.fromarray(picture).save(file)

    def __call__(self):
        seconds, outputs = 0, []
        for file in self.files:
            output = self.folder / "clean.png"
            command = [self.args.heed, "denoise", file, "--output", output, "--threads", self.args.threads, "--quiet", "--json", *self.options]
            report = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout
            seconds += json.loads(report.splitlines()[-1])["seconds"]
            outputs.append(np.array(Image.open(output)))
        return seconds, outputs


def in_process(function, noisy, *values, **options):
    def call():
        begin = time.perf_counter()
        outputs = [function(picture, *values, **options) for picture in noisy]
        return time.perf_counter() - begin, outputs
    return call


def measure(args, folder, noisy, clean, sigma, settings):
    rivals = {("heed", "default"): Heed(args, folder, noisy, ["--sigma", sigma]),
              ("heed", "default, sigma estimated"): Heed(args, folder, noisy, []),
              ("heed", "--exact"): Heed(args, folder, noisy, ["--exact", "--sigma", sigma])}
    for name, function in FUNCTIONS.items():
        point = settings[name]
        what = f"h {point['h']:g} sigma, patch {point['patch']}, search {point['search']}"
        rivals[name + (" fast" if name == "scikit-image" else ""), what] = in_process(function, noisy, sigma, **point)
    exact = "scikit-image exact", f"h {EXACT[sigma]:g} sigma, patch {EXACT_PATCH}, search {EXACT_SEARCH}"
    if args.exact_rounds:
        rivals[exact] = in_process(by_scikit, noisy, sigma, h=EXACT[sigma], patch=EXACT_PATCH, search=EXACT_SEARCH, fast=False)

    times, outputs = {name: [] for name in rivals}, {}
    for number in range(max(args.rounds, args.exact_rounds)):
        for name, call in rivals.items():
            if number >= (args.exact_rounds if name == exact else args.rounds):
                continue
            time.sleep(0.3)
            seconds, outputs[name] = call()
            times[name].append(seconds)
            common.say(f"sigma {sigma}, round {number + 1}: {', '.join(name)}: {seconds:.3f} s")
    rows = []
    for name, found in outputs.items():
        rows.append({"sigma": sigma, "rival": name[0], "settings": name[1], **common.summary(times[name]),
                     "psnr": float(np.mean([psnr(*pair) for pair in zip(found, clean)])),
                     "ssim": float(np.mean([ssim(*pair) for pair in zip(found, clean)]))})
    own = statistics.median(times["heed", "default"])
    for row in rows:
        row["times_heed"] = row["median_s"] / own
    return rows


def main():
    args = parse()
    cv2.setNumThreads(args.threads)
    pictures = list(read_pictures(args.data, args.pictures).values())
    if not pictures:
        raise SystemExit(f"{args.data} holds no .png")
    settings = json.loads(Path(args.settings).read_text())["settings"] if args.settings else {}
    rows = []
    with tempfile.TemporaryDirectory(prefix="heed-peers-") as folder:
        for sigma in args.sigmas:
            noisy = noisy_pictures(pictures, sigma)
            if str(sigma) not in settings:
                settings[str(sigma)] = {name: best_settings(name, noisy, pictures, sigma) for name in FUNCTIONS}
                if args.json:
                    Path(args.json).write_text(json.dumps({"settings": settings, "rows": rows}, indent=1) + "\n")
            rows += measure(args, Path(folder), noisy, pictures, sigma, settings[str(sigma)])
    print(f"{len(pictures)} pictures, {sum(picture.size for picture in pictures):,} pixels; {args.threads} threads; scikit-image "
          f"{skimage.__version__}, OpenCV {cv2.__version__}\n")
    print(common.table(["sigma", "rival", "settings", "PSNR", "SSIM", "ms, all pictures", "x heed's time"],
                       [[row["sigma"], row["rival"], row["settings"], f"{row['psnr']:.2f}", f"{row['ssim']:.4f}", common.milliseconds(row),
                         f"{row['times_heed']:.2f}"] for row in rows]))
    if args.json:
        Path(args.json).write_text(json.dumps({"settings": settings, "grid": GRID, "threads": args.threads, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
