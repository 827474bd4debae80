#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs in unusual circumstances: names of files, signals, finished runs, numbers, streams. Standard library only."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import png
from program import HEED, result, run, sets
from toy_music import chorales, digest, tiny
from toy_translator import TINY as TINY_TRANSLATOR, english, german, sentences

SOURCE = Path(__file__).resolve().parents[2]
HOSTILE = ("John's run", "caf\udce9", "a\nb", '"quoted"', "日本語 音楽", "100%", "\udcff\udcfe", "back\\slash", "-", "tab\there")


def start(*arguments, **options):
    return subprocess.Popen([HEED, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def wait_for(path, process):
    while not path.exists() and process.poll() is None:
        time.sleep(0.01)


class Base(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="heed-runs-"))
        cls.data = cls.folder / "chorales.json"
        chorales(cls.data)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def train(self, output, *options, **more):
        return result("train", "--data", self.data, "--output", output, "--threads", 1, "--quiet", *options, **more)

    def assert_same_weights(self, one, other, step):
        for name in (f"checkpoints/step-{step}/model.safetensors", f"checkpoints/step-{step}/optimizer.safetensors", "model.safetensors"):
            self.assertEqual(digest(one / name), digest(other / name), name)


class Names(Base):
    def test_a_run_may_have_any_name(self):
        for i, name in enumerate(HOSTILE):
            with self.subTest(ascii(name)):
                home = self.folder / f"home-{i}" / name
                home.mkdir(parents=True)
                data, output = home / "data.json", home / "run"
                shutil.copy(self.data, data)
                done = result("train", "--data", data, "--output", output, "--quiet", *tiny())
                self.assertEqual(os.fsencode(done["run"]), os.fsencode(output))
                (output / "config.toml").read_text("utf-8", "strict")
                shutil.rmtree(output / "checkpoints/step-12")
                self.assertEqual(result("train", "--resume", output, "--quiet")["step"], 12)  # finds its data by the stored path
                tuned = home / "tuned"
                result("train", "--data", data, "--init", output, "--output", tuned, "--quiet", *sets(["training.steps=2", "data.crop=32"]))
                shutil.rmtree(tuned / "checkpoints")  # stopped before its first checkpoint: the weights come from init again
                self.assertEqual(result("train", "--resume", tuned, "--quiet")["step"], 2)
                self.assertEqual(os.fsencode(result("average", output, "--last", 1, "--output", home / "mean")["output"]), os.fsencode(home / "mean"))
                self.assertEqual(os.fsencode(result("evaluate", "--model", home / "mean", "--data", data, "--quiet")["model"]),
                                 os.fsencode(home / "mean"))
                piece = result("generate", "--model", output, "--seconds", 2, "--output", home / "piece", "--quiet")["pieces"][0]
                self.assertTrue(Path(os.fsdecode(os.fsencode(piece["midi"]))).is_file())

    def test_translators_may_have_any_name(self):
        for i, name in enumerate(HOSTILE[:4]):
            with self.subTest(ascii(name)):
                home = self.folder / f"translator-{i}" / name
                data = home / "data"
                data.mkdir(parents=True)
                for split, count in (("train", 300), ("valid", 20)):
                    (data / f"{split}.en").write_text(english(sentences(count, 1)))
                    (data / f"{split}.de").write_text(german(sentences(count, 1)))
                short = [option for option in TINY_TRANSLATOR if not option.startswith(("training.steps", "training.validate", "training.checkpoint"))]
                options = sets([*short, "training.steps=4", "training.validate_every=2", "training.checkpoint_every=2"])
                output = home / "run"
                result("train", "--data", data, "--output", output, "--quiet", "--set", "task=translation", *options)
                shutil.rmtree(output / "checkpoints/step-4")
                self.assertEqual(result("train", "--resume", output, "--quiet")["step"], 4)
                tuned = home / "tuned"
                fewer = sets(["training.steps=2", "data.source_language=en", "data.target_language=de"])
                result("train", "--data", data, "--init", output, "--output", tuned, "--quiet", *fewer)
                shutil.rmtree(tuned / "checkpoints")
                self.assertEqual(result("train", "--resume", tuned, "--quiet")["step"], 2)
                result("average", output, "--last", 2, "--output", home / "mean")
                run("translate", "--model", home / "mean", text="one house\n")

    def test_what_is_printed_can_be_pasted_into_a_shell(self):
        output = self.folder / "John's \udce9\nrun"
        self.train(output, *tiny())
        said = subprocess.run([HEED, "train", "--resume", output], capture_output=True).stderr.decode("utf-8")
        command = next(line for line in said.splitlines() if "heed train --resume" in line).split("to train on: ")[1].split(" --steps")[0]
        command = command.replace("heed", HEED, 1) + " --steps 13 --quiet --json"
        done = subprocess.run(["bash", "-c", command], capture_output=True, check=True)
        self.assertEqual(json.loads(done.stdout)["step"], 13)

    def test_a_class_whose_name_cannot_be_stored_is_an_error(self):
        pictures = self.folder / "pictures"
        for name in ("caf\udce9", "dog"):
            for i in range(4):
                folder = pictures / "train" / name
                folder.mkdir(parents=True, exist_ok=True)
                png.write(folder / f"{i}.png", [[20 * i, 0, 0] * 8] * 8, 3)
        done = run("train", "--task", "image", "--data", pictures, "--output", self.folder / "never", "--set", "data.condition=class", "--set",
                   "data.size=8", code=None)
        self.assertIn(done.returncode, (2, 3))
        self.assertIn("caf", done.stderr)


class Signals(Base):
    OPTIONS = tiny("training.steps=400", "training.validate_every=50", "training.checkpoint_every=50", "model.dropout=0.2")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.straight = cls.folder / "straight"
        cls.train(cls, cls.straight, *cls.OPTIONS)

    def stop(self, name, number, **options):
        output = self.folder / name
        process = start("train", "--data", self.data, "--output", output, "--threads", 1, *self.OPTIONS, **options)
        wait_for(output / "checkpoints/step-50", process)
        process.send_signal(number)
        said = process.communicate(timeout=120)[1]
        return output, process.returncode, said

    def test_each_signal_is_saved_told_and_resumed_bit_for_bit(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
            with self.subTest(number.name):
                output, code, said = self.stop(number.name, number)
                self.assertEqual(code, 130 if number == signal.SIGTERM else 128 + number, said)
                self.assertIn(f"stopped and saved ({number.name}); to resume: heed train --resume {output}", said)
                self.assertEqual(self.run_again(output)["step"], 400)
                self.assert_same_weights(self.straight, output, 400)

    def run_again(self, output):
        return result("train", "--resume", output, "--threads", 1, "--quiet")

    def test_under_nohup_a_closed_terminal_changes_nothing(self):
        output, code, said = self.stop("nohup", signal.SIGHUP, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        self.assertEqual(code, 0, said)
        self.assert_same_weights(self.straight, output, 400)

    def test_a_second_signal_ends_it_at_once(self):
        output = self.folder / "twice"
        options = tiny("training.steps=4000", "training.validate_every=4000", "training.checkpoint_every=50")
        process = start("train", "--data", self.data, "--output", output, "--threads", 1, *options)
        wait_for(output / "checkpoints/step-50", process)
        os.kill(process.pid, signal.SIGSTOP)  # both arrive before it can save
        process.send_signal(signal.SIGUSR1)
        process.send_signal(signal.SIGTERM)
        os.kill(process.pid, signal.SIGCONT)
        process.communicate(timeout=60)
        self.assertIn(process.returncode, (-signal.SIGTERM, -signal.SIGUSR1))

    def test_a_closed_reader_of_its_messages_does_not_end_it(self):
        output = self.folder / "unread"
        process = start("train", "--data", self.data, "--output", output, "--threads", 1, *self.OPTIONS)
        wait_for(output / "checkpoints/step-50", process)
        process.stderr.close()
        with process.stdout:
            process.stdout.read()
        self.assertEqual(process.wait(timeout=120), 0)
        self.assert_same_weights(self.straight, output, 400)


class Finished(Base):
    def test_resuming_a_finished_run_says_so_and_how_to_train_on(self):
        output = self.folder / "finished"
        self.train(output, *tiny())
        before = digest(output / "checkpoints/step-12/model.safetensors")
        done = run("train", "--resume", output)
        self.assertIn("this run is finished", done.stderr)
        self.assertIn(f"heed train --resume {output} --steps N, or --minutes N", done.stderr)
        self.assertNotIn("nan", done.stderr)
        self.assertEqual(digest(output / "checkpoints/step-12/model.safetensors"), before)

    def test_steps_and_minutes_train_on_and_the_plan_is_stored(self):
        output = self.folder / "longer"
        self.train(output, *tiny())
        self.assertEqual(result("train", "--resume", output, "--steps", 20, "--quiet")["step"], 20)
        parts = json.loads((output / "plan.json").read_text())["parts"]
        self.assertEqual((parts[-1]["from_step"], parts[-1]["steps"]), (12, 20))
        more = result("train", "--resume", output, "--minutes", 0.03, "--quiet")
        self.assertGreater(more["step"], 20)
        self.assertEqual(json.loads((output / "plan.json").read_text())["parts"][1]["from_step"], 12)
        self.assertIn("this run is finished", run("train", "--resume", output).stderr)
        wrong = run("train", "--resume", output, "--steps", 5, code=2).stderr
        self.assertIn("--steps: the run has done", wrong)
        self.assertIn("cannot be used with", run("train", "--resume", output, "--steps", 9999, "--minutes", 1, code=2).stderr)

    def test_a_tail_that_is_killed_resumes_bit_for_bit(self):
        base, straight, killed = (self.folder / name for name in ("base", "straight", "killed"))
        options = tiny("training.schedule=cosine", "model.dropout=0.2", "training.checkpoint_every=50", "training.validate_every=50")
        self.train(base, *options)
        shutil.copytree(base, straight)
        shutil.copytree(base, killed)
        result("train", "--resume", straight, "--steps", 400, "--threads", 1, "--quiet")
        process = start("train", "--resume", killed, "--steps", 400, "--threads", 1, "--quiet")
        wait_for(killed / "checkpoints/step-50", process)
        process.kill()
        process.communicate()
        self.assertEqual(result("train", "--resume", killed, "--threads", 1, "--quiet")["step"], 400)
        self.assert_same_weights(straight, killed, 400)

    def test_steps_of_a_new_run(self):
        self.assertEqual(self.train(self.folder / "new", *tiny(), "--steps", 3)["step"], 3)


class Numbers(Base):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls.folder / "run"
        cls.train(cls, cls.model, *tiny())

    def refused(self, arguments, *said, cwd=None):
        with self.subTest(" ".join(map(str, arguments))):
            done = run(*arguments, code=2, cwd=cwd)
            self.assertEqual(done.stdout, "")
            lines = [line for line in done.stderr.splitlines() if line.startswith("heed: ")]
            self.assertEqual(len(lines), 1, done.stderr)
            for words in said:
                self.assertIn(words, lines[0])

    def test_absurd_numbers_are_one_clear_line(self):
        train = ["train", "--task", "music", "--data", self.data, "--output", self.folder / "never"]
        generate = ["generate", "--model", self.model, "--output", self.folder / "never"]
        evaluate = ["evaluate", "--model", self.model, "--data", self.data]
        for arguments, said in [
                ([*train, "--threads", 100000], "between 1 and 1024"), ([*train, "--threads", 0], "between 1 and 1024"),
                ([*train, "--threads", "2.5"], "whole number"), ([*train, "--seed", "1e23"], "--seed: must be a whole number"),
                ([*train, "--minutes", "1e300"], "--minutes: must be at most 1000000000"), ([*train, "--minutes", "0,5"], "write 0.5"),
                ([*train, "--minutes", "nan"], "must be a number"), ([*train, "--steps", 0], "at least 1"),
                ([*train, "--steps", "1e3"], "whole number"),
                ([*train, "--set", "data.batch_size=99999999999"], "'batch_size' must be between 1 and 1048576"),
                ([*train, "--set", "data.batch_size=99999999999999999999"], "'batch_size' must be a whole number"),
                ([*train, "--set", "model.layers=-1"], "between 1 and 10000"), ([*train, "--set", "training.learning_rate=0,001"], "write 0.001"),
                ([*train, "--set", "training.learning_rate=nan"], "got nan"), ([*train, "--set", "training.learning_rate=1e300"], "at most"),
                ([*train, "--set", "training.steps=1e300"], "whole number"),
                ([*generate, "--count", "99999999999999999999"], "--count: must be at most 9223372036854775807"),
                ([*generate, "--count", "9999999999"], "at most 1000000000"), ([*generate, "--temperature", "0,9"], "write 0.9"),
                ([*generate, "--seconds", "1e300"], "at most"), ([*generate, "--seed", "-1"], "0 or above"),
                ([*generate, "--top-k", "1e9"], "whole number"), ([*generate, "--batch-size", "99999999999"], "between 1 and 1048576"),
                ([*evaluate, "--context", "99999999999"], "at most 1000000000"),
                (["average", self.model, "--last", "99999999999999999999", "--output", "x"], "--last"),
                (["average", self.model, "--until", "1,5", "--output", "x"], "--until"),
                (["info", "--length", "99999999999"], "--length"), (["info", "--heads", "x"], "--heads"),
                (["bench", "memory", "--length", "1e300"], "--length"), (["bench", "memory", "--limit", "1,5"], "write 1.5"),
                (["bench", "generation", "--layers", "0"], "--layers"),
                (["inspect", "curves", "--run", self.model, "--highest", "1e400", "--output", "x.png"], "--highest"),
        ]:
            self.refused(arguments, said)

    def test_empty_paths_and_folders_in_use_are_refused(self):
        here = self.folder / "here"
        here.mkdir()
        shutil.copy(self.data, here / "data.json")
        train = ["train", "--task", "music"]
        for output in (".", "./", "../here", ".."):
            self.refused([*train, "--data", "data.json", "--output", output], "contains", cwd=here)
            self.refused(["prepare", "--task", "music", "--data", "data.json", "--output", output], "contains", cwd=here)
            self.refused(["average", self.model, "--output", output], "exists already", cwd=here)
            self.refused(["inspect", "curves", "--run", self.model, "--output", output], "is a folder", cwd=here)
        self.refused([*train, "--data", self.data, "--output", ""], "--output: must not be empty")
        self.refused([*train, "--data", "", "--output", self.folder / "never"], "--data: must not be empty")
        self.refused([*train, "--data", self.data, "--output", self.folder / "never", "--init", ""], "--init: must not be empty")
        self.refused([*train, "--data", self.data, "--output", self.folder / "never", "--preset", ""], "--preset: must not be empty")
        self.refused(["train", "--resume", ""], "--resume: must not be empty")
        self.refused(["generate", "--model", self.model, "--output", ""], "--output: must not be empty")
        self.refused(["generate", "--model", "", "--output", "x"], "--model: must not be empty")
        self.refused(["evaluate", "--model", self.model, "--data", ""], "--data: must not be empty")
        self.refused(["prepare", "--task", "music", "--data", "", "--output", "x"], "--data: must not be empty")
        self.refused(["average", self.model, "--output", ""], "--output")
        self.refused(["info", "--model", ""], "must not be empty")
        self.refused(["inspect", "curves", "--run", self.model, "--output", ""], "--output")
        self.assertEqual(sorted(os.listdir(here)), ["data.json"])


class Streams(Base):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls.folder / "run"
        cls.train(cls, cls.model, *tiny())
        result("generate", "--model", cls.model, "--seconds", 4, "--output", cls.folder / "piece", "--quiet")
        cls.midi = cls.folder / "piece/sample-000.mid"

    def every_verb(self, name):
        out = self.folder / name
        out.mkdir()
        brick = SOURCE / "docs/pictures/texture-bricks.png"
        return {
            "help": ["--help"], "version": ["--version"], "help of train": ["train", "--help"], "info": ["info"], "info --json": ["info", "--json"],
            "info --options": ["info", "--options"], "info --fields": ["info", "--fields"], "info --model": ["info", "--model", self.model],
            "train": ["train", "--data", self.data, "--output", out / "run", *tiny()], "average": ["average", self.model, "--output", out / "mean"],
            "dry run": ["train", "--data", self.data, "--dry-run", *tiny()],
            "evaluate": ["evaluate", "--model", self.model, "--data", self.data],
            "generate": ["generate", "--model", self.model, "--seconds", 2, "--output", out / "piece"],
            "prepare": ["prepare", "--task", "music", "--data", self.folder / "piece", "--output", out / "prepared"],
            "inspect": ["inspect", "roll", "--input", self.midi, "--output", out / "roll.png"],
            "synthesize": ["synthesize", brick, "--size", 12, "--window", 5, "--output", out / "s.png"],
            "denoise": ["denoise", brick, "--output", out / "d.png"],
            "bench": ["bench", "memory", "--length", 64, "--width", 16, "--heads", 2],
            "translate": ["translate", "--model", "tatoeba-en-de"],
            "translate --json": ["translate", "--model", "tatoeba-en-de", "--json"],
        }

    def ended(self, command, **streams):
        # What is not said is /dev/null, so that a closed stream stays closed in the program.
        return subprocess.run(["bash", "-c", f'exec "$0" "$@" {streams.pop("redirect")}', HEED, *map(str, command)], capture_output=True,
                              cwd=SOURCE, input=b"Good morning.\n", timeout=300, **streams)

    def test_a_full_disk_under_stdout_is_said_by_every_verb(self):
        for name, command in self.every_verb("full").items():
            with self.subTest(name):
                done = self.ended(command, redirect=">/dev/full")
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn(b"heed: stdout: cannot write all of the output", done.stderr)

    def test_a_closed_stdout_is_an_error_and_no_file_gets_its_text(self):
        for name, command in self.every_verb("closed").items():
            with self.subTest(name):
                done = self.ended(command, redirect=">&-")
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn(b"heed: stdout: cannot write", done.stderr)
        for path in (self.folder / "closed").rglob("*"):
            if path.suffix in (".toml", ".jsonl"):
                self.assertNotIn(b"best_nll  ", path.read_bytes(), path)
        self.assertEqual(result("train", "--resume", self.folder / "closed/run", "--quiet")["step"], 12)

    def test_closed_stdin_and_stderr_change_nothing(self):
        for redirect in ("<&-", "2>&-", "<&- 2>&-"):
            with self.subTest(redirect):
                done = self.ended(["evaluate", "--model", self.model, "--data", self.data, "--json"], redirect=redirect)
                self.assertEqual(done.returncode, 0)
                self.assertIn("nll", json.loads(done.stdout))
        done = self.ended(["translate", "--model", "tatoeba-en-de"], redirect="<&-")
        self.assertEqual((done.returncode, done.stdout), (0, b""))

    def test_a_reader_that_has_enough_ends_it_quietly(self):
        for command in (["info", "--options"], ["info", "--fields"], ["--help"]):
            done = subprocess.run(["bash", "-c", '"$0" "$@" | head -1; echo "${PIPESTATUS[0]}"', HEED, *command], capture_output=True, text=True)
            self.assertEqual(done.stderr, "")
            self.assertIn(done.stdout.splitlines()[-1], ("0", "141"))


class Classes(Base):
    """Fine-tuning a model of images on classes."""
    MODEL = sets(["data.condition=class", "data.size=8", "model.d_model=16", "model.heads=2", "model.layers=1", "model.d_ff=16",
                  "training.steps=2", "training.validate_every=2", "training.checkpoint_every=2", "data.batch_size=2"])

    def pictures(self, name, classes):
        for k, label in enumerate(classes):
            for split in ("train", "valid"):
                folder = self.folder / name / split / label
                folder.mkdir(parents=True)
                for i in range(3):
                    png.write(folder / f"{i}.png", [[60 * k + 5 * i, 10 * i, 0] * 8] * 8, 3)
        return self.folder / name

    def classes_of(self, model):
        line = next(line for line in (model / "config.toml").read_text().splitlines() if line.startswith("classes"))
        return line.replace('"', "'")

    def test_classes_go_on_from_those_of_the_same_name(self):
        first = self.folder / "first"
        run("train", "--task", "image", "--data", self.pictures("three", ["ant", "bee", "cat"]), "--output", first, "--quiet", *self.MODEL)
        fewer = self.folder / "fewer"
        tune = ["--init", first, "--quiet", "--set", "training.steps=2", "--set", "data.batch_size=2"]
        run("train", "--data", self.pictures("two", ["bee", "cat"]), "--output", fewer, *tune)
        self.assertEqual(self.classes_of(fewer), self.classes_of(first))
        self.assertEqual(result("train", "--resume", fewer, "--quiet")["step"], 2)

    def test_new_classes_take_the_places_of_those_that_are_not_there(self):
        first, other = self.folder / "first-of-three", self.folder / "other-run"
        run("train", "--task", "image", "--data", self.pictures("known", ["ant", "bee", "cat"]), "--output", first, "--quiet", *self.MODEL)
        tune = ["--init", first, "--set", "training.steps=2", "--set", "data.batch_size=2"]
        said = run("train", "--data", self.pictures("other", ["ant", "bee", "zebra"]), "--output", other, *tune).stderr
        self.assertIn("zebra from cat", said)
        self.assertIn("'zebra'", self.classes_of(other))
        scored = run("evaluate", "--model", first, "--data", self.folder / "other", code=3)
        self.assertIn("zebra", scored.stderr)
        more = run("train", "--data", self.pictures("more", list("abcd")), "--output", self.folder / "never", *tune, code=3)
        self.assertIn("4 classes, more than the model", more.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
