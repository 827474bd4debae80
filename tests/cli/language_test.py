#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Language models as a user meets them: text in many forms, training, likelihood, continuation."""
import gzip
import json
import math
import random
import tempfile
import unittest
from pathlib import Path

import program
from program import run, sets

SOURCE = Path(__file__).resolve().parents[2]

TINY = ["model.d_model=16", "model.heads=2", "model.layers=1", "model.d_ff=16", "model.position=sinusoidal", "data.crop=32",
        "data.batch_size=4", "training.steps=6", "training.validate_every=3", "training.checkpoint_every=3",
        "training.warmup_steps=1"]


def result(*arguments, **options):
    return program.result(*arguments, "--quiet", "--threads", 1, **options)


def sentences(count, seed):
    draw = random.Random(seed)
    names, verbs = ["Ann", "Bob", "Zoë", "the cat", "a dog"], ["sees", "likes", "follows"]
    return [f"{draw.choice(names)} {draw.choice(verbs)} {draw.choice(names)}, {draw.randrange(1000)} times." for _ in range(count)]


class Language(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = Path(cls.folder.name)
        cls.text = cls.path / "input.txt"
        cls.text.write_text("\n".join(sentences(400, 1)) + "\n")
        cls.model = cls.train("run", cls.text)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def train(cls, name, data, *more, assignments=()):
        run("train", "--task", "language", "--data", data, "--output", cls.path / name, "--quiet", "--threads", 1,
            *sets([*TINY, *assignments]), *more)
        return cls.path / name

    def generate(self, *more, model=None):
        return run("generate", "--model", model or self.model, "--quiet", "--threads", 1, *more).stdout

    def test_raw_and_prepared_text_train_the_same_model(self):
        prepared = self.path / "prepared"
        summary = result("prepare", "--task", "language", "--data", self.text, "--output", prepared)
        self.assertEqual(summary["vocabulary"], "characters")
        again = self.train("again", prepared)
        self.assertEqual((self.model / "model.safetensors").read_bytes(), (again / "model.safetensors").read_bytes())

    def test_scores_a_whole_file(self):
        file = self.path / "held.txt"
        file.write_text("Ann sees Zoë.\n")
        score = result("evaluate", "--model", self.model, "--data", file)
        self.assertEqual(score["unit"], "character")
        self.assertEqual(score["units"], 14)
        self.assertAlmostEqual(score["bits_per_character"], score["nll"] / math.log(2), 6)
        self.assertAlmostEqual(score["perplexity"], math.exp(score["nll"]), 6)
        self.assertAlmostEqual(score["total_nats"], score["nll"] * 14, 6)

    def test_counts_what_the_vocabulary_lacks(self):
        file = self.path / "greek.txt"
        file.write_text("Ann sees Ωμέγα.\n")
        done = run("evaluate", "--model", self.model, "--data", file)
        self.assertIn("5 of", done.stderr)

    def test_continues_a_prompt_on_stdout(self):
        text = self.generate("--prompt", "Ann sees", "--max-tokens", 20, "--seed", 3)
        self.assertTrue(text.startswith("Ann sees"))
        self.assertEqual(text, self.generate("--prompt", "Ann sees", "--max-tokens", 20, "--seed", 3))
        self.assertNotEqual(text, self.generate("--prompt", "Ann sees", "--max-tokens", 20, "--seed", 4))
        new = self.generate("--prompt", "Ann sees", "--max-tokens", 20, "--seed", 3, "--continuation-only")
        self.assertEqual("Ann sees" + new, text)

    def test_the_shipped_model_knows_shakespeare(self):
        verse = self.path / "verse.txt"
        verse.write_text("KING RICHARD III:\nGood my lord, what news is this that you would tell the king?\n")
        shipped = SOURCE / "models/shakespeare"
        self.assertLess(result("evaluate", "--model", shipped, "--data", verse)["nll"], 1.8)
        self.assertGreater(result("evaluate", "--model", shipped, "--data", self.text)["nll"], 3)
        text = run("generate", "--model", "shakespeare", "--prompt", "KING LEAR:", "--max-tokens", 40, "--temperature", 0, "--quiet",
                   cwd=SOURCE).stdout
        self.assertRegex(text, r"^KING LEAR:\n[A-Z]")

    def test_texts_do_not_depend_on_the_batch(self):
        prompts = self.path / "prompts.txt"
        prompts.write_text("\n".join(["Ann", "the cat likes a dog, 12", "", "Zoë follows"]) + "\n")
        arguments = ["--prompts", prompts, "--count", 2, "--max-tokens", 24, "--seed", 5, "--log-probabilities"]
        texts = [result("generate", "--model", self.model, *arguments, "--batch-size", size)["texts"] for size in (1, 3, 8)]
        self.assertEqual(texts[0], texts[1])
        self.assertEqual(texts[0], texts[2])
        self.assertEqual(len(texts[0]), 8)
        self.assertAlmostEqual(sum(t["log_probability"] for t in texts[0][0]["tokens"]), texts[0][0]["log_probability"], 5)

    def test_guesses_change_no_text(self):
        arguments = ["--prompt", "the cat likes a dog, the cat likes", "--max-tokens", 40, "--seed", 2]
        for more in ([], ["--temperature", 0], ["--repetition-penalty", 1.3, "--top-k", 5]):
            plain = self.generate(*arguments, *more)
            self.assertEqual(plain, self.generate(*arguments, *more, "--guesses", 4))
            self.assertEqual(plain, self.generate(*arguments, *more, "--guesses", 4, "--draft", self.model))

    def test_beams_find_likely_texts(self):
        greedy = result("generate", "--model", self.model, "--prompt", "Ann", "--max-tokens", 12, "--temperature", 0)["texts"][0]
        one = result("generate", "--model", self.model, "--prompt", "Ann", "--max-tokens", 12, "--beam-size", 1)["texts"][0]
        self.assertEqual(one["text"], greedy["text"])
        best = result("generate", "--model", self.model, "--prompt", "Ann", "--max-tokens", 12, "--beam-size", 8, "--n-best", 3,
                      "--length-penalty", 0)["texts"]
        self.assertEqual(len(best), 3)
        self.assertGreaterEqual(best[0]["log_probability"], best[1]["log_probability"])
        run("generate", "--model", self.model, "--beam-size", 4, "--temperature", 0.5, code=2)

    def test_ends_before_a_stop_text(self):
        plain = self.generate("--prompt", "Ann", "--max-tokens", 60, "--seed", 1, "--continuation-only").rstrip("\n")
        stop = plain[20:23]
        text = self.generate("--prompt", "Ann", "--max-tokens", 60, "--seed", 1, "--continuation-only", "--stop", stop)
        self.assertEqual(text.rstrip("\n"), plain[:plain.index(stop)].rstrip("\n"))
        entry = result("generate", "--model", self.model, "--prompt", "Ann", "--max-tokens", 60, "--seed", 1, "--stop", stop)["texts"][0]
        self.assertEqual((entry["ending"], entry["stop"]), ("stop", stop))

    def test_scores_prompts_and_alternatives(self):
        entry = result("generate", "--model", self.model, "--prompt", "Ann sees", "--max-tokens", 3, "--score-prompt",
                       "--alternatives", 2, "--temperature", 0)["texts"][0]
        self.assertEqual("".join(token["text"] for token in entry["prompt_tokens"]), "Ann sees")
        first = entry["tokens"][0]
        self.assertEqual(len(first["alternatives"]), 2)
        self.assertAlmostEqual(first["alternatives"][0]["log_probability"], first["log_probability"], 6)
        score = result("evaluate", "--model", self.model, "--data", self.write("prompt.txt", "Ann sees"), "--context", 9)
        self.assertAlmostEqual(score["total_nats"], -sum(token["log_probability"] for token in entry["prompt_tokens"]), 4)

    def test_goes_on_where_learned_positions_end(self):
        short = self.train("short", self.text, assignments=["model.position=learned", "model.max_length=32"])
        text = self.generate("--prompt", "Ann sees", "--max-tokens", 100, "--min-tokens", 100, "--continuation-only", model=short)
        self.assertGreaterEqual(len(text), 100)
        entry = result("generate", "--model", short, "--prompt", "Ann", "--max-tokens", 100, "--min-tokens", 90, "--overflow",
                       "stop")["texts"][0]
        self.assertEqual(entry["ending"], "context")

    def write(self, name, text):
        (self.path / name).write_text(text)
        return self.path / name

    def test_learns_byte_level_subwords(self):
        model = self.train("bpe", self.text, assignments=["vocabulary.kind=byte_bpe", "vocabulary.size=300"])
        self.assertTrue((model / "merges.txt").exists())
        greek = self.write("omega.txt", "Ωμέγα\n")
        score = result("evaluate", "--model", model, "--data", greek)
        self.assertEqual((score["unit"], score["unknown"], score["characters"]), ("token", 0, 6))

    def test_reads_json_lines_and_names_a_missing_field(self):
        file = self.path / "d.jsonl.gz"
        with gzip.open(file, "wt") as out:
            for text in sentences(300, 2):
                out.write(json.dumps({"id": 1, "body": text}) + "\n")
        done = run("train", "--task", "language", "--data", file, "--output", self.path / "json", *sets(TINY), code=3)
        self.assertIn("line 1", done.stderr)
        self.assertIn("body", done.stderr)
        self.assertFalse((self.path / "json" / "config.toml").exists())
        trained = self.train("json", file, assignments=["data.field=body", "vocabulary.kind=words"])
        self.assertRegex(self.generate("--prompt", "Ann sees", "--max-tokens", 5, model=trained), r"^Ann sees")

    def test_keeps_its_vocabulary_when_it_is_tuned_on_other_text(self):
        other = self.path / "other.txt"
        other.write_text("ANN SEES BOB! " * 200)
        run("train", "--init", self.model, "--data", other, "--output", self.path / "tuned", "--quiet", "--threads", 1,
            *sets([assignment for assignment in TINY if not assignment.startswith("model.")]))
        self.assertEqual((self.path / "tuned" / "characters.json").read_bytes(), (self.model / "characters.json").read_bytes())

    def test_says_what_is_wrong(self):
        for arguments, code, part in [
                (["prepare", "--task", "language", "--data", self.path / "none", "--output", self.path / "x"], 3, "no such file"),
                (["train", "--task", "language", "--data", self.text, "--output", self.path / "x", "--set", "vocabulary.kind=bpe"], 2, "kind"),
                (["evaluate", "--model", self.model, "--data", self.text, "--split", "valid"], 2, "--split"),
                (["generate", "--model", self.model, "--prompt", "a", "--prompts", self.text], 2, "--prompts"),
                (["generate", "--model", self.model, "--max-tokens", "0"], 2, "--max-tokens")]:
            done = run(*arguments, code=code)
            self.assertIn(part, done.stderr)
        short = self.path / "short.txt"
        short.write_text("too short\n")
        self.assertIn("too little text", run("train", "--task", "language", "--data", short, "--output", self.path / "x", code=3).stderr)


if __name__ == "__main__":
    unittest.main()
