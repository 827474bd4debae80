#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pictures and numbers of what language models do inside: surprise, attention over a text, candidates of a word. Standard library only."""
import json
import math
import random
import tempfile
import unittest
from pathlib import Path

import png
import program
from program import run, sets

TINY = ["model.d_model=16", "model.heads=4", "model.layers=2", "model.d_ff=16", "model.position=sinusoidal", "data.crop=64",
        "data.batch_size=4", "training.steps=6", "training.validate_every=3", "training.checkpoint_every=3", "training.warmup_steps=1"]
TEXT = "the cat saw it, naïve it"
WORDS = ["(start)", "the", "cat", "saw", "it", ",", "naïve", "it"]


def result(*arguments, **options):
    return program.result(*arguments, "--quiet", "--threads", 1, **options)


class Looking(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = Path(cls.folder.name)
        cls.text = cls.path / "text.txt"
        draw = random.Random(1)
        cls.text.write_text("\n".join(" ".join(draw.choices("the cat dog saw it, naïve and tired.".split(), k=9)) for _ in range(300)))
        cls.model = cls.train("run")
        cls.picture = cls.path / "picture.png"

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def train(cls, name, tiny=(*TINY,), *more):
        run("train", "--task", "language", "--data", cls.text, "--output", cls.path / name, "--quiet", "--threads", 1, *sets(tiny), *more)
        return cls.path / name

    def setUp(self):
        self.picture.unlink(missing_ok=True)

    def surprise(self, *more, **options):
        found = result("inspect", "surprise", "--model", self.model, "--output", self.picture, *more, **options)
        rows, _ = png.read(self.picture)
        self.assertGreater(len(rows), 50)
        return found

    def attention(self, *more):
        return result("inspect", "attention", "--model", self.model, "--output", self.picture, *more)

    def refused(self, named, *more, model=None, code=2):
        done = run("inspect", *more, "--model", model or self.model, "--output", self.path / "x.png", code=code)
        self.assertIn(named, done.stderr)
        self.assertFalse((self.path / "x.png").exists())

    def test_surprise_of_each_token_spells_the_text_and_sums_to_what_evaluate_says(self):
        jsonl, file = self.path / "tokens.jsonl", self.path / "some.txt"
        file.write_text("the cat,\nnaïve dog.\n")
        found = self.surprise("--input", file, "--jsonl", jsonl)
        rows = [json.loads(line) for line in jsonl.read_text().splitlines()]
        self.assertEqual("".join(row["text"] for row in rows), file.read_text())
        whole = file.read_bytes()
        for row in rows:
            self.assertEqual(whole[row["begin"]:row["end"]].decode(), row["text"])
        score = result("evaluate", "--model", self.model, "--data", file)
        self.assertAlmostEqual(math.fsum(row["nll"] for row in rows), score["total_nats"], 4)
        self.assertEqual((found["units"], found["shown"], found["unit"]), (20, 20, "character"))
        self.assertAlmostEqual(found["nll"], score["nll"], 5)

    def test_a_range_keeps_its_context_and_a_long_text_is_cut(self):
        all_of, part = self.path / "all.jsonl", self.path / "part.jsonl"
        self.surprise("--text", TEXT, "--jsonl", all_of)
        self.surprise("--text", TEXT, "--begin", 4, "--end", 7, "--jsonl", part)
        rows, some = ([json.loads(line) for line in file.read_text().splitlines()] for file in (all_of, part))
        self.assertEqual([row["begin"] for row in some], [4, 5, 6])
        for whole, cut in zip(rows[4:7], some):
            self.assertAlmostEqual(whole["nll"], cut["nll"], 4)
        found = self.surprise("--input", self.text, "--lines", 3)
        self.assertLess(found["shown"], found["units"])

    def test_surprise_says_what_is_wrong(self):
        self.refused("--input", "surprise")
        self.refused("--text", "surprise", "--text", "")
        self.refused("--text", "surprise", "--text", "a", "--input", self.text)
        self.refused("--begin", "surprise", "--text", "abc", "--begin", 3)
        self.refused("--end", "surprise", "--text", "abc", "--begin", 2, "--end", 1)
        empty = self.path / "empty.txt"
        empty.write_text("")
        self.refused("contains no text", "surprise", "--input", empty, code=3)

    def test_words_sum_their_keys_and_average_their_queries(self):
        words = self.attention("--text", TEXT, "--layer", 1, "--all-heads", "--numbers")
        tokens = self.attention("--text", TEXT, "--layer", 1, "--all-heads", "--numbers", "--unit", "token")
        self.assertEqual(words["words"], WORDS)
        self.assertEqual(tokens["words"], ["(start)", *TEXT.replace(" ", "\u2423")])
        self.assertEqual(words["heads"], [0, 1, 2, 3])
        lengths, spans, at = [1, 3, 4, 4, 3, 1, 6, 3], [], 0  # blanks belong to the word after them
        for length in lengths:
            spans.append(range(at, at + length))
            at += length
        for head in range(4):
            for q, query in enumerate(spans):
                self.assertAlmostEqual(sum(words["weights"][head][q]), 1, 4)
                for k, key in enumerate(spans):
                    expected = sum(tokens["weights"][head][i][j] for i in query for j in key) / len(query)
                    self.assertAlmostEqual(words["weights"][head][q][k], expected, 5)

    def test_a_word_may_look_alone_as_map_and_as_arcs(self):
        all_rows = self.attention("--text", TEXT, "--heads", 2, "--numbers")
        pictures = []
        for arcs in ((), ("--arcs",), ("--arcs", "--top", 1)):
            last = self.attention("--text", TEXT, "--heads", 2, "--numbers", "--at", "it", *arcs)
            self.assertEqual(last["rows"], [7])
            for a, b in zip(last["weights"][0][0], all_rows["weights"][0][7]):
                self.assertAlmostEqual(a, b, 6)
            pictures.append(self.picture.read_bytes())
        self.assertEqual(len(set(pictures)), 3)
        first = self.attention("--text", TEXT, "--at", "it", "--occurrence", 1, "--numbers")
        self.assertEqual(first["rows"], [4])
        self.attention("--text", TEXT, "--arcs", "--all-heads")

    def test_candidates_get_their_share_in_every_head_of_every_layer(self):
        found = self.attention("--text", TEXT, "--at", "it", "--among", "cat,saw,it")
        self.assertEqual((found["word"], found["index"], len(found["heads"])), ("it", 7, 8))
        for row in found["heads"]:
            weights = self.attention("--text", TEXT, "--at", "it", "--layer", row["layer"], "--heads", row["head"], "--numbers")["weights"][0][0]
            expected = {"cat": weights[2], "saw": weights[3], "it": weights[4] + weights[7]}  # a candidate that occurs twice has the sum
            for name, share in expected.items():
                self.assertAlmostEqual(row["shares"][name], share, 5)
        lines = run("inspect", "attention", "--model", self.model, "--text", TEXT, "--at", "it", "--among", "cat,saw", "--output", self.picture,
                    "--quiet").stdout.splitlines()
        self.assertEqual(len(lines), 9)
        self.assertRegex(lines[1], r"^layer 0  head 0  cat \d+\.\d %  saw \d+\.\d %$")

    def test_attention_says_what_is_wrong(self):
        look = "attention", "--text", TEXT
        self.refused("--at", *look, "--at", "horse")
        self.refused("--occurrence", *look, "--at", "it", "--occurrence", 3)
        self.refused("--layer", *look, "--layer", 2)
        self.refused("--heads", *look, "--heads", 4)
        self.refused("--unit", *look, "--unit", "letter")
        self.refused("--among", *look, "--at", "saw", "--among", "naïve")
        self.refused("--at", *look, "--among", "cat")
        self.refused("--arcs", *look, "--top", 3)
        self.refused("--end", "attention", "--input", self.text)  # too fine for a map

    def test_a_model_without_attention_says_so(self):
        lstm = self.train("lstm", [*(one for one in TINY if not one.startswith("model.")), "model.kind=lstm", "model.embedding=16", "model.hidden=16"])
        self.refused("without attention", "attention", "--text", TEXT, model=lstm)
        result("inspect", "surprise", "--model", lstm, "--text", TEXT, "--output", self.picture)

    def test_a_text_beyond_learned_positions_is_refused(self):
        learned = self.train("learned", [*TINY, "model.position=learned", "model.max_length=64"])
        self.refused("at most 64", "attention", "--input", self.text, "--at", "it", model=learned)
        result("inspect", "attention", "--model", learned, "--input", self.text, "--begin", 500, "--end", 563, "--output", self.picture)


if __name__ == "__main__":
    unittest.main()
