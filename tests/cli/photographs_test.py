#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A folder of photographs as people have them: 200 pictures of many sizes, modes and orientations. Prepared pixels are
compared with Pillow's and scikit-image's; then a tiny model trains on them and draws. Needs Pillow, NumPy and scikit-image, which
scripts/setup --test installs; exits 77 (skipped) without them."""
import json
import struct
import sys
import tempfile
import unittest
from pathlib import Path

import program
from program import run

try:
    import numpy as np
    from PIL import Image, ImageOps
    from skimage.transform import resize_local_mean
except ImportError as error:
    print(f"skipped: {error.name} is missing in this Python")
    sys.exit(77)

COUNT, SIZE, CLASSES = 200, 16, ["10", "New York", "a,b", "rose"]
MODES = ["RGB", "RGB", "RGB", "L", "RGBA", "P", "I;16", "LA", "1"]


def photograph(draw, height, width):
    """Slopes, edges and grain."""
    y, x = np.mgrid[0:height, 0:width]
    a, b, c = draw.integers(1, 9, 3)
    base = np.stack([(x * a + y) % 256, (y * b + x * 2) % 256, 255 * ((x // 5 + y // 7) % 2) / c], -1)
    return np.clip(base + draw.normal(0, 12, base.shape), 0, 255).astype(np.uint8)


def write(path, draw, i):
    sides = [draw.integers(1, 12), draw.integers(12, 40), draw.integers(40, 300)]
    height, width = draw.choice(sides[1:], 2) if i % 10 else draw.choice(sides, 2)
    pixels, mode = photograph(draw, height, width), MODES[i % len(MODES)]
    exif = Image.Exif()
    exif[0x0112] = i % 8 + 1
    if mode == "I;16":
        Image.fromarray(draw.integers(0, 65536, (height, width), dtype=np.uint16)).save(path.with_suffix(".png"))
    elif mode in ("RGB", "L"):
        kinds = [dict(quality=90), dict(quality=85, progressive=True), dict(quality=95, subsampling=0)]
        path = path.with_suffix([".jpg", ".JPG", ".jpeg", ".jpe", ".jfif"][i % 5])
        Image.fromarray(pixels).convert(mode).save(path, "JPEG", exif=exif, **kinds[i % 3])
    else:
        image = Image.fromarray(np.concatenate([pixels, draw.integers(0, 256, (height, width, 1), dtype=np.uint8)], -1), "RGBA")
        image = image.convert("RGB").quantize(50) if mode == "P" else image.convert(mode)
        image.save(path.with_suffix(".png"), exif=exif)


def upright(path):
    """[height, width, 3], as Pillow reads it: upright, transparency on white, 8 bits."""
    image = ImageOps.exif_transpose(Image.open(path))
    if image.mode.startswith("I"):
        return np.repeat(np.floor(np.asarray(image, np.float64) / 257 + 0.5).astype(np.uint8)[..., None], 3, -1)
    if image.mode in ("RGBA", "LA"):
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    return np.asarray(image.convert("RGB"))


def resized(pixels, height, width):
    """Smaller by the mean of areas (scikit-image), larger by Pillow's bicubic, each direction for itself."""
    down = min(height, pixels.shape[0]), min(width, pixels.shape[1])
    if down != pixels.shape[:2]:
        pixels = np.floor(resize_local_mean(pixels.astype(np.float64), down, channel_axis=-1, preserve_range=True) + 0.5).astype(np.uint8)
    if (height, width) != down:
        pixels = np.asarray(Image.fromarray(pixels).resize((width, height), Image.BICUBIC))
    return pixels


def fitted(pixels, fit, size=SIZE):
    height, width = pixels.shape[:2]
    nearest = lambda side, of: max(1, (2 * side * size + of) // (2 * of))
    if fit == "stretch":
        return resized(pixels, size, size)
    if (fit == "crop") == (height < width):
        rows, columns = size, nearest(width, height)
    else:
        rows, columns = nearest(height, width), size
    pixels = resized(pixels, rows, columns)
    if fit == "crop":
        top, left = (rows - size) // 2, (columns - size) // 2
        return pixels[top:top + size, left:left + size]
    result = np.zeros((size, size, 3), np.uint8)
    top, left = (size - rows) // 2, (size - columns) // 2
    result[top:top + rows, left:left + columns] = pixels
    return result


def prepared(folder):
    """The pixels and labels of train, from images.safetensors."""
    data = (folder / "images.safetensors").read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])

    def tensor(name, dtype):
        begin, end = header[name]["data_offsets"]
        return np.frombuffer(data[8 + length + begin:8 + length + end], dtype).reshape(header[name]["shape"])
    return tensor("train.pixels", np.uint8), tensor("train.labels", np.int32)


class Photographs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._temporary = tempfile.TemporaryDirectory(prefix="heed-photographs-")
        cls.folder = Path(cls._temporary.name)
        cls.raw = cls.folder / "photographs"
        draw = np.random.default_rng(11)
        for name in CLASSES:
            (cls.raw / name).mkdir(parents=True)
        for i in range(COUNT):
            write(cls.raw / CLASSES[i % len(CLASSES)] / f"{i:03}", draw, i)
        cls.files = sorted((path for path in cls.raw.glob("*/*")), key=lambda path: bytes(path.relative_to(cls.raw)))

    @classmethod
    def tearDownClass(cls):
        cls._temporary.cleanup()

    def test_every_photograph_is_resized_as_pillow_would(self):
        for fit in ("crop", "pad", "stretch"):
            with self.subTest(fit):
                output = self.folder / fit
                found = program.result("prepare", "--task", "image", "--data", self.raw, "--output", output, "--set",
                                       f"data.size={SIZE}", "--set", f"data.fit={fit}", "--set", "data.valid_share=0", "--quiet")
                self.assertEqual((found["skipped"], found["train"]["images"], found["channels"]), (0, COUNT, 3))
                pixels, labels = prepared(output)
                for path, ours, label in zip(self.files, pixels, labels):
                    difference = np.abs(ours.astype(int) - fitted(upright(path), fit).astype(int)).max()
                    self.assertLessEqual(difference, 1, path.name)
                    self.assertEqual(CLASSES[label], path.parent.name)

    def test_a_model_trains_on_them_and_draws_each_class(self):
        model = self.folder / "model"
        tiny = program.sets(["data.size=8", "data.condition=class", "model.d_model=16", "model.heads=2", "model.layers=1", "model.d_ff=16",
                             "training.steps=2", "training.validate_every=2", "data.batch_size=4"])
        said = run("train", "--task", "image", "--data", self.raw, "--output", model, "--threads", 1, *tiny).stderr
        self.assertIn("classes: 10 50, New York 50, a,b 50, rose 50; splits: train", said)
        drawn = program.result("generate", "--model", model, "--count", 3, "--class", "10,a,b,New York", "--output", self.folder / "out",
                               "--quiet")
        self.assertEqual([image["class"] for image in drawn["images"]], ["10", "a,b", "New York"])
        wrong = run("generate", "--model", model, "--class", "0", "--output", self.folder / "none", code=2).stderr
        self.assertIn("10, New York, a,b, rose", wrong)

    def test_without_a_size_the_message_says_what_to_set(self):
        for verb in (["train", *program.sets(["training.steps=1"])], ["prepare"]):
            said = run(verb[0], "--task", "image", "--data", self.raw, "--output", self.folder / "never", *verb[1:], code=3).stderr
            self.assertRegex(said, rf"photographs: {COUNT} images of \d+ sizes, most \d+ x \d+ \(\d+\): .* set data.size")
        self.assertFalse((self.folder / "never").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
