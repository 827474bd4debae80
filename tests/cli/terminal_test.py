#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Progress on terminals of several widths: one line, redrawn in place, that never wraps."""
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from program import HEED
from screen import CLEAR, Screen, on_a_terminal, resize, width
from toy_music import chorales, tiny

SOURCE = Path(__file__).resolve().parents[2]
WIDTHS = (20, 40, 80, 200)
SLOW = tiny("training.steps=1500", "training.validate_every=500", "training.checkpoint_every=1500")


class Terminal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.temporary.name)
        cls.data = cls.folder / "音楽のデータ" / "chorales.json"
        cls.data.parent.mkdir()
        chorales(cls.data)
        cls.sentences = cls.folder / "sentences.en"
        cls.sentences.write_text("The house is red.\n" * 10)
        midi = cls.folder / "midi"
        subprocess.run([HEED, "generate", "--model", "chorales", "--seconds", "4", "--count", "3", "--no-picture", "--quiet", "--output",
                        str(midi)], cwd=SOURCE, check=True, capture_output=True)
        cls.midi = midi

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def commands(self, name):
        """Every kind of work that reports progress, with the pieces of work that it reports at most."""
        out = self.folder / name
        return {
            "train": (["train", "--data", self.data, "--output", out / "列車" / "run", *SLOW], 1),
            "prepare": (["prepare", "--task", "music", "--data", self.midi, "--output", out / "prepared"], 1),
            "generate music": (["generate", "--model", "chorales", "--seconds", 16, "--no-picture", "--output", out / "music"], 1),
            "generate images": (["generate", "--model", "cifar8-class", "--count", 2, "--output", out / "images"], 1),
            "translate": (["translate", "--model", "tatoeba-en-de"], 1),
            "evaluate": (["evaluate", "--model", "chorales", "--data", self.data, "--split", "valid"], 1),
            "synthesize": (["synthesize", "docs/pictures/texture-bricks.png", "--size", 40, "--window", 5, "--output", self.folder / "s.png"],
                           1),
            "denoise": (["denoise", "docs/pictures/texture-bricks.png", "--output", self.folder / "d.png"], 0),
        }

    def watch(self, command, columns, **options):
        with open(self.sentences, "rb") as stdin:
            return on_a_terminal([HEED, *command], columns, stdin=stdin, cwd=SOURCE, **options)

    def test_every_verb_shows_one_line_that_does_not_wrap(self):
        for columns in WIDTHS:
            for name, (command, works) in self.commands(str(columns)).items():
                with self.subTest(f"{name}, {columns} columns"):
                    code, text = self.watch(command, columns)
                    self.assertEqual(code, 0, text)
                    screen = Screen(columns)
                    screen.write(text)
                    self.assertEqual(screen.wrapped, 0, text)
                    title = "generate" if name.startswith("generate") else "read" if name == "prepare" else name.split()[0]
                    shown = [line for line in screen.lines if line.startswith(title + "  ")]
                    if name == "prepare":  # three files take less than a tenth of a second
                        self.assertLessEqual(len(shown), works, screen.lines)
                    else:
                        self.assertEqual(len(shown), works, screen.lines)
                        self.assertGreaterEqual(screen.redrawn, works)

    def test_the_count_stays_where_little_else_fits(self):
        code, text = self.watch(["train", "--data", self.data, "--output", self.folder / "narrow", *SLOW], 20)
        self.assertEqual(code, 0, text)
        screen = Screen(20)
        screen.write(text)
        self.assertIn("train  1500/1500", [line.rstrip() for line in screen.lines])

    def test_a_terminal_that_becomes_narrow_gets_narrow_lines(self):
        narrow_from = []

        def make_narrow(data, terminal):
            if not narrow_from and data.count(CLEAR.encode()) >= 3:
                resize(terminal, 30)
                narrow_from.append(len(data))

        code, text = self.watch(["train", "--data", self.data, "--output", self.folder / "resized", *tiny("training.steps=6000", "training.validate_every=6000", "training.checkpoint_every=6000")], 200,
                                when_read=make_narrow)
        self.assertEqual(code, 0, text[-500:])
        frames = text.encode()[narrow_from[0]:].decode(errors="replace").split("\r" + CLEAR)[2:]  # one may be under way
        self.assertGreater(len(frames), 2)
        self.assertLess(max(sum(map(width, frame.strip("\r\n"))) for frame in frames), 30)

    def test_a_terminal_that_can_do_nothing_gets_plain_lines(self):
        for term in ("dumb", ""):
            with self.subTest(term):
                code, text = self.watch(["train", "--data", self.data, "--output", self.folder / f"dumb-{term}", *SLOW], 40, term=term)
                self.assertEqual(code, 0, text)
                self.assertNotIn("\x1b", text)
                self.assertNotIn("\r", text.replace("\r\n", ""))
                lines = [line for line in text.splitlines() if line.startswith("train  ")]
                self.assertTrue(lines)
                self.assertLessEqual(len(lines), 3, "a line each half minute")
                self.assertLess(max(map(len, lines)), 40)

    def test_names_cannot_steer_the_terminal(self):
        evil = self.folder / "a\x1b[2Jb\nc"
        code, text = self.watch(["train", "--task", "music", "--data", evil, "--output", self.folder / "never"], 80)
        self.assertEqual(code, 3)
        self.assertNotIn("\x1b", text)
        self.assertIn(r"a\x1b[2Jb\nc", re.sub(r"\r\n", "", text))


if __name__ == "__main__":
    unittest.main(verbosity=2)
