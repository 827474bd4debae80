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
                 (["denoise", small, "--patch", 4], 2, "--patch: must be odd"),
                 (["denoise", small, "--search", 10], 2, "--search: must be odd"),
                 (["denoise", small, "--patch", 3, "--aggregate", 5], 2, "--aggregate: must be at most the patch"),
                 (["denoise", small, "--sigma", -1], 2, "--sigma: must be between 0 and 255, got -1"),
                 (["denoise", small, "--sigma", "nan"], 2, "--sigma: must be a number, got 'nan'"),
                 (["denoise", small, "--clean", self.clean], 3, "clean.png: has 60 x 70 pixels in grey, but "),
                 (["denoise", small, "--noisy-output", output], 2, "--add-noise"),
                 (["denoise", small, "--device", "cuda"], 2, "--device"),
                 (["synthesize", small], 2, "small.png: the texture has 5 x 40 pixels, less than a window of 11 x 11"),
                 (["synthesize", self.clean, "--window", 8], 2, "--window: must be odd"),
                 (["synthesize", self.clean, "--size", 0], 2, "--size"),
                 (["synthesize", self.clean, "--size", 10**9], 2, "--size: the new image must have"),
                 (["denoise", small, "--impulses", "some"], 2, "--impulses"),
                 (["denoise", small, "--quality", 90], 2, "--quality: is for JPEG"),
                 (["denoise", small, "--quality", 101], 2, "--quality"),
                 (["denoise", small, "--own-weight", "1,5"], 2, "--own-weight"),
                 (["denoise", small, "--seed", "1e23"], 2, "--seed"),
                 (["denoise", small, "--add-noise", 1e300], 2, "--add-noise: must be between 0 and 255"),
                 (["denoise", small, "--search", 99999999999999999999], 2, "--search"),
                 (["synthesize", self.clean, "--window", -3], 2, "--window: must be odd"),
                 (["denoise", small, "--own-weight", "nan"], 2, "--own-weight: must be a number, got 'nan'"),
                 (["synthesize", self.clean, "--max-error", "nan"], 2, "--max-error: must be a number, got 'nan'"),
                 (["synthesize", self.clean, "--tolerance", "nan"], 2, "--tolerance: must be a number, got 'nan'"),
                 (["synthesize", self.folder / "broken.png"], 3, "broken.png")]
        for arguments, code, words in cases:
            done = run(*arguments, "--output", output, code=code)
            self.assertIn(words, done.stderr, arguments)
            self.assertEqual(done.stdout, "", arguments)
            self.assertFalse(output.exists(), arguments)

    def test_a_name_without_an_ending_of_a_format_is_refused_before_the_work(self):
        for verb in ("denoise", "synthesize"):
            for name in ("out", "out.webp", "out.tif"):
                done = run(verb, self.noisy, "--output", self.folder / name, code=2)
                self.assertIn(f"{name}: heed writes PNG and JPEG: the name must end in .png or .jpg", done.stderr)
                self.assertFalse((self.folder / name).exists())
        done = run("denoise", self.noisy, "--output", self.folder / "none" / "out.png", code=1)
        self.assertIn("none", done.stderr)

    def test_jpeg_is_written_by_the_ending_and_says_what_it_loses(self):
        large, small = self.folder / "out.jpg", self.folder / "out.JPEG"
        done = run("denoise", self.noisy, "--output", large)
        self.assertNotIn("JPEG", done.stderr)
        self.assertTrue(large.read_bytes().startswith(b"\xff\xd8\xff"))
        run("denoise", self.noisy, "--output", small, "--quality", 30, "--quiet")
        self.assertLess(len(small.read_bytes()), len(large.read_bytes()))
        found, _ = self.denoise(large, "--sigma", 0, "--clean", self.clean, name="back.png")
        self.assertGreater(found["psnr"], 25)
        deep = self.folder / "deep.png"
        png.write(deep, [[value for x in range(20) for value in (90 * 257, 65535 * (x > 9))] for _ in range(20)], channels=2, bits=16)
        done = run("denoise", deep, "--output", large)
        self.assertRegex(done.stdout, r"channels +1\nbits +8\n")
        self.assertIn("out.jpg: a JPEG cannot hold the picture's transparency and 16 bits; a PNG can", done.stderr)

    def test_alpha_16_bits_and_notes_are_kept(self):
        source, folder = self.folder / "whole.png", self.folder
        chunks = [(b"gAMA", b"\0\0\xb1\x8f"), (b"sRGB", b"\1"), (b"pHYs", b"\0\0\x0b\x13\0\0\x16\x26\1")]
        for channels in (1, 2, 3, 4):
            for bits in (8, 16):
                most = 2**bits - 1
                rows = [[value * most // 255 if (i + 1) % channels or channels % 2 else (most if i // channels > 20 else 0)
                         for i, value in enumerate(row)] for row in steps(40, 50, channels, noise=12)]
                png.write(source, rows, channels, bits, chunks)
                grow = [("synthesize", "--size", 30, "--height", 20, "--window", 5)] if (channels, bits) in ((2, 8), (4, 16)) else []
                for verb, *options in [("denoise", "--sigma", 12)] + grow:
                    what = (verb, channels, bits)
                    output = folder / "kept.png"
                    found = result(verb, source, *options, "--output", output)
                    self.assertEqual((found["channels"], found["bits"]), (channels, bits), what)
                    kept = png.chunks(output)
                    self.assertEqual(kept[b"IHDR"][8:10], bytes([bits, png.COLOUR_TYPES[channels]]), what)
                    for kind, content in chunks:
                        self.assertEqual(kept[kind], content, what)
                    now, _ = png.read(output)
                    if verb == "denoise":
                        self.assertNotEqual(now, rows, what)
                        if channels % 2 == 0:
                            self.assertEqual([row[channels - 1::channels] for row in now],
                                             [row[channels - 1::channels] for row in rows], what)
                        if bits == 16:  # not rounded to 8
                            self.assertTrue(any(value % 257 for row in now for value in row), what)
                    else:
                        pixels = {tuple(row[i:i + channels]) for row in rows for i in range(0, len(row), channels)}
                        grown = {tuple(row[i:i + channels]) for row in now for i in range(0, len(row), channels)}
                        self.assertLessEqual(grown, pixels, what)

    def test_pictures_of_different_bits_compare_on_one_scale(self):
        deep = self.folder / "deep-clean.png"
        png.write(deep, [[257 * value for value in row] for row in steps(60, 70)], bits=16)
        eight, _ = self.denoise(self.noisy, "--sigma", 15, "--clean", self.clean)
        both, _ = self.denoise(self.noisy, "--sigma", 15, "--clean", deep)
        self.assertAlmostEqual(eight["psnr"], both["psnr"], places=4)
        added, _ = self.denoise(deep, "--add-noise", 10, "--noisy-output", self.folder / "deep-noisy.png")
        self.assertAlmostEqual(added["noisy_psnr"], 20 * math.log10(255 / 10), delta=0.4)
        self.assertGreater(added["psnr"], added["noisy_psnr"] + 6)
        self.assertEqual(png.chunks(self.folder / "deep-noisy.png")[b"IHDR"][8], 16)

    def test_a_turned_picture_comes_out_upright_once(self):
        def exif(value):
            return b"MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0" + bytes([value]) + bytes(6)

        source, output, rows = self.folder / "turned.png", self.folder / "upright.png", [[1, 2, 3], [4, 5, 6]]
        for value, wanted in ((1, rows), (3, [[6, 5, 4], [3, 2, 1]]), (6, [[4, 1], [5, 2], [6, 3]]), (8, [[3, 6], [2, 5], [1, 4]])):
            png.write(source, rows, chunks=[(b"eXIf", exif(value))])
            run("denoise", source, "--sigma", 0, "--output", output, "--quiet")
            self.assertEqual(png.read(output)[0], wanted, value)
            self.assertNotIn(b"eXIf", png.chunks(output))

    def test_a_code_stays_black_and_white_and_that_is_said(self):
        draw, code, output = random.Random(2), self.folder / "code.png", self.folder / "out.png"
        modules = [[255 * draw.randrange(2) for _ in range(21)] for _ in range(21)]
        png.write(code, [[modules[y // 4][x // 4] for x in range(84)] for y in range(84)])
        done = run("denoise", code, "--output", output)
        self.assertIn("found no noise: the picture has flat areas with sharp edges", done.stderr)
        self.assertEqual(png.read(output), png.read(code))

    def test_impulses_are_said_and_removed(self):
        draw, spotted = random.Random(3), self.folder / "spotted.png"
        rows = [[draw.choice((0, 255)) if draw.random() < 0.1 else value for value in row] for row in steps(60, 70)]
        png.write(spotted, rows)
        done = run("denoise", spotted, "--output", self.folder / "out.png")
        self.assertIn("the noise is impulses: ", done.stderr)
        found, _ = self.denoise(spotted, "--clean", self.clean)
        self.assertAlmostEqual(found["impulses"], 0.1, delta=0.03)
        self.assertGreater(found["psnr"], found["noisy_psnr"] + 8)
        kept, _ = self.denoise(spotted, "--clean", self.clean, "--impulses", "keep")
        self.assertEqual(kept["impulses"], 0)
        self.assertLess(kept["psnr"], found["psnr"] - 5)
        few, _ = self.denoise(self.noisy, "--impulses", "remove")
        self.assertLess(few["impulses"], 0.01)

    def test_doubtful_estimates_are_said(self):
        tiny = self.folder / "tiny.png"
        png.write(tiny, steps(1, 12, noise=10))
        done = run("denoise", tiny, "--output", self.folder / "out.png")
        self.assertIn("too few pixels tell the noise", done.stderr)
        self.assertEqual(png.read(self.folder / "out.png"), png.read(tiny))
        texture, draw = self.folder / "texture.png", random.Random(4)
        noise = [[draw.gauss(0, 40) for _ in range(72)] for _ in range(60)]
        png.write(texture, [[min(255, max(0, round(128 + (row[x] + row[x + 1] + row[x + 2]) / 3))) for x in range(70)] for row in noise])
        done = run("denoise", texture, "--output", self.folder / "out.png")
        self.assertIn("part of it is probably texture: give a smaller --sigma", done.stderr)
        done = run("denoise", texture, "--sigma", 3, "--output", self.folder / "out.png")
        self.assertEqual(done.stderr, "")

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
