#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Memory that runs out is a message and exit code 1, whatever is asked for and whatever the limit. Standard library only."""
import os
import resource
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from program import HEED, result, run
from toy_music import chorales, tiny

SOURCE = Path(__file__).resolve().parents[2]
MEGABYTE = 1 << 20
LIMITS = (500, 650, 900)  # MB of addresses; libtorch alone takes about 500


def limited(megabytes):
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (megabytes * MEGABYTE, megabytes * MEGABYTE))


class Memory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="heed-memory-"))
        cls.data = cls.folder / "chorales.json"
        chorales(cls.data)
        cls.model = cls.folder / "run"
        result("train", "--data", cls.data, "--output", cls.model, "--threads", 1, "--quiet", *tiny())
        result("generate", "--model", cls.model, "--seconds", 4, "--output", cls.folder / "piece", "--quiet")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def refused(self, *arguments):
        said = run(*arguments, code=1).stderr
        self.assertRegex(said, r"heed: out of memory: [\d.]+ [kMGTPE]B ")
        self.assertIn("lower ", said)
        return said

    def train(self, *more):
        return ["train", "--data", self.data, "--output", self.folder / "never", *tiny(*more)]

    def test_a_huge_model_is_refused_before_work(self):
        self.assertIn("model.d_model", self.refused(*self.train("model.d_model=1000000", "model.d_ff=1000000")))
        self.refused(*self.train("model.d_ff=1000000000"))
        self.refused(*self.train("model.d_model=200000", "model.layers=100"))
        self.assertIn("between 1 and 10000", run(*self.train("model.layers=1000000000"), code=2).stderr)
        self.assertFalse((self.folder / "never").exists())

    def test_a_huge_batch_is_refused(self):
        self.assertIn("data.batch_size", self.refused(*self.train("data.batch_size=1000000", "data.crop=100000")))
        self.refused(*self.train("data.crop=1000000000"))

    def test_a_piece_of_thirty_years_is_refused(self):
        self.refused("generate", "--model", self.model, "--seconds", "1e9", "--output", self.folder / "never")
        self.refused("generate", "--model", self.model, "--seconds", "1e6", "--count", "1000000", "--batch-size", "1000000", "--output",
                     self.folder / "never")

    def test_no_limit_of_memory_makes_a_verb_crash(self):
        out = self.folder / "limited"
        brick = SOURCE / "docs/pictures/texture-bricks.png"
        midi = self.folder / "piece/sample-000.mid"
        commands = {
            "train": self.train(), "train, wide": self.train("model.d_model=512", "model.d_ff=4096", "data.batch_size=64"),
            "resume": ["train", "--resume", self.model], "average": ["average", self.model, "--output", out / "mean"],
            "evaluate": ["evaluate", "--model", self.model, "--data", self.data],
            "generate": ["generate", "--model", self.model, "--seconds", 4, "--output", out / "piece"],
            "generate, wide": ["generate", "--model", self.model, "--seconds", 30, "--count", 32, "--batch-size", 32, "--no-picture", "--output", out / "wide"],
            "images": ["generate", "--model", "cifar8-class", "--count", 8, "--output", out / "images"],
            "translate": ["translate", "--model", "tatoeba-en-de"],
            "prepare": ["prepare", "--task", "music", "--data", midi, "--output", out / "prepared"],
            "roll": ["inspect", "roll", "--input", midi, "--output", out / "roll.png"],
            "attention": ["inspect", "attention", "--model", self.model, "--input", midi, "--output", out / "attention.png"],
            "synthesize": ["synthesize", brick, "--size", 12, "--window", 5, "--output", out / "s.png"],
            "denoise": ["denoise", brick, "--output", out / "d.png"], "info": ["info"],
            "bench": ["bench", "memory", "--length", 512, "--width", 64, "--heads", 2],
        }
        out.mkdir()
        for megabytes in LIMITS:
            for name, command in commands.items():
                with self.subTest(f"{name}, {megabytes} MB"):
                    shutil.rmtree(out)
                    out.mkdir()
                    shutil.rmtree(self.folder / "never", ignore_errors=True)
                    done = subprocess.run([HEED, *map(str, command)], input=b"The house is red.\n" * 8, capture_output=True, cwd=SOURCE, timeout=300,
                                          preexec_fn=limited(megabytes))
                    self.assertIn(done.returncode, (0, 1, 127), done.stderr)  # 127: the loader of libraries has no memory
                    if done.returncode == 1:
                        self.assertRegex(done.stderr.decode(), "out of memory|cannot load the program|cannot start a thread|Thread creation failed"
                                                               "|Cannot allocate memory")


if __name__ == "__main__":
    if "address" in os.environ.get("HEED_SANITIZE", ""):
        raise SystemExit(77)
    unittest.main(verbosity=2)
