#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""heed denoise and heed synthesize as people run them: what they write and say, exit codes. Standard library only."""
import math
import random
import tempfile
import unittest
from pathlib import Path

import png
import program
from program import run



def result(*arguments):
    return program.result(*arguments, "--quiet")


def steps(height, width, channels=1, noise=0.0, seed=1):
    """Rows of a picture of squares."""
    draw = random.Random(seed)
    return [[min(255, max(0, round((70 if (x // 9 + y // 8) % 2 else 170) + 8 * c + draw.gauss(0, noise))))
             for x in range(width) for c in range(channels)] for y in range(height)]


class Imaging(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._temporary = tempfile.TemporaryDirectory(prefix="heed-imaging-")
        cls.folder = Path(cls._temporary.name)
        cls.clean, cls.noisy = cls.folder / "clean.png", cls.folder / "noisy.png"
        png.write(cls.clean, steps(60, 70))
        png.write(cls.noisy, steps(60, 70, noise=15))

    @classmethod
    def tearDownClass(cls):
        cls._temporary.cleanup()

    def denoise(self, *arguments, name="out.png"):
        output = self.folder / name
        return result("denoise", *arguments, "--output", output), output

    def test_denoise_brings_a_picture_nearer_to_the_clean_one(self):
        found, output = self.denoise(self.noisy, "--sigma", 15, "--clean", self.clean)
        rows, channels = png.read(output)
        self.assertEqual((len(rows), len(rows[0]), channels), (60, 70, 1))
        self.assertAlmostEqual(found["psnr"], png.psnr(rows, png.read(self.clean)[0]), places=6)
        self.assertAlmostEqual(found["noisy_psnr"], png.psnr(png.read(self.noisy)[0], png.read(self.clean)[0]), places=6)
        self.assertGreater(found["psnr"], found["noisy_psnr"] + 6)
        self.assertGreater(found["ssim"], found["noisy_ssim"])
        self.assertEqual((found["sigma"], found["sigma_estimated"]), (15, False))

    def test_without_sigma_the_noise_is_estimated(self):
        found, _ = self.denoise(self.noisy)
        self.assertTrue(found["sigma_estimated"])
        self.assertTrue(12 < found["sigma"] < 19, found["sigma"])

    def test_noise_is_added_by_seed_and_the_picture_itself_is_then_the_clean_one(self):
        noisy = self.folder / "added.png"
        found, output = self.denoise(self.clean, "--add-noise", 20, "--seed", 4, "--noisy-output", noisy)
        again, _ = self.denoise(noisy, "--clean", self.clean, name="again.png")
        self.assertEqual(output.read_bytes(), (self.folder / "again.png").read_bytes())
        for name in ("psnr", "ssim", "noisy_psnr", "sigma"):
            self.assertEqual(found[name], again[name], name)
        self.assertAlmostEqual(found["noisy_psnr"], 20 * math.log10(255 / 20), delta=0.4)
        self.denoise(self.clean, "--add-noise", 20, "--seed", 5, "--noisy-output", self.folder / "other.png")
        self.assertNotEqual(noisy.read_bytes(), (self.folder / "other.png").read_bytes())

    def test_threads_change_nothing_and_sizes_can_be_chosen(self):
        options = ["--sigma", 15, "--patch", 7, "--search", 9, "--strength", 12, "--aggregate", 5, "--own-weight", 0.2]
        one, first = self.denoise(self.noisy, *options, "--threads", 1, name="one.png")
        _, second = self.denoise(self.noisy, *options, "--threads", 3, name="three.png")
        self.assertEqual(first.read_bytes(), second.read_bytes())
        self.assertEqual((one["patch"], one["search"], one["strength"], one["aggregate"]), (7, 9, 12, 5))
        exact, output = self.denoise(self.noisy, "--sigma", 15, "--exact", name="exact.png")
        self.assertEqual((exact["patch"], exact["search"]), (7, 21))
        self.assertNotEqual(output.read_bytes(), first.read_bytes())

    def test_without_noise_nothing_changes(self):
        _, output = self.denoise(self.noisy, "--sigma", 0)
        self.assertEqual(png.read(output), png.read(self.noisy))
        found, _ = self.denoise(self.clean, "--sigma", 0, "--clean", self.clean)
        self.assertEqual(found["psnr"], "infinite")
        self.assertAlmostEqual(found["ssim"], 1)

    def test_colour_and_the_smallest_pictures(self):
        colour = self.folder / "colour.png"
        png.write(colour, steps(20, 33, channels=3, noise=10), channels=3)
        found, output = self.denoise(colour)
        self.assertEqual((found["channels"], png.read(output)[1]), (3, 3))
        for height, width in ((1, 1), (1, 12), (12, 1)):
            png.write(self.folder / "small.png", steps(height, width, noise=10))
            found, output = self.denoise(self.folder / "small.png", "--clean", self.folder / "small.png", "--sigma", 10)
            self.assertEqual((len(png.read(output)[0]), found["ssim"]), (height, None))

    def test_errors_say_what_is_wrong_and_write_nothing(self):
        output = self.folder / "never.png"
        small = self.folder / "small.png"
        png.write(small, steps(5, 40))
        (self.folder / "broken.png").write_bytes(self.clean.read_bytes()[:90])
        cases = [(["denoise", self.folder / "none.png"], 3, "none.png"),
                 (["denoise", self.folder / "broken.png"], 3, "broken.png"),
                 (["denoise", small, "--patch", 7], 2, "patches of 7 x 7 pixels are larger than the image of 5 x 40"),
                 (["denoise", small, "--patch", 4], 2, "patch must be odd"),
                 (["denoise", small, "--search", 10], 2, "search must be odd"),
                 (["denoise", small, "--patch", 3, "--aggregate", 5], 2, "aggregate must be at most patch"),
                 (["denoise", small, "--sigma", -1], 2, "--sigma"),
                 (["denoise", small, "--sigma", "nan"], 2, "sigma must be a number"),
                 (["denoise", small, "--clean", self.clean], 3, "has 60 x 70 pixels of 1 channels"),
                 (["denoise", small, "--noisy-output", output], 2, "--add-noise"),
                 (["denoise", small, "--device", "cuda"], 2, "--device"),
                 (["synthesize", small], 2, "5 x 40 pixels, less than a window of 11 x 11"),
                 (["synthesize", self.clean, "--window", 8], 2, "window must be odd"),
                 (["synthesize", self.clean, "--size", 0], 2, "--size"),
                 (["synthesize", self.clean, "--size", 10**9], 2, "the new image must have"),
                 (["synthesize", self.folder / "broken.png"], 3, "broken.png")]
        for arguments, code, words in cases:
            done = run(*arguments, "--output", output, code=code)
            self.assertIn(words, done.stderr, arguments)
            self.assertEqual(done.stdout, "", arguments)
            self.assertFalse(output.exists(), arguments)

    def test_synthesize_grows_a_texture_by_seed(self):
        first, second, other = (self.folder / name for name in ("first.png", "second.png", "other.png"))
        found = result("synthesize", self.noisy, "--size", 40, "--height", 30, "--window", 7, "--seed", 3, "--threads", 1, "--output", first)
        self.assertEqual((found["height"], found["width"], found["channels"]), (30, 40, 1))
        run("synthesize", self.noisy, "--size", 40, "--height", 30, "--window", 7, "--seed", 3, "--threads", 2, "--output", second, "--quiet")
        run("synthesize", self.noisy, "--size", 40, "--height", 30, "--window", 7, "--seed", 4, "--output", other, "--quiet")
        self.assertEqual(first.read_bytes(), second.read_bytes())
        self.assertNotEqual(png.read(first), png.read(other))
        values = {value for row in png.read(self.noisy)[0] for value in row}
        self.assertLessEqual({value for row in png.read(first)[0] for value in row}, values)

    def test_progress_goes_to_stderr(self):
        done = run("synthesize", self.noisy, "--size", 20, "--window", 5, "--output", self.folder / "talk.png")
        self.assertIn("synthesize  400/400", done.stderr)
        self.assertNotIn("synthesize", done.stdout)


if __name__ == "__main__":
    unittest.main()
