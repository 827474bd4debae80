#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Graphs as a user goes: tables of nodes and edges, molecules in SDF; train, several seeds, evaluate, predict, look inside."""
import csv
import io
import json
import random
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import program
from program import HEED, run, sets

GAT = ["data.directed=no", "data.self_loops=true", "model.head_dim=4", "training.precision=fp32", "training.warmup_steps=0",
       "training.learning_rate=0.02", "training.schedule=constant", "training.checkpoint_every=20", "training.validate_every=1"]


def result(*arguments, **options):
    return program.result(*arguments, "--quiet", "--threads", 1, **options)


def write_community(folder):
    """Two groups of nodes with edges inside; the colour tells the group of a third of the nodes."""
    draw = random.Random(3)
    nodes, edges = ["id,colour,label,split"], ["source,target"]
    for i in range(120):
        colour = ("red", "blue")[i % 2] if draw.random() < 0.3 else "grey"
        nodes.append(f"n{i},{colour},{('left', 'right')[i % 2]},{('train', 'valid', 'test', 'test')[i // 2 % 4]}")
        edges += [f"n{i},n{2 * draw.randrange(60) + i % 2}" for _ in range(6)]
    (folder / "nodes.csv").write_text("\n".join(nodes) + "\n")
    (folder / "edges.csv").write_text("\n".join(edges) + "\n")
    return [folder / "edges.csv", folder / "nodes.csv"]


def molecule(carbons, number):
    """A chain of carbons in SDF; its boiling point grows with the chain."""
    atoms = "".join(f"{1.5 * i:10.4f}{0:10.4f}{0:10.4f} C   0  0\n" for i in range(carbons))
    bonds = "".join(f"{i:3d}{i + 1:3d}  1  0\n" for i in range(1, carbons))
    return (f"m{number}\n\n\n{carbons:3d}{carbons - 1:3d}  0  0  0  0  0  0  0  0999 V2000\n{atoms}{bonds}M  END\n"
            f"> <boiling>\n{20.5 * carbons}\n\n$$$$\n")


class Graphs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp())
        cls.data = write_community(cls.folder)
        cls.model = cls.folder / "run"
        cls.trained = result("train", "--task", "graph", "--data", *cls.data, "--output", cls.model, "--steps", 60, *sets(GAT))

    def test_nodes_are_learned_scored_and_answered(self):
        self.assertGreater(self.trained["test_accuracy"], 0.9)
        scores = result("evaluate", "--model", self.model, "--data", *self.data)
        self.assertEqual(scores["accuracy"], self.trained["test_accuracy"])
        self.assertEqual(scores["nodes"], 60)
        self.assertEqual(result("evaluate", "--model", self.model, "--data", *self.data, "--split", "all")["nodes"], 120)
        rows = list(csv.DictReader(io.StringIO(run("predict", "--model", self.model, "--data", *self.data, "--quiet").stdout)))
        self.assertEqual(len(rows), 120)
        right = sum(row["label"] == ("left", "right")[int(row["node"][1:]) % 2] for row in rows)
        self.assertGreater(right, 105)

    def test_new_nodes_need_no_labels_and_unknown_categories_are_named(self):
        new = self.folder / "new"
        new.mkdir()
        (new / "nodes.csv").write_text("id,colour\na,red\nb,grey\n")
        (new / "edges.csv").write_text("source,target\na,b\n")
        output = self.folder / "answers.csv"
        run("predict", "--model", self.model, "--data", new, "--output", output, "--probabilities", "--quiet")
        self.assertEqual(output.read_text().splitlines()[0], "node,label,probability,left,right")
        (new / "nodes.csv").write_text("id,colour\na,red\nb,green\n")
        said = run("predict", "--model", self.model, "--data", new, code=3).stderr
        self.assertIn("nodes.csv, line 3: column 'colour' has 'green', which the model does not know; it knows blue, grey, red", said)

    def test_attention_is_drawn(self):
        for name in ("around.png", "around.svg"):
            picture = self.folder / name
            shown = result("inspect", "attention", "--model", self.model, "--data", *self.data, "--node", "n3", "--output", picture)
            self.assertGreater(picture.stat().st_size, 1000)
            self.assertAlmostEqual(sum(edge["weight"] for edge in shown["weights"]), 1, places=4)
        self.assertIn("--node", run("inspect", "attention", "--model", self.model, "--data", *self.data, "--node", "x", "--output",
                                    self.folder / "no.png", code=2).stderr)
        self.assertIn("must be below 2", run("inspect", "attention", "--model", self.model, "--data", *self.data, "--layer", 2, "--node",
                                             "n3", "--output", self.folder / "no.png", code=2).stderr)

    def test_seeds_that_were_stopped_go_on_to_the_same_numbers(self):
        arguments = ["train", "--task", "graph", "--data", *map(str, self.data), "--seeds", "3", "--steps", "30", *sets(GAT)]
        whole = result(*arguments, "--output", self.folder / "whole")
        stopped = self.folder / "stopped"
        process = subprocess.Popen([HEED, *arguments, "--output", str(stopped), "--threads", "1", "--quiet", "--json"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not (stopped / "seed-1/config.toml").exists() and process.poll() is None:
            time.sleep(0.002)
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        again = result("train", "--resume", stopped)
        for name in ("accuracy_mean", "accuracy_std", "valid_accuracy_mean", "best_seed"):
            self.assertEqual(again[name], whole[name], name)
        self.assertEqual(len(json.loads((stopped / "seeds.json").read_text())["runs"]), 3)
        self.assertTrue(result("evaluate", "--model", stopped, "--data", *self.data)["accuracy"] > 0.4)

    def test_molecules_have_numbers(self):
        molecules = self.folder / "chains.sdf"
        molecules.write_text("".join(molecule(2 + i % 9, i) for i in range(90)))
        for kind in ("graph_transformer", "mpnn"):
            output = self.folder / kind
            trained = result("train", "--task", "graph", "--data", molecules, "--output", output, "--steps", 150,
                             *sets(["data.targets=['boiling']", f"model.kind={kind}", "model.d_model=16", "data.composition=element",
                                    "training.precision=fp32", "training.learning_rate=0.005"] +
                                   (["model.heads=2", "model.layers=2"] if kind == "graph_transformer" else [])))
            scores = result("evaluate", "--model", output, "--data", molecules)
            self.assertLess(scores["mae"], 1, kind)
            self.assertEqual(scores["graphs"], 90)
            self.assertIn("test_mae", trained)
            rows = list(csv.DictReader(io.StringIO(run("predict", "--model", output, "--data", molecules, "--quiet").stdout)))
            self.assertEqual(rows[5]["graph"], "m5")
            self.assertLess(abs(float(rows[5]["boiling"]) - 20.5 * 7), 5)
        picture = self.folder / "molecule.png"
        result("inspect", "attention", "--model", self.folder / "graph_transformer", "--data", molecules, "--graph", "m7", "--output", picture)
        self.assertGreater(picture.stat().st_size, 1000)

    def test_data_without_anything_to_predict_is_an_error(self):
        (self.folder / "bare").mkdir()
        (self.folder / "bare/edges.csv").write_text("source,target\na,b\n")
        said = run("train", "--task", "graph", "--data", self.folder / "bare", "--output", self.folder / "none", code=3).stderr
        self.assertIn("has nothing to predict", said)


if __name__ == "__main__":
    unittest.main()
