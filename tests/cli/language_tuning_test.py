#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From a language model to classes, to answers and to summaries, as a user goes: train, start from it, predict, merge."""
import csv
import io
import json
import random
import shutil
import tempfile
import unittest
from pathlib import Path

import program
from program import run, sets

TINY = ["model.d_model=16", "model.heads=2", "model.layers=2", "model.d_ff=32", "model.position=sinusoidal", "model.dropout=0"]
FEW_STEPS = ["training.steps=4", "training.validate_every=2", "training.checkpoint_every=2", "training.warmup_steps=1",
             "training.precision=fp32"]
FIELDS = ["data.text_fields=text", "data.label_field=kind", "data.batch_size=8", "data.dropout=0"]
PAIRS = ["data.source_field=text", "data.target_field=answer", "data.batch_size=8", "data.crop=48"]
ANIMALS = ["cat", "dog", "owl", "fox"]


def result(*arguments, **options):
    return program.result(*arguments, "--quiet", "--threads", 1, **options)


def rows(count, seed):
    draw = random.Random(seed)
    for _ in range(count):
        animal, place = draw.choice(ANIMALS), draw.choice(["house", "garden", "wood"])
        yield {"text": f"The {animal} is in the {place}.\nIt sleeps.", "kind": animal, "answer": place,
               "group": "wild" if animal in ("owl", "fox") else "tame"}


