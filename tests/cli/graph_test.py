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

import png
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


ROOT = Path(__file__).resolve().parents[2]
ACETONE = """10
acetone
C -0.00310 1.48050 -0.17260
C -0.04527 -0.02887 0.00139
C 1.29706 -0.72194 0.16889
O -1.08643 -0.64273 0.00630
H 0.59404 1.74669 -1.05225
H -1.01540 1.87034 -0.28382
H 0.48100 1.95071 0.69099
H 1.82512 -0.32471 1.04329
H 1.14893 -1.79598 0.28554
H 1.93683 -0.52950 -0.69995
"""


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
        for jobs in ("1", "2"):
            stopped = self.folder / f"stopped-{jobs}"
            process = subprocess.Popen([HEED, *arguments, "--output", str(stopped), "--threads", "1", "--jobs", jobs, "--quiet", "--json"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while not (stopped / "seed-1/config.toml").exists() and process.poll() is None:
                time.sleep(0.002)
            process.send_signal(signal.SIGTERM)
            code = process.wait(60)
            if jobs == "2":  # a single run may not be far enough to save
                self.assertIn(code, (130, 0))
            again = result("train", "--resume", stopped, "--jobs", 2)
            for name in ("accuracy_mean", "accuracy_std", "valid_accuracy_mean", "best_seed"):
                self.assertEqual(again[name], whole[name], name)
            runs = json.loads((stopped / "seeds.json").read_text())["runs"]
            self.assertEqual([run["seed"] for run in runs], [1, 2, 3])
            self.assertTrue(result("evaluate", "--model", stopped, "--data", *self.data)["accuracy"] > 0.4)
            self.assertEqual(list(stopped.glob("seed-*")), [])

    def test_an_error_of_a_run_among_several_is_the_error_of_all(self):
        arguments = ["train", "--task", "graph", "--data", *self.data, "--seeds", 4, "--jobs", 2, "--steps", 30, "--quiet"]
        failed = run(*arguments, *sets(GAT), "--set", "model.heads=0", "--output", self.folder / "failed", code=2).stderr
        self.assertIn("heads", failed)
        self.assertEqual(failed.count("heads"), 1, failed)
        alone = run("train", "--task", "graph", "--data", *self.data, "--jobs", 2, "--output", self.folder / "alone", code=2).stderr
        self.assertIn("--jobs: is for training with several seeds", alone)

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

    def test_prepared_graphs_train_to_the_same_numbers(self):
        prepared = self.folder / "prepared.safetensors"
        said = result("prepare", "--task", "graph", "--data", *self.data, "--output", prepared)
        self.assertEqual((said["nodes"], said["splits"]["train"], said["classes"]), (120, 30, ["left", "right"]))
        again = result("train", "--task", "graph", "--data", prepared, "--output", self.folder / "again", "--steps", 60, *sets(GAT))
        self.assertEqual(again["test_accuracy"], self.trained["test_accuracy"])
        self.assertEqual(again["best_accuracy"], self.trained["best_accuracy"])

    def test_outputs_follow_nodes_that_are_numbered_anew(self):
        picture = self.folder / "equivariance.png"
        found = result("inspect", "equivariance", "--model", self.model, "--data", *self.data, "--output", picture)
        self.assertLess(found["relabel"]["largest_difference"], 1e-4)
        self.assertNotIn("rotate", found)
        self.assertEqual(picture.read_bytes()[1:4], b"PNG")

    def test_agents_hear_each_other(self):
        """Each agent shall know where the other of its pair is."""
        draw = random.Random(5)
        pairs = []
        for _ in range(60):
            places = [[draw.uniform(-1, 1), draw.uniform(-1, 1)] for _ in range(2)]
            pairs.append({"nodes": [{"id": i, "x": places[i][0], "y": places[i][1], "other": places[1 - i][0]} for i in range(2)], "links": []})
        data = self.folder / "pairs.json"
        data.write_text(json.dumps(pairs))
        errors = {}
        for weights in ("attention", "none"):
            model = self.folder / f"agents-{weights}"
            trained = result("train", "--task", "graph", "--data", data, "--output", model, "--steps", 150,
                             *sets(["model.kind=vain", "model.d_model=32", f"model.weights={weights}", "data.coordinates=['x', 'y']",
                                    "data.targets=['other']", "data.loss=squared", "training.learning_rate=0.01", "training.precision=fp32"]))
            errors[weights] = trained["test_rmse"]
        self.assertLess(errors["attention"], 0.5 * errors["none"])
        picture = self.folder / "agents.png"
        drawn = result("inspect", "attention", "--model", self.folder / "agents-attention", "--data", data, "--node", 0, "--output", picture)
        self.assertEqual(drawn["nodes"], 2)

    def test_images_on_a_sphere_are_learned(self):
        """Bright and dark discs."""
        images = self.folder / "discs"
        for name, level in (("bright", 250), ("dark", 60)):
            (images / name).mkdir(parents=True, exist_ok=True)
            for number in range(30):
                rows = [[level - number if (x - 6) ** 2 + (y - 6) ** 2 < 20 + number % 5 else 5 * ((x + y + number) % 3)
                         for x in range(12)] for y in range(12)]
                png.write(images / name / f"{number}.png", rows)
        sphere = self.folder / "sphere.safetensors"
        said = result("prepare", "--task", "graph", "--geometry", "sphere", "--points", "ico1", "--rotate", "each", "--data", images,
                      "--output", sphere)
        self.assertEqual((said["graphs"], said["nodes"]), (60, 60 * 42))
        model = self.folder / "sphere"
        result("train", "--task", "graph", "--data", sphere, "--output", model, "--steps", 40,
               *sets(["model.kind=geometry_transformer", "model.d_model=16", "model.levels=2", "model.neighbours=7", "training.precision=fp32",
                      "training.learning_rate=0.005", "training.warmup_steps=5"]))
        turned = result("inspect", "equivariance", "--model", model, "--data", sphere)["rotate"]
        self.assertLess(turned["largest_difference"], 1e-4 * max(1, turned["spread"]))
        answers = run("predict", "--model", model, "--data", sphere, "--threads", 1, "--quiet").stdout
        self.assertEqual(len(answers.splitlines()), 61)
        picture = self.folder / "sphere.png"
        for options in ((), ("--node", 3)):
            drawn = result("inspect", "attention", "--model", model, "--data", sphere, "--graph", 2, *options, "--output", picture)
            self.assertEqual(drawn["nodes"], 42)
            self.assertEqual(picture.read_bytes()[1:4], b"PNG")
        self.assertAlmostEqual(sum(edge["weight"] for edge in drawn["weights"]), 1, places=4)
        coarse = run("inspect", "attention", "--model", model, "--data", sphere, "--layer", 2, "--node", 40, "--output", picture, code=2).stderr
        self.assertIn("has coarser points", coarse)

    def test_the_shipped_model_of_molecules_answers_for_xyz(self):
        """Acetone, which it did not learn from, with the published values of QM9."""
        molecule = self.folder / "acetone.xyz"
        molecule.write_text(ACETONE)
        answers = run("predict", "--model", ROOT / "models/qm9", "--data", molecule, "--threads", 1, "--quiet").stdout
        row = next(csv.DictReader(io.StringIO(answers)))
        for name, value, tolerance in (("mu", 2.7362, 0.3), ("alpha", 35.53, 0.6), ("gap", 0.2344, 0.01), ("u0", -193.08834, 0.005),
                                       ("zpve", 0.083382, 0.0005), ("cv", 16.893, 0.3)):
            self.assertAlmostEqual(float(row[name]), value, delta=tolerance, msg=name)
        self.assertLess(sum(file.stat().st_size for file in (ROOT / "models/qm9").iterdir()), 2e6)

    def test_the_shipped_model_of_solubility_answers_for_smiles(self):
        table = self.folder / "smiles.csv"
        table.write_text("name,smiles\ndodecane,CCCCCCCCCCCC\nethanol,CCO\nnaphthalene,c1ccc2ccccc2c1\n")
        done = subprocess.run([HEED, "predict", "--model", str(ROOT / "models/solubility"), "--data", str(table), "--threads", "1", "--quiet"],
                              capture_output=True, text=True, timeout=100)
        if "built without it" in done.stderr:
            self.skipTest("built without RDKit")
        values = {row["graph"]: float(list(row.values())[1]) for row in csv.DictReader(io.StringIO(done.stdout))}
        for name, measured in (("dodecane", -7.67), ("ethanol", 1.1), ("naphthalene", -3.6)):
            self.assertAlmostEqual(values[name], measured, delta=1.5, msg=name)

    def test_data_without_anything_to_predict_is_an_error(self):
        (self.folder / "bare").mkdir()
        (self.folder / "bare/edges.csv").write_text("source,target\na,b\n")
        said = run("train", "--task", "graph", "--data", self.folder / "bare", "--output", self.folder / "none", code=3).stderr
        self.assertIn("has nothing to predict", said)


if __name__ == "__main__":
    unittest.main()
