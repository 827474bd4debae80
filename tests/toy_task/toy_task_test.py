#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A task that is a folder and a line in the list has every verb of the program."""
import shutil
import tempfile
import unittest
from pathlib import Path

from program import result, run, sets

TINY = sets(["model.d_model=32", "model.heads=2", "model.layers=1", "model.d_ff=64", "training.steps=150",
             "training.validate_every=150", "training.warmup_steps=10", "training.learning_rate=0.01"])


class ToyTask(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="heed-toy-"))
        cls.data = cls.folder / "digits.txt"
        cls.data.write_text("".join("".join(str((start + i) % 10) for i in range(30)) + "\n" for start in range(10)))
        cls.model = cls.folder / "run"
        cls.trained = result("train", "--task", "digits", "--data", cls.data, "--output", cls.model, "--quiet", *TINY)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_it_trains_and_resumes(self):
        self.assertLess(self.trained["best_nll"], 0.3)
        self.assertEqual(result("train", "--resume", self.model, "--quiet")["step"], 150)

    def test_its_verb_continues_what_was_counted(self):
        done = run("generate", "--model", self.model, "--begin", "345", "--digits", "4", "--quiet")
        self.assertEqual(done.stdout, "3456789\n")
        self.assertEqual(result("generate", "--model", self.model, "--begin", "89", "--quiet")["text"], "8901234")

    def test_help_shows_its_options_alone(self):
        text = run("generate", "--model", self.model, "--help").stdout
        self.assertIn("--begin", text)
        self.assertIn("Continue a line of digits", text)
        self.assertNotIn("--primer", text)
        self.assertNotIn("--begin", run("generate", "--model", "chorales", "--help", cwd=Path(__file__).parents[2]).stdout)

    def test_its_errors_spell_flags(self):
        done = run("generate", "--model", self.model, "--begin", "1" * 101, code=2)
        self.assertIn("--begin: must have at most 100 digits", done.stderr)
        self.assertIn("--begin: is required", run("generate", "--model", self.model, code=2).stderr)
        self.assertIn("is a digits model: use heed generate", run("evaluate", "--model", self.model, code=2).stderr)

    def test_the_program_lists_it(self):
        self.assertIn("digits", run("generate", "--help").stdout)
        self.assertIn("[data], task digits", run("info", "--fields").stdout)
        self.assertIn("did you mean 'digits'", run("generate", "--task", "digit", code=2).stderr)


if __name__ == "__main__":
    unittest.main()
