# SPDX-License-Identifier: Apache-2.0
"""A translator of sixteen words, for the tests of what people do with theirs. Standard library only."""
import random
import shutil
import tempfile
import unittest
from pathlib import Path

from program import result, run, sets

ROOT = Path(__file__).resolve().parents[2]
WORDS = {"one": "eins", "two": "zwei", "three": "drei", "four": "vier", "five": "fünf", "six": "sechs", "red": "rot",
         "blue": "blau", "green": "grün", "houses": "Häuser", "trees": "Bäume", "cars": "Autos", "see": "sehen", "we": "wir",
         "they": "sie", "not": "nicht"}
TINY = ["data.source_language=en", "data.target_language=de", "data.max_tokens=700", "vocabulary.size=110", "model.d_model=32",
        "model.heads=2", "model.encoder_layers=1", "model.decoder_layers=1", "model.d_ff=64", "model.dropout=0",
        "training.steps=240", "training.learning_rate=5e-3", "training.schedule=cosine", "training.warmup_steps=20",
        "training.validate_every=60", "training.checkpoint_every=60", "training.keep_checkpoints=2",
        "training.precision=fp32"]  # alike on every machine, and as evaluate computes


def sentences(count, seed):
    draw = random.Random(seed)
    return [[draw.choice(list(WORDS)) for _ in range(draw.randrange(1, 9))] for _ in range(count)]


def english(lines):
    return "".join(" ".join(line) + "\n" for line in lines)


def german(lines):
    return "".join(" ".join(WORDS[word] for word in line) + "\n" for line in lines)


class ToyTranslator(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="heed-translation-"))
        cls.data = cls.folder / "data"
        cls.data.mkdir()
        for split, count, seed in (("train", 1500, 1), ("valid", 60, 2), ("test", 120, 3)):
            lines = sentences(count, seed)
            (cls.data / f"{split}.en").write_text(english(lines))
            (cls.data / f"{split}.de").write_text(german(lines))
        cls.model = cls.folder / "run"
        cls.trained = result("train", "--data", cls.data, "--output", cls.model, "--threads", 1, "--quiet",
                             "--set", "task=translation", *sets(TINY))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def translate(self, text, *options):
        return run("translate", "--model", self.model, "--threads", 1, *options, text=text)
