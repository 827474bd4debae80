#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the heed program as people do: every verb, its exit codes, what it writes where. Standard library only."""
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import unittest.mock
from pathlib import Path

from program import HEED, result, run
from toy_music import TINY, chorales, digest, tiny

SOURCE = Path(__file__).resolve().parents[2]
LSTM = ["model.kind=lstm", "model.embedding=16", "model.hidden=16", "model.layers=1", "model.attention=true", "data.packing=false",
        *[assignment for assignment in TINY if not assignment.startswith("model.")]]


class Program(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="heed-program-"))
        cls.data = cls.folder / "chorales.json"
        chorales(cls.data)
        cls.model = cls.folder / "run"
        cls.trained = result("train", "--data", cls.data, "--output", cls.model, "--threads", 1, "--quiet", *tiny())
        result("generate", "--model", cls.model, "--seconds", 4, "--output", cls.folder / "piece", "--quiet")
        cls.midi = cls.folder / "piece" / "sample-000.mid"

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_training_writes_a_run_folder(self):
        self.assertEqual(self.trained["step"], 12)
        self.assertLess(self.trained["best_nll"], self.trained["first_nll"])
        for name in ("config.toml", "model.safetensors", "metrics.jsonl", "data.toml", "checkpoints/step-12"):
            self.assertTrue((self.model / name).exists(), name)

    def test_a_stopped_run_resumes_to_the_same_weights(self):
        options = tiny("training.steps=400", "training.validate_every=50", "training.checkpoint_every=50", "model.dropout=0.2")
        straight, stopped = self.folder / "straight", self.folder / "stopped"
        run("train", "--data", self.data, "--output", straight, "--threads", 1, "--quiet", *options)
        process = subprocess.Popen([HEED, "train", "--data", self.data, "--output", stopped, "--threads", "1", "--quiet", *options],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while not (stopped / "checkpoints" / "step-50").exists() and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)
        self.assertEqual(process.returncode, 130)
        run("train", "--resume", stopped, "--threads", 1, "--quiet")
        for name in ("model.safetensors", "optimizer.safetensors"):
            self.assertEqual(digest(straight / "checkpoints/step-400" / name), digest(stopped / "checkpoints/step-400" / name), name)
        self.assertEqual(digest(straight / "model.safetensors"), digest(stopped / "model.safetensors"))

    def test_evaluate_divides_by_four_times_the_steps(self):
        found = result("evaluate", "--model", self.model, "--data", self.data, "--quiet", "--by-position")
        self.assertEqual(found["units"], 2 * 4 * 24)
        self.assertEqual(found["tokens"], 2 * (4 * 24 + 1))
        self.assertAlmostEqual(found["nll"], found["total_nats"] / found["units"], places=9)
        self.assertEqual(sum(row["tokens"] for row in found["by_position"]), found["tokens"])

    def test_the_same_seed_gives_the_same_piece_whatever_count_and_batch(self):
        base = ["generate", "--model", self.model, "--seconds", 5, "--seed", 3, "--no-picture", "--quiet"]
        run(*base, "--count", 4, "--output", self.folder / "four")
        run(*base, "--count", 1, "--batch-size", 1, "--first-sample", 2, "--output", self.folder / "one")
        self.assertEqual(digest(self.folder / "four/sample-002.mid"), digest(self.folder / "one/sample-002.mid"))
        self.assertNotEqual(digest(self.folder / "four/sample-001.mid"), digest(self.folder / "one/sample-002.mid"))

    def test_generate_continues_a_primer_and_makes_sound_and_picture(self):
        found = result("generate", "--model", self.model, "--primer", self.midi, "--primer-bars", 1, "--seconds", 4, "--wav", "--output",
                       self.folder / "continued", "--quiet")
        piece = found["pieces"][0]
        self.assertEqual(Path(piece["picture"]).read_bytes()[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual(Path(piece["sound"]).read_bytes()[:4], b"RIFF")
        self.assertGreater(piece["seconds"], 2)

    def test_a_folder_of_midi_files_in_one_command_each(self):
        music = self.folder / "music"
        music.mkdir()
        for i in range(6):
            shutil.copy(self.folder / "piece" / "sample-000.mid", music / f"song {i}.mid")
        (music / "broken.mid").write_bytes(b"MThd\0\0\0\6\0\1")
        prepared = result("prepare", "--task", "music", "--data", music, "--output", self.folder / "prepared")
        self.assertEqual(prepared["skipped"], 1)
        self.assertEqual(prepared["encoding"], "performance")
        self.assertGreaterEqual(prepared["valid"]["pieces"], 1)
        strict = run("prepare", "--task", "music", "--data", music, "--output", self.folder / "strict", "--strict", code=3)
        self.assertIn("broken.mid", strict.stderr)
        trained = run("train", "--data", self.folder / "prepared", "--output", self.folder / "own", *tiny())
        self.assertIn("start from a trained model (init)", trained.stderr)  # little music: says what helps
        run("generate", "--model", self.folder / "own", "--seconds", 2, "--output", self.folder / "own-piece", "--quiet")

    def test_init_starts_from_the_weights_of_another_model(self):
        tuned = result("train", "--data", self.data, "--init", self.model, "--output", self.folder / "tuned", "--quiet", "--set",
                       "training.steps=2", "--set", "data.crop=32")
        self.assertAlmostEqual(tuned["first_nll"], self.trained["best_nll"], places=4)

    def test_average_makes_a_small_model_of_its_own(self):
        output = self.folder / "averaged"
        self.assertEqual(result("average", self.model, "--last", 2, "--output", output, "--bfloat16")["averaged"], 2)
        self.assertFalse((output / "checkpoints").exists())
        self.assertLess((output / "model.safetensors").stat().st_size, 0.7 * (self.model / "model.safetensors").stat().st_size)
        self.assertNotIn(str(self.folder), (output / "config.toml").read_text())
        run("evaluate", "--model", output, "--data", self.data, "--quiet")

    def test_inspect_draws(self):
        pictures = {
            "roll": ["--input", self.midi],
            "attention": ["--model", self.model, "--input", self.midi, "--heads", "0,1"],
            "curves": ["--run", self.model],
            "positions": ["--model", self.model, "--data", self.data],
        }
        for verb, arguments in pictures.items():
            with self.subTest(verb):
                output = self.folder / f"{verb}.png"
                run("inspect", verb, *arguments, "--output", output, "--quiet")
                self.assertEqual(output.read_bytes()[:4], b"\x89PNG")
        wrong = run("inspect", "attention", "--model", self.model, "--input", self.midi, "--heads", "7", "--output", "x.png", code=2)
        self.assertIn("heads 0 to 1", wrong.stderr)

    def test_dry_run_tells_and_writes_nothing(self):
        found = result("train", "--data", self.data, "--output", self.folder / "never", "--dry-run", "--quiet", *tiny())
        self.assertGreater(found["tokens_per_second"], 0)
        self.assertFalse((self.folder / "never").exists())

    def test_minutes_is_kept_and_the_plan_in_force_is_stored(self):
        run("train", "--data", self.data, "--output", self.folder / "timed", "--minutes", 0.05, "--quiet", *tiny())
        config = (self.folder / "timed/config.toml").read_text()
        self.assertIn("minutes = 0.05", config)
        steps = json.loads((self.folder / "timed/plan.json").read_text())["parts"][-1]["steps"]
        self.assertTrue((self.folder / f"timed/checkpoints/step-{steps}").exists())

    def test_wrong_names_are_told_the_nearest_right_one(self):
        cases = [
            (["trian"], "did you mean 'train'"),
            (["train", "--presett", "x"], "did you mean '--preset'"),
            (["generate", "--modle", "x"], "did you mean '--model'"),
            (["bench", "memroy"], "did you mean 'memory'"),
            (["train", "--data", self.data, "--output", "x", "--preset", "jsb_relativ"], "did you mean 'jsb_relative'"),
            (["train", "--task", "music", "--data", self.data, "--output", "x", "--set", "model.d_modle=4"], "did you mean 'd_model'"),
            (["train", "--task", "music", "--data", self.data, "--output", "x", "--set", "modle.d_model=4"], "did you mean 'model'"),
            (["train", "--task", "music", "--data", self.data, "--output", "x", "--set", "model.kind=transfomer"], "did you mean 'transformer'"),
            (["train", "--task", "music", "--data", self.data, "--output", "x", "--set", "model.heads=zero"], "whole number"),
            (["train", "--task", "music", "--data", self.data, "--output", "x", "--set", "model.d_model=131"], "multiple of heads"),
            (["train", "--task", "music", "--data", self.data, "--output", "x", "--set", "model.kind=3"], "must be a string"),
            (["train", "--data", self.data, "--output", "x", "--attention-backend", "tild"], "did you mean 'tiled'"),
            (["evaluate", "--model", self.model, "--data", self.data, "--attention-backend", "fusd"], "did you mean 'fused'"),
            (["train", "--resume", self.model, "--attention-backend", "tiled"], "--resume: cannot be used with --attention-backend"),
            (["evaluate", "--model", self.model, "--data", self.data, "--context", 16, "--stride", 64], "--stride"),
            (["generate", "--model", self.model, "--primer", self.midi, "--seconds", 1, "--output", "x"], "--seconds: must be more than the primer's"),
        ]
        for arguments, hint in cases:
            with self.subTest(arguments[-1]):
                done = run(*arguments, code=2, cwd=SOURCE)
                self.assertIn(hint, done.stderr)
                self.assertEqual(done.stdout, "")

    def test_errors_say_what_and_exit_as_documented(self):
        broken = self.folder / "broken.json"
        broken.write_text('{"train": [[[60, 60')
        self.assertIn("broken.json, byte", run("train", "--task", "music", "--data", broken, "--output", self.folder / "b", code=3).stderr)
        self.assertIn("no such file", run("train", "--task", "music", "--data", self.folder / "nowhere", "--output", self.folder / "b", code=3).stderr)
        self.assertIn("contains a run already", run("train", "--data", self.data, "--output", self.model, *tiny(), code=2).stderr)
        self.assertIn("unknown model", run("generate", "--model", "nobody", "--output", self.folder / "b", code=2).stderr)
        self.assertIn("test", run("evaluate", "--model", self.model, "--data", self.data, "--split", "test", code=3).stderr)
        self.assertIn("device", run("evaluate", "--model", self.model, "--data", self.data, "--device", "tpu", code=2).stderr)

    def test_nothing_that_stands_in_the_way_is_replaced(self):
        music = self.folder / "precious"
        music.mkdir()
        shutil.copy(self.midi, music / "song.mid")
        self.assertIn("contains other files", run("prepare", "--task", "music", "--data", music, "--output", music, code=2).stderr)
        self.assertIn("exists already", run("average", self.model, "--last", 0, "--output", music, code=2).stderr)
        self.assertTrue((music / "song.mid").exists())

    def test_single_files_and_links_get_a_validation_part(self):
        folder = self.folder / "links"
        folder.mkdir()
        for i in range(3):
            (folder / f"{i}.mid").symlink_to(self.midi)
        linked = result("prepare", "--task", "music", "--data", folder, "--output", f"{self.folder}/linked/")  # a trailing slash is no other folder
        self.assertEqual(linked["train"]["pieces"] + linked["valid"]["pieces"], 3)
        single = result("prepare", "--task", "music", "--data", *sorted(folder.iterdir()), "--output", self.folder / "single")
        self.assertEqual((single["train"]["pieces"], single["valid"]["pieces"]), (2, 1))

    def test_resuming_on_other_data_is_refused(self):
        copy, other = self.folder / "moved", self.folder / "other.json"
        shutil.copytree(self.model, copy)
        chorales(other, pieces=7)
        self.assertIn("not what this run was trained on", run("train", "--resume", copy, "--data", other, code=3).stderr)
        self.assertIn("--resume: cannot be used with --seed", run("train", "--resume", copy, "--seed", 3, code=2).stderr)

    def test_damaged_weights_are_an_error_and_not_a_crash(self):
        damaged = self.folder / "damaged"
        shutil.copytree(self.model, damaged)
        weights = (damaged / "model.safetensors").read_bytes()
        (damaged / "model.safetensors").write_bytes(weights[: len(weights) // 2])
        self.assertIn("model.safetensors", run("generate", "--model", damaged, "--output", self.folder / "b", code=1).stderr)

    def test_every_verb_of_the_program_has_help(self):
        verbs = re.findall(r"^  ([a-z]+) ", run("--help").stdout.split("Subcommands:")[-1], re.M)
        self.assertGreaterEqual(set(verbs), {"prepare", "train", "average", "evaluate", "generate", "translate", "inspect", "denoise",
                                             "synthesize", "bench", "info"})
        for verb in verbs:
            self.assertIn("--", run(verb, "--help").stdout, verb)

    def test_help_of_a_model_shows_the_options_of_its_task_alone(self):
        sections = re.split(r"^## Task ", run("info", "--options").stdout, flags=re.M)[1:]
        self.assertGreaterEqual(len(sections), 3)
        common = {"--help", "--quiet", "--json", "--threads", "--device", "--model", "--attention-backend", "--weights"}
        models = {"music": "chorales", "translation": "tatoeba-en-de", "image": "cifar8-class", "language": "shakespeare"}
        for section in sections:
            task = section.split("\n")[0]
            for verb, body in re.findall(r"^### heed ([a-z ]+)\n(.*?)(?=^###|\Z)", section, re.M | re.S):
                with self.subTest(f"{task}: {verb}"):
                    of = ["--task", task] if verb == "prepare" or task not in models else ["--model", models[task]]
                    text = run(*verb.split(), *of, "--help", cwd=SOURCE).stdout
                    shown = set(re.findall(r"^\s+(?:-[a-z],)?(--[a-z-]+)", text, re.M))
                    own = set(re.findall(r"^\| `(--[a-z-]+)", body, re.M))
                    self.assertEqual(shown - common, own)
                    self.assertLess(len(text.splitlines()), 75)

    def test_the_options_page_of_the_docs_is_current(self):
        self.assertEqual(run("info", "--options").stdout, (SOURCE / "docs/options.md").read_text(),
                         "rewrite it: heed info --options >docs/options.md")

    def test_a_verb_without_a_task_says_how_to_ask(self):
        for verb in ("evaluate", "generate", "prepare"):
            text = run(verb, "--help").stdout
            self.assertIn("music", text)
            self.assertIn("image", text)
            self.assertIn(f"heed {verb} --", text)
            self.assertIn(f"heed {verb} --", run(verb, code=2).stderr)

    def test_an_option_of_another_task_is_named_as_such(self):
        done = run("evaluate", "--model", self.model, "--data", self.data, "--super-resolution", code=2)
        self.assertIn("--super-resolution is an option of the image task", done.stderr)

    def test_info_says_what_is_here(self):
        self.assertIn("libtorch", run("--version").stdout)
        self.assertIn("chosen", run("info").stdout)
        self.assertIn("learning_rate", run("info", "--fields").stdout)

    def test_the_attention_backend_can_be_chosen(self):
        evaluate = ["evaluate", "--model", self.model, "--data", self.data, "--quiet"]
        usual = result(*evaluate)["nll"]
        for backend in ("reference", "tiled", "auto"):
            with self.subTest(backend):
                self.assertAlmostEqual(result(*evaluate, "--attention-backend", backend)["nll"], usual, places=4)
                run("generate", "--model", self.model, "--attention-backend", backend, "--seconds", 4, "--no-picture",
                    "--output", self.folder / f"by-{backend}", "--quiet")
        chosen = self.folder / "by-reference-trained"
        run("train", "--data", self.data, "--output", chosen, "--attention-backend", "reference", "--quiet", *tiny())
        self.assertIn("attention_backend = 'reference'", (chosen / "config.toml").read_text().replace('"', "'"))
        lstm = self.folder / "lstm-backend"
        run("train", "--data", self.data, "--output", lstm, "--attention-backend", "reference", "--quiet",
            *[word for assignment in LSTM for word in ("--set", assignment)])
        result("evaluate", "--model", lstm, "--data", self.data, "--attention-backend", "tiled", "--quiet")

    def test_info_explains_what_is_used(self):
        info = result("info")
        rows = [name for name in info["kernels"] if name not in ("in use", "HEED_CPU_ISA")]
        self.assertEqual([row for row in rows if not row.startswith("emulated")][-1], "portable")
        self.assertEqual(info["kernels"]["portable"], "runs here")
        self.assertIn(info["kernels"]["in use"].split(":")[0], rows)
        self.assertIn(info["linear layers"]["chosen"].split(":")[0], ("mkl", "onednn", "heed"))
        self.assertIn("GFLOP/s", info["linear layers"]["heed"])
        self.assertEqual(len(info["attention"]), 4)
        for problem, answer in info["attention"].items():
            with self.subTest(problem):
                self.assertTrue(answer[answer["chosen"]].startswith("chosen"))
                self.assertTrue(all(answer[name] for name in ("fused", "tiled", "reference")))
        double = next(answer for problem, answer in info["attention"].items() if "float64" in problem)
        self.assertTrue(double["fused"].startswith("no: "))

    def test_info_follows_the_environment(self):
        for variable, value in (("HEED_CPU_ISA", "portable"), ("HEED_LINEAR", "mkl")):
            with self.subTest(variable), unittest.mock.patch.dict(os.environ, {variable: value}):
                text = run("info").stdout
                self.assertIn(f"{value}: {variable} says so", text)
            with self.subTest(variable), unittest.mock.patch.dict(os.environ, {variable: value[:-1]}):
                self.assertIn(f"did you mean '{value}'", run("info", code=2).stderr)

    def test_the_memory_line_of_the_paper_is_computed(self):
        rows = result("bench", "memory", "--length", 256, "--width", 64, "--heads", 2)["rows"]
        computed = [row["computed_bytes"] for row in rows]
        self.assertIn(256 * 256 * 64 * 4, computed)
        self.assertIn(256 * 64 * 4, computed)

    def test_attention_is_measured_beside_its_rivals(self):
        found = result("bench", "attention", "--quick", "--rows", "local 1D,|window 3 x 3,", "--quiet")
        self.assertGreater(found["peak_gflops"], 0)
        methods = {(row["problem"], row["method"]) for row in found["rows"]}
        self.assertIn(("window 3 x 3", "libtorch, unfold"), methods)
        self.assertIn(("local 1D", "fused"), methods)
        for row in found["rows"]:
            self.assertGreater(row["forward_backward"]["median_ms"], 0)
        wrong = run("bench", "attention", "--quick", "--rows", "nothing such", code=2)
        self.assertIn("no row matches 'nothing such'", wrong.stderr)
        self.assertIn("window 7 x 7", wrong.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
