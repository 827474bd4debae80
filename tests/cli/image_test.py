#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Images as a newcomer meets them: a folder of pictures, prepare, train, evaluate, generate by class, from a part, from
smaller ones, look at attention, look for copies; and what is said of what goes wrong. Standard library only."""
import bz2
import gzip
import io
import json
import lzma
import math
import random
import shutil
import tarfile
import tempfile
import unittest
import zipfile
from pathlib import Path

import png
import program
from program import run, sets

TINY = ["model.d_model=16", "model.heads=2", "model.layers=1", "model.d_ff=16", "model.encoder_layers=1", "model.query_block=48",
        "model.memory_block=48", "model.dropout=0", "data.batch_size=4", "training.steps=12", "training.validate_every=6",
        "training.checkpoint_every=6", "training.warmup_steps=2"]
CLASSES = ["bright", "dark", "striped"]


def result(*arguments):
    return program.result(*arguments, "--quiet", "--threads", 1)


def settings(*more):
    return sets([*TINY, *more])


def picture(kind, seed, size=16):
    """Rows of an RGB picture."""
    draw = random.Random(f"{kind} {seed}")
    level = {"bright": 210, "dark": 40, "striped": 120}[kind]
    return [[min(255, max(0, level + (60 if kind == "striped" and x // 4 % 2 else 0) + 10 * c + draw.randrange(-20, 20)))
             for x in range(size) for c in range(3)] for y in range(size)]


class Images(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._temporary = tempfile.TemporaryDirectory(prefix="heed-images-")
        cls.folder = Path(cls._temporary.name)
        cls.raw = cls.folder / "pictures"
        for kind in CLASSES:
            (cls.raw / kind).mkdir(parents=True)
            for i in range(12):
                png.write(cls.raw / kind / f"{i}.png", picture(kind, i), channels=3)
        (cls.raw / "dark" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
        cls.data = cls.folder / "prepared"
        cls.prepared = result("prepare", "--task", "image", "--data", cls.raw, "--output", cls.data, "--set", "data.size=8",
                              "--set", "data.valid_share=0.25")
        cls.by_class, cls.super = cls.folder / "by-class", cls.folder / "super"
        cls.trained = result("train", "--data", cls.data, "--output", cls.by_class,
                             *settings("task=image", "data.condition=class", "data.flip=true"))
        result("train", "--data", cls.data, "--output", cls.super,
               *settings("task=image", "data.condition=source", "data.source_size=4"))
        cls.whole = cls.folder / "whole.png"
        png.write(cls.whole, picture("striped", 99, 8), channels=3)

    @classmethod
    def tearDownClass(cls):
        cls._temporary.cleanup()

    def generate(self, model, *arguments, name="out"):
        output = self.folder / name
        return result("generate", "--model", model, "--output", output, *arguments), output

    def test_prepare_scales_counts_and_may_be_repeated(self):
        self.assertEqual([self.prepared[name] for name in ("height", "width", "channels", "classes")], [8, 8, 3, 3])
        self.assertEqual(self.prepared["train"]["images"] + self.prepared["valid"]["images"], 36)
        self.assertGreater(self.prepared["valid"]["images"], 2)
        self.assertEqual(self.prepared["skipped"], 1)
        strict = run("prepare", "--task", "image", "--data", self.raw, "--output", self.folder / "strict", "--strict", code=3)
        self.assertIn("broken.png", strict.stderr)
        again = self.folder / "again"
        for _ in range(2):
            run("prepare", "--task", "image", "--data", self.raw, "--output", f"{again}/", "--set", "data.size=8", "--set",
                "data.valid_share=0.25", "--quiet")
        for name in ("images.safetensors", "images.toml"):
            self.assertEqual((again / name).read_bytes(), (self.data / name).read_bytes(), name)

    def test_training_learns_and_writes_a_run_folder(self):
        self.assertEqual(self.trained["step"], 12)
        self.assertLess(self.trained["best_nll"], self.trained["first_nll"])
        for name in ("config.toml", "model.safetensors", "data.toml", "checkpoints/step-12"):
            self.assertTrue((self.by_class / name).exists(), name)
        config = (self.by_class / "config.toml").read_text().replace('"', "'")
        self.assertIn("classes = [ 'bright', 'dark', 'striped' ]", config)

    def test_prepared_and_raw_data_train_alike(self):
        shaped = ["data.size=8", "data.valid_share=0.25", "data.condition=class", "data.flip=true", "task=image", "training.steps=2"]
        raw = self.folder / "from-raw"
        run("train", "--data", self.raw, "--output", raw, "--quiet", "--threads", 1, *settings(*shaped))
        self.assertEqual((raw / "data.toml").read_bytes(), (self.by_class / "data.toml").read_bytes())

    def test_a_run_resumes_and_other_data_is_refused(self):
        copy = self.folder / "moved"
        shutil.copytree(self.by_class, copy)
        run("train", "--resume", copy, "--data", self.data, "--quiet")
        self.assertIn("not what this run was trained on", run("train", "--resume", copy, "--data", self.raw, code=3).stderr)

    def test_init_goes_on_with_images_of_the_same_kind(self):
        tuned = result("train", "--data", self.raw, "--init", self.by_class, "--output", self.folder / "tuned", "--set",
                       "data.valid_share=0.25", "--set", "data.batch_size=4", "--set", "training.steps=2")
        self.assertAlmostEqual(tuned["first_nll"], self.trained["best_nll"], places=4)

    def test_evaluate_gives_exact_bits_per_dim(self):
        found = result("evaluate", "--model", self.by_class, "--data", self.data)
        self.assertEqual(found["images"], self.prepared["valid"]["images"])
        self.assertEqual(found["values"], found["images"] * 8 * 8 * 3)
        self.assertAlmostEqual(found["nll"], found["total_nats"] / found["values"], places=9)
        self.assertAlmostEqual(found["bits_per_dim"], found["nll"] / math.log(2), places=6)
        self.assertAlmostEqual(found["nll"], self.trained["best_nll"], places=4)
        one = result("evaluate", "--model", self.by_class, "--data", self.data, "--batch-size", 1)
        self.assertAlmostEqual(one["total_nats"], found["total_nats"], delta=1e-5 * found["total_nats"])
        some = result("evaluate", "--model", self.by_class, "--data", self.raw, "--split", "train", "--max-images", 3)
        self.assertEqual(some["images"], 3)

    def test_evaluate_looks_at_super_resolution(self):
        found = result("evaluate", "--model", self.super, "--data", self.data, "--super-resolution", "--sampled-images", 3)
        self.assertEqual(found["images"], 3)
        self.assertGreater(found["consistency_mae"], 0)
        self.assertGreater(found["bicubic_psnr"]["mean"], 15)
        colder = result("evaluate", "--model", self.super, "--data", self.data, "--super-resolution", "--sampled-images", 3,
                        "--temperature", 0.5)
        self.assertNotEqual(colder["psnr"], found["psnr"])
        wrong = run("evaluate", "--model", self.by_class, "--data", self.data, "--super-resolution", code=2)
        self.assertIn("condition = source", wrong.stderr)

    def test_classes_take_turns_and_count_and_batch_change_nothing(self):
        found, many = self.generate(self.by_class, "--count", 6, name="many")
        self.assertEqual([image["class"] for image in found["images"]], CLASSES * 2)
        rows, channels = png.read(many / "sample-004.png")
        self.assertEqual((len(rows), len(rows[0]), channels), (8, 24, 3))
        self.assertEqual((many / "grid.png").read_bytes()[:4], b"\x89PNG")
        bits = -sum(image["log_probability"] for image in found["images"]) / (6 * 192 * math.log(2))
        self.assertAlmostEqual(found["bits_per_dim"], bits, places=6)
        self.assertGreater(found["pixels_per_second"], 0)
        _, one = self.generate(self.by_class, "--count", 1, "--first-sample", 4, "--batch-size", 1, name="one")
        self.assertEqual((one / "sample-004.png").read_bytes(), (many / "sample-004.png").read_bytes())
        self.assertNotEqual((many / "sample-001.png").read_bytes(), (many / "sample-004.png").read_bytes())
        named, _ = self.generate(self.by_class, "--count", 2, "--class", "striped,1", name="named")
        self.assertEqual([image["class"] for image in named["images"]], ["striped", "dark"])
        cold, _ = self.generate(self.by_class, "--count", 1, "--temperature", "0.5,1", "--top-k", 20, name="cold")
        self.assertEqual([Path(image["image"]).name for image in cold["images"]],
                         ["sample-000-at-0.5.png", "sample-000-at-1.png"])

    def test_completion_keeps_exactly_what_is_kept(self):
        original = png.read(self.whole)[0]
        for keep, kept in (("top", lambda y, x: y < 4), ("left", lambda y, x: x < 4), ("3", lambda y, x: y < 3),
                           ("all-but-centre", lambda y, x: not (2 <= y < 6 and 2 <= x < 6))):
            with self.subTest(keep):
                found, output = self.generate(self.by_class, "--input", self.whole, "--keep", keep, "--class", "striped",
                                              name=f"keep-{keep}")
                rows = png.read(output / "sample-000.png")[0]
                places = [(y, x) for y in range(8) for x in range(8)]
                same = [rows[y][3 * x:3 * x + 3] == original[y][3 * x:3 * x + 3] for y, x in places]
                self.assertTrue(all(equal for equal, (y, x) in zip(same, places) if kept(y, x)))
                self.assertLess(sum(same), 64)
                self.assertEqual(found["images"][0]["values"], 3 * sum(not kept(y, x) for y, x in places))

    def test_data_gives_inputs_with_their_classes(self):
        found, output = self.generate(self.by_class, "--data", self.data, "--images", 2, "--count", 2, "--keep", "top", name="from-data")
        self.assertEqual(len(found["images"]), 4)
        self.assertTrue((output / "input-01-sample-001.png").exists())
        self.assertTrue(all(image["class"] in CLASSES and image["input"].startswith("valid") for image in found["images"]))

    def test_super_resolution_from_the_smaller_image_or_a_larger_one(self):
        large, small = self.raw / "dark" / "3.png", self.folder / "small.png"
        png.write(small, picture("dark", 5, 4), channels=3)
        found, output = self.generate(self.super, "--input", large, small, "--temperature", 0.8, 1, name="super-out")
        self.assertEqual(len(found["images"]), 4)
        self.assertEqual(len(list(output.glob("input-*-sample-000-at-*.png"))), 4)
        known = [image for image in found["images"] if "psnr" in image]
        self.assertEqual({image["input"] for image in known}, {str(large)})
        self.assertGreater(known[0]["bicubic_psnr"], 15)
        note = run("generate", "--model", self.super, "--input", large, "--output", self.folder / "noted").stderr
        self.assertIn("3.png is 16 x 16: made smaller, by area, to 8 x 8", note)

    def test_samples_are_compared_with_the_training_images(self):
        found, output = self.generate(self.by_class, "--count", 3, "--nearest", self.data, name="nearest")
        self.assertEqual(found["nearest"]["train_images"], self.prepared["train"]["images"])
        self.assertGreater(found["nearest"]["valid_median_distance"], 0)
        self.assertTrue((output / "nearest.png").exists())
        for image in found["images"]:
            self.assertGreater(image["nearest"]["distance"], 0)
            self.assertLess(image["nearest"]["training_image"], self.prepared["train"]["images"])

    def test_inspect_attention_draws(self):
        output = self.folder / "attention.png"
        attention = ["inspect", "attention", "--output", output, "--quiet", "--model"]
        run(*attention, self.by_class, "--input", self.whole, "--class", "striped", "--heads", "0,1", "--pixel", "2,3", "--pixel",
            "7,0", "--surprise")
        self.assertEqual(output.read_bytes()[:4], b"\x89PNG")
        run(*attention, self.super, "--input", self.whole)
        cases = [([self.by_class, "--input", self.whole], "bright, dark, striped"),
                 ([self.super, "--input", self.whole, "--heads", 5], "heads 0 to 1"),
                 ([self.super, "--input", self.whole, "--layer", 1], "layers 0 to 0"),
                 ([self.super, "--input", self.whole, "--pixel", "8,0"], "rows 0 to 7"),
                 ([self.super, "--input", self.whole, "--pixel", "8"], "ROW,COLUMN"),
                 ([self.super, "--input", self.whole, "--map"], "music"),
                 ([self.super], "--input")]
        for arguments, hint in cases:
            with self.subTest(hint):
                self.assertIn(hint, run(*attention, *arguments, code=2).stderr)

    def test_moved_images_say_how_far_pixels_follow(self):
        output = self.folder / "equivariance.png"
        found = result("inspect", "equivariance", "--model", self.by_class, "--data", self.data, "--images", 4, "--output", output)
        for name in ("right", "down"):
            self.assertEqual(found[name]["outputs"], 4 * 3 * 3)  # of 8 x 8 two on each side, and one that is lost by moving
            self.assertGreater(found[name]["largest_difference"], 0)
        self.assertEqual(output.read_bytes()[:4], b"\x89PNG")
        self.assertIn("leave nothing", run("inspect", "equivariance", "--model", self.by_class, "--data", self.data, "--shift", 4, code=2).stderr)

    def prepare(self, data, *arguments, code=0):
        """(the JSON result, what was said)"""
        output = self.folder / "prepared-again"
        shutil.rmtree(output, ignore_errors=True)
        done = run("prepare", "--task", "image", "--data", data, "--output", output, *arguments, "--json", code=code)
        return json.loads(done.stdout) if code == 0 else None, done.stderr

    def pictures(self, name, files, size=16):
        """Writes files, a path to its kind or its bytes."""
        root = self.folder / name
        for i, (path, kind) in enumerate(files.items()):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            if isinstance(kind, bytes):
                (root / path).write_bytes(kind)
            elif kind == "grey":
                png.write(root / path, [[(x * 9 + y * 5 + i) % 256 for x in range(size)] for y in range(size)])
            else:
                png.write(root / path, picture(kind, i, size), channels=3)
        return root

    def archive(self, name, files, mode="w"):
        """A tar of pictures, in the order of `files`, a list of (path, kind or bytes)."""
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode=mode, format=tarfile.USTAR_FORMAT) as tar:
            for i, (path, kind) in enumerate(files):
                if not isinstance(kind, bytes):
                    png.write(self.folder / "one.png", picture(kind, i), channels=3)
                    kind = (self.folder / "one.png").read_bytes()
                info = tarfile.TarInfo(path)
                info.size = len(kind)
                tar.addfile(info, io.BytesIO(kind))
        (self.folder / name).write_bytes(data.getvalue())
        return self.folder / name

    def in_classes(self, count=6):
        return [(f"data/{kind}/{i}.png", kind) for i in range(count) for kind in CLASSES[:2]]

    def test_the_first_file_decides_neither_size_nor_colours(self):
        files = {f"{kind}/{i}.png": kind for kind in ("dark", "bright") for i in range(12)}
        found, said = self.prepare(self.pictures("grey-first", {"bright/0.png": "grey", **{k: v for k, v in files.items() if k != "bright/0.png"}}))
        self.assertEqual((found["channels"], found["skipped"]), (3, 0))
        self.assertIn("1 grey and 23 coloured images: all are read as RGB", said)
        root = self.pictures("small-first", files)
        png.write(root / "bright" / "0.png", picture("bright", 0, 5), channels=3)
        found, said = self.prepare(root)
        self.assertEqual((found["height"], found["skipped"]), (16, 1))
        self.assertIn("0.png: is 5 x 5 RGB, and most images are 16 x 16", said)
        found, said = self.prepare(root, "--set", "data.size=8")
        self.assertEqual((found["height"], found["skipped"], found["classes"]), (8, 0, 2))

    def test_strays_beside_splits_and_classes_are_said(self):
        root = self.pictures("stray", {f"{split}/{kind}/{i}.png": kind for split in ("train", "val") for kind in CLASSES[:2] for i in range(4)})
        self.pictures("stray", {"docs/figure.png": "striped", "notes.txt": b"text", "old.heic": b"heic", "__MACOSX/train/x.png": b"x"}, 40)
        found, said = self.prepare(root)
        self.assertEqual((found["classes"], found["train"]["images"], found["valid"]["images"]), (2, 8, 8))
        self.assertIn("stray/docs/figure.png is in no class: passed over", said)
        self.assertIn("stray: classes: bright 8, dark 8; splits: train 8, valid 8", said)
        self.assertIn("stray: 1 HEIC picture is passed over: convert to PNG or JPEG", said)
        self.assertIn("passed over: 1 .heic, 1 .txt", said)

    def test_splits_may_stand_in_every_class(self):
        root = self.pictures("in-class", {f"{kind}/{split}/{i}.png": kind for split in ("Train", "TEST") for kind in CLASSES for i in range(3)})
        found, said = self.prepare(root, "--set", "data.valid_share=0")
        self.assertEqual((found["classes"], found["train"]["images"], found["test"]["images"]), (3, 9, 9))

    def test_a_class_that_cannot_be_read_is_an_error(self):
        webp = b"RIFF\x1a\0\0\0WEBPVP8L"
        files = {f"{kind}/{i}.png": kind for kind in CLASSES[:2] for i in range(4)}
        root = self.pictures("unread-class", {**files, "zebra/0.jpg": webp, "zebra/1.jpg": webp})
        _, said = self.prepare(root, code=3)
        self.assertIn("the class zebra has no image that can be used: ", said)
        self.assertIn("seems to be a WebP", said)

    def test_archives_are_read_as_their_folders(self):
        folder = self.folder / "unpacked"
        cover = self.archive("cover.tar", [("README/preview.png", "striped"), *self.in_classes()])
        with tarfile.open(cover) as tar:
            tar.extractall(folder)
        expected, said = self.prepare(folder)
        self.assertIn("unpacked/README/preview.png is in no class: passed over", said)
        self.assertEqual(expected["classes"], 2)
        card = (self.folder / "prepared-again" / "images.toml").read_bytes()
        paths = {path: kind for path, kind in self.in_classes()}
        with zipfile.ZipFile(self.folder / "classes.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for path in paths:
                archive.writestr(zipfile.ZipInfo(path), (folder / path).read_bytes())
        archives = [cover, self.folder / "classes.zip"]
        for packed in (gzip, bz2, lzma):
            archives.append(self.folder / f"packed.{packed.__name__}")
            archives[-1].write_bytes(packed.compress(cover.read_bytes()))
        archives.append(self.archive("pax-header.tar", [("PaxHeader/data/cat/0.png", b"30 mtime=1\n"), *[(p, (folder / p).read_bytes()) for p in paths]]))
        for archive in archives:
            with self.subTest(archive.name):
                self.assertEqual(self.prepare(archive)[0]["classes"], 2)
                self.assertEqual((self.folder / "prepared-again" / "images.toml").read_bytes(), card)

    def test_of_two_equal_names_the_last_counts(self):
        self.prepare(self.archive("once.tar", self.in_classes()))
        card = (self.folder / "prepared-again" / "images.toml").read_bytes()
        files = [*self.in_classes()]
        with tarfile.open(self.folder / "once.tar") as tar:
            files = [("data/dark/0.png", b"not a picture"), *[(path, tar.extractfile(path).read()) for path, _ in files]]
        _, said = self.prepare(self.archive("twice.tar", files))
        self.assertIn("contains data/dark/0.png twice; the last one counts", said)
        self.assertEqual((self.folder / "prepared-again" / "images.toml").read_bytes(), card)

    def test_a_cut_or_encrypted_archive_is_an_error(self):
        whole = self.archive("whole.tar", self.in_classes()).read_bytes()
        cut = self.folder / "cut.tar"
        for size in (len(whole) - len(whole) % 10240 - 10240, 1536, 700):
            cut.write_bytes(whole[:size].rstrip(b"\0") if size > 1536 else whole[:size])
            _, said = self.prepare(cut, code=3)
            self.assertRegex(said, r"cut\.tar, byte \d+: (ends early|is damaged or cut)")
        with tarfile.open(self.folder / "whole.tar") as tar:
            third = tar.getmembers()[3].offset
        cut.write_bytes(whole[:third])
        self.assertIn(f"cut.tar, byte {third}: ends early", self.prepare(cut, code=3)[1])
        with zipfile.ZipFile(self.folder / "locked.zip", "w") as archive:
            archive.writestr("a.png", b"abc")
        locked = bytearray((self.folder / "locked.zip").read_bytes())
        locked[6] |= 1
        locked[locked.index(b"PK\1\2") + 8] |= 1
        (self.folder / "locked.zip").write_bytes(locked)
        self.assertIn("locked.zip: is encrypted; unpack it with its password", self.prepare(self.folder / "locked.zip", code=3)[1])

    def test_one_pixel_is_a_size(self):
        model = self.folder / "one-pixel"
        result("train", "--task", "image", "--data", self.raw, "--output", model, *settings("data.size=1", "data.valid_share=0.25", "training.steps=2"))
        _, output = self.generate(model, "--count", 2, name="one-pixel-out")
        rows, channels = png.read(output / "sample-000.png")
        self.assertEqual((len(rows), len(rows[0]), channels), (1, 3, 3))

    def test_what_does_not_fit_is_said(self):
        small, tiny = self.folder / "four.png", self.folder / "tiny.png"
        png.write(small, picture("dark", 1, 4), channels=3)
        png.write(tiny, picture("dark", 1, 3), channels=3)
        never = self.folder / "never"
        generate = ["generate", "--output", never, "--model"]
        train = ["train", "--data", self.data, "--output", never]
        cases = [
            ([*generate, self.by_class, "--class", "strpied"], 2, "did you mean 'striped'"),
            ([*generate, self.by_class, "--class", "7"], 2, "bright, dark, striped"),
            ([*generate, self.super, "--class", "dark"], 2, "no classes"),
            ([*generate, self.super], 2, "--input"),
            ([*generate, self.super, "--input", tiny], 3, "is 3 x 3; this model takes 4 x 4"),
            ([*generate, self.super, "--input", self.whole, "--keep", "top"], 2, "--keep"),
            ([*generate, self.by_class, "--input", self.whole], 2, "--keep"),
            ([*generate, self.by_class, "--keep", "top"], 2, "--input"),
            ([*generate, self.by_class, "--input", self.whole, "--keep", "top"], 2, "The classes are bright"),
            ([*generate, self.by_class, "--input", small, "--keep", "top", "--class", "dark"], 3, "this model takes 8 x 8"),
            ([*generate, self.by_class, "--input", self.whole, "--keep", "half", "--class", "dark"], 2, "all-but-centre"),
            ([*generate, self.by_class, "--input", self.whole, "--keep", "8", "--class", "dark"], 2, "1 to 7 of the 8 rows"),
            ([*generate, self.by_class, "--seconds", 4], 2, "is an option of the music task"),
            ([*generate, self.by_class, "--input", self.folder / "none.png", "--keep", "top"], 3, "none.png"),
            ([*generate, self.by_class, "--nearest", self.folder / "nowhere"], 3, "no such file"),
            ([*generate, self.by_class, "--images", 2], 2, "needs --data"),
            ([*generate, self.by_class, "--temperature", "-1"], 2, "between 0 and 100"),
            (["evaluate", "--model", self.by_class, "--data", self.data, "--seed", 2], 2, "needs --super-resolution"),
            (["evaluate", "--model", self.by_class, "--data", self.data, "--motifs"], 2, "is an option of the music task"),
            (["evaluate", "--model", self.by_class, "--data", self.data, "--split", "test"], 3, "no split 'test'"),
            (["translate", "--model", self.by_class], 2, "is an image model: use heed generate"),
            ([*train, *settings("task=image", "data.size=-8")], 2, "'size' must be at least 0"),
            ([*train, *settings("task=image", "data.height=8")], 2, "'height' needs 'width'"),
            ([*train, *settings("task=image", "data.fit=squeeze")], 2, "crop, pad, stretch"),
            ([*train, *settings("task=image", "data.condition=clas")], 2, "class"),
            ([*train, *settings("task=image", "data.condition=source")], 2, "source_size"),
            ([*train, *settings("task=image", "data.channels=2")], 2, "must be 0, 1 or 3"),
            ([*train, *settings("task=images")], 2, "did you mean 'image'"),
            (["prepare", "--task", "image", "--data", self.raw, "--output", self.raw], 2, "contains other files"),
            (["prepare", "--task", "image", "--data", self.raw, "--output", never, "--set", "data.flip=true"], 2, "when a model is trained"),
            (["prepare", "--task", "image", "--data", self.raw, "--output", never, "--encoding", "chorale"], 2, "music task"),
        ]
        for arguments, code, hint in cases:
            with self.subTest(" ".join(map(str, arguments[-4:]))):
                done = run(*arguments, code=code)
                self.assertIn(hint, done.stderr)
                self.assertEqual(done.stdout, "")
        self.assertFalse(never.exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