class Tuning(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp())
        cls.data = cls.folder / "data"
        cls.data.mkdir()
        for part, count, seed in (("train", 200, 1), ("valid", 40, 2)):
            lines = "".join(json.dumps(row) + "\n" for row in rows(count, seed))
            (cls.data / f"{part}.jsonl").write_text(lines)
        cls.base = cls.folder / "base"
        cls.base_run = result("train", "--task", "language", "--data", cls.data, "--output", cls.base,
                              *sets(TINY + FEW_STEPS + ["vocabulary.kind=sentencepiece", "vocabulary.size=300", "data.crop=32",
                                                        "model.tie_embeddings=true", "data.batch_size=8"]))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def train(self, name, *arguments, assignments=(), task="classification", **options):
        return result("train", "--task", task, "--data", self.data, "--output", self.folder / name, *arguments,
                      *sets(FEW_STEPS + list(assignments)), **options)

    def test_going_on_begins_where_the_model_ended(self):
        done = result("train", "--init", self.base, "--data", self.data, "--output", self.folder / "on",
                      *sets(FEW_STEPS + ["data.crop=32", "data.batch_size=8"]))
        self.assertAlmostEqual(done["first_nll"], self.base_run["best_nll"], delta=1e-6)

    def test_a_classifier_starts_from_the_model_and_labels_texts(self):
        done = run("train", "--task", "classification", "--init", self.base, "--data", self.data, "--output",
                   self.folder / "classes", *sets(FEW_STEPS + FIELDS + ["training.steps=60", "training.learning_rate=5e-3",
                                                                        "training.schedule=constant"]))
        self.assertIn("init: ", done.stderr)
        self.assertIn("2 rows added to trunk.tokens.weight; new: head.bias, head.weight", done.stderr)
        self.assertIn("classification: 4 classes; train 200 texts; valid 40 texts", done.stderr)
        scores = result("evaluate", "--model", self.folder / "classes", "--data", self.data, "--split", "valid")
        self.assertGreater(scores["accuracy"], 0.6)
        self.assertEqual([row["class"] for row in scores["classes"]], sorted(ANIMALS))
        self.assertEqual(sum(map(sum, scores["confusion"])), 40)
        output = self.folder / "found.csv"
        result("predict", "--model", self.folder / "classes", "--data", self.data / "valid.jsonl", "--output", output,
               "--probabilities")
        table = list(csv.reader(io.StringIO(output.read_text(), newline="")))
        self.assertEqual(table[0], ["label", "probability"] + sorted(ANIMALS))
        self.assertEqual(len(table), 41)
        for row in table[1:]:
            self.assertAlmostEqual(sum(map(float, row[2:])), 1, delta=1e-4)
            self.assertEqual(row[1], max(row[2:]))
        lines = run("predict", "--model", self.folder / "classes", "--data", "-", "--quiet",
                    text="The owl is in the wood.\nThe fox, \"here\"\n").stdout.splitlines()
        self.assertEqual(len(list(csv.reader(io.StringIO("\n".join(lines))))), 3)
        again = result("predict", "--model", self.folder / "classes", "--data", self.data / "valid.jsonl", "--output",
                       self.folder / "again.csv", "--batch-size", 1)
        self.assertEqual(again["texts"], 40)
        labels = [row[0] for row in csv.reader(io.StringIO((self.folder / "again.csv").read_text()))]
        self.assertEqual(labels, [row[0] for row in table])

    def test_frozen_parts_stay_and_resuming_is_exact(self):
        for name, steps in (("whole", 4), ("parts", 2)):
            self.train(name, "--init", self.base, assignments=FIELDS + [
                f"training.steps={steps}", "training.freeze=['embeddings', 'trunk.layers:0']", "training.layer_decay=0.5",
                "training.schedule=constant"])
        result("train", "--resume", self.folder / "parts", "--steps", 4)
        weights = [(self.folder / name / "checkpoints" / "step-4" / "model.safetensors").read_bytes()
                   for name in ("whole", "parts")]
        self.assertEqual(*weights)
        base, tuned = tensors(self.base / "model.safetensors"), tensors(self.folder / "whole/checkpoints/step-4/model.safetensors")
        for name, value in base.items():
            same = tuned["trunk." + name][:len(value)] == value
            self.assertEqual(same, not name.startswith(("layers.1", "norm")), name)
        wrong = run("train", "--task", "classification", "--init", self.base, "--data", self.data, "--dry-run",
                    *sets(FIELDS + ["training.freeze=['trunk.layers:7']"]), code=2)
        self.assertIn("the model has no part 'trunk.layers:7'", wrong.stderr)

    def test_adapters_are_stored_alone_and_merge(self):
        lora = FIELDS + ["lora.rank=2", "training.learning_rate=1e-2", "training.schedule=constant"]
        self.train("adapter", "--init", self.base, assignments=lora)
        folder = self.folder / "adapter"
        self.assertFalse((folder / "model.safetensors").exists())
        names = set(tensors(folder / "adapter.safetensors"))
        self.assertTrue({"head.weight", "head.bias", "trunk.layers.0.attention.output.lora_a"} <= names)
        self.assertFalse(any(name.endswith("expand.weight") for name in names))
        scores = result("evaluate", "--model", folder, "--data", self.data)
        result("merge", folder, "--output", self.folder / "merged")
        merged = result("evaluate", "--model", self.folder / "merged", "--data", self.data)
        self.assertEqual(scores["nll"], merged["nll"])
        self.assertIn("use heed merge", run("average", folder, "--output", self.folder / "no", code=2).stderr)
        self.train("adapter-parts", "--init", self.base, assignments=lora + ["training.steps=2"])
        result("train", "--resume", self.folder / "adapter-parts", "--steps", 4)
        self.assertEqual(*[(self.folder / name / "checkpoints/step-4/model.safetensors").read_bytes()
                           for name in ("adapter", "adapter-parts")])
        self.assertIn("--init: is required", run("train", "--task", "classification", "--data", self.data, "--output",
                                                 self.folder / "no", *sets(lora), code=2).stderr)

    def test_a_changed_base_is_noticed(self):
        base = self.folder / "other-base"
        shutil.copytree(self.base, base)
        self.train("on-other", "--init", base, assignments=FIELDS + ["lora.rank=1"])
        shutil.copy(self.base / "checkpoints/step-2/model.safetensors", base / "model.safetensors")
        done = run("evaluate", "--model", self.folder / "on-other", "--data", self.data, code=1)
        self.assertIn("trained with other weights", done.stderr)
        shutil.rmtree(base)
        self.assertIn("is gone", run("evaluate", "--model", self.folder / "on-other", "--data", self.data, code=1).stderr)

    def test_pairs_are_learned_written_and_scored(self):
        done = self.train("answers", "--init", self.base, task="language",
                          assignments=PAIRS + ["training.steps=60", "training.learning_rate=5e-3", "training.schedule=constant"])
        self.assertLess(done["best_nll"], done["first_nll"])
        scores = result("evaluate", "--model", self.folder / "answers", "--data", self.data, "--split", "valid", "--generate",
                        "--max-tokens", 8, "--group-field", "group")
        self.assertAlmostEqual(scores["nll"], done["best_nll"], delta=1e-4)
        self.assertEqual({row["group"] for row in scores["groups"]}, {"wild", "tame"})
        for name in ("rouge1", "rouge2", "rouge_l", "exact_match", "token_f1"):
            self.assertTrue(0 <= scores[name] <= 1)
        text = run("generate", "--model", self.folder / "answers", "--prompt", "The cat is in the wood.", "--max-tokens", 8,
                   "--quiet").stdout
        self.assertNotIn("The cat", text)
        again = self.train("more-answers", "--init", self.folder / "answers", task="language", assignments=PAIRS)
        self.assertAlmostEqual(again["first_nll"], done["best_nll"], delta=1e-5)

    def test_an_encoder_decoder_starts_from_the_model(self):
        fields = ["data.source_field=text", "data.target_field=answer"]
        done = run("train", "--task", "translation", "--init", self.base, "--data", self.data, "--output",
                   self.folder / "summaries", *sets(FEW_STEPS + fields))
        self.assertRegex(done.stderr, "init: .*new: decoder.0.cross_attention.key_value.bias")
        written = run("translate", "--model", self.folder / "summaries", "--quiet", "--beam-size", 1,
                      text="The cat is in the wood. It sleeps.\nThe dog.\n").stdout
        self.assertEqual(written.count("\n"), 2)

    def test_mistakes_have_one_clear_error(self):
        refused = run("train", "--task", "music", "--init", self.base, "--data", self.data, "--dry-run", code=2)
        self.assertIn("--init: is a language model: task music cannot start from it", refused.stderr)
        missing = run("train", "--task", "classification", "--data", self.data, "--dry-run", *sets(["data.label_field=no"]), code=3)
        self.assertIn("train.jsonl, line 1: has no field \"no\"; there is", missing.stderr)


def tensors(path):
    """Name and bytes of each tensor of a safetensors file."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header, body = json.loads(data[8:8 + length]), data[8 + length:]
    header.pop("__metadata__", None)
    return {name: body[slice(*entry["data_offsets"])] for name, entry in header.items()}


if __name__ == "__main__":
    unittest.main()
