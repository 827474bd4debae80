#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A translator's way to its weights and figures: prepare, train, resume, tune, average, evaluate. Standard library only."""
import gzip
import json
import shutil
import subprocess
import unittest
from pathlib import Path

from program import HEED, result, run, sets
from toy_translator import ROOT, TINY, ToyTranslator, english, german, sentences


class TranslatorTraining(ToyTranslator):
    def test_it_learns_and_keeps_its_vocabulary(self):
        self.assertLess(self.trained["best_nll"], 0.2 * self.trained["first_nll"])
        for name in ("config.toml", "model.safetensors", "vocabulary.model", "data.toml"):
            self.assertTrue((self.model / name).exists(), name)

    def test_prepare_overwrites_nothing_but_its_own(self):
        languages = sets(["data.source_language=en", "data.target_language=de", "vocabulary.size=110"])
        mine = self.folder / "mine"
        mine.mkdir()
        (mine / "thesis.txt").write_text("months of work")
        copy = self.folder / "copy"
        shutil.copytree(self.data, copy)
        for output in (mine, copy, copy / "train.en"):
            done = run("prepare", "--task", "translation", "--data", copy, "--output", output, *languages, code=2)
            self.assertIn("contains other files", done.stderr)
        self.assertEqual((mine / "thesis.txt").read_text(), "months of work")
        self.assertEqual((copy / "train.en").read_bytes(), (self.data / "train.en").read_bytes())
        for _ in range(2):  # what it wrote itself may be written again
            run("prepare", "--task", "translation", "--data", copy, "--output", self.folder / "again", "--quiet", *languages)

    def test_evaluate_gives_bleu_chrf_and_perplexity(self):
        output = self.folder / "hypotheses"
        scores = result("evaluate", "--model", self.model, "--source", self.data / "test.en", "--reference",
                        self.data / "test.de", "--output", output, "--threads", 1, "--quiet")
        self.assertGreater(scores["bleu"], 30)
        self.assertGreater(scores["chrf"], 60)
        self.assertGreater(scores["perplexity"], 1)
        self.assertIn("tok:13a", scores["signature"])
        self.assertEqual(len(scores["bleu_precisions"]), 4)
        self.assertGreater(scores["bleu_precisions"][0], scores["bleu_precisions"][3])
        self.assertAlmostEqual(scores["length_ratio"], scores["hypothesis_length"] / scores["reference_length"])
        self.assertLessEqual(scores["brevity_penalty"], 1)
        again = result("evaluate", "--hypothesis", output, "--reference", self.data / "test.de")
        self.assertEqual((again["bleu"], again["chrf"]), (scores["bleu"], scores["chrf"]))
        self.assertAlmostEqual(result("evaluate", "--hypothesis", self.data / "test.de", "--reference", self.data / "test.de")["bleu"], 100)

    def test_evaluate_gives_rouge_on_request(self):
        output = self.folder / "summaries"
        scores = result("evaluate", "--model", self.model, "--data", self.data, "--split", "test", "--rouge", "--output", output,
                        "--threads", 1, "--quiet")
        for name in ("rouge1", "rouge2", "rouge_l"):
            self.assertTrue(0 < scores[name] < 1, name)
        of_file = ["evaluate", "--hypothesis", output, "--reference", self.data / "test.de"]
        self.assertEqual(result(*of_file, "--rouge")["rouge_l"], scores["rouge_l"])
        self.assertNotIn("rouge_l", result(*of_file))
        (self.folder / "sides").write_text("the small red house\nno word of it\n")
        (self.folder / "references").write_text("a small red car\nnone\n")
        found = result("evaluate", "--hypothesis", self.folder / "sides", "--reference", self.folder / "references", "--rouge")
        self.assertAlmostEqual(found["rouge1"], (2 / 4 + 0) / 2)
        self.assertAlmostEqual(found["rouge2"], (1 / 3 + 0) / 2)

    def test_a_model_of_summaries_reads_the_beginning_of_long_texts(self):
        lines = [" ".join(words) for words in sentences(60, 5)]
        table = self.folder / "summaries.jsonl"
        table.write_text("".join(json.dumps({"text": ". ".join([line] * 12), "summary": line}) + "\n" for line in lines))
        few = [option for option in TINY if not option.startswith(("data.", "training.steps", "training.validate", "training.checkpoint"))]
        few += ["data.source_field=text", "data.target_field=summary", "data.max_length=30", "data.validation_pairs=10",
                "training.steps=4", "training.validate_every=2", "training.checkpoint_every=2"]

        def train(cut):
            return run("train", "--task", "translation", "--data", table, "--output", self.folder / f"summaries-{cut}", "--threads", 1,
                       *sets([*few, f"data.cut_sources={cut}"]))

        self.assertIn("longer than data.max_length 30 pieces and left out", train("false").stderr)
        self.assertNotIn("left out", train("true").stderr)
        long_text = ". ".join(["they see red houses"] * 30) + "\n"
        for cut, split in (("true", 0), ("false", 1)):
            self.assertEqual(result("translate", "--model", self.folder / f"summaries-{cut}", "--threads", 1, text=long_text)["split"], split)

    def test_evaluate_scores_a_split_of_raw_and_of_prepared_data(self):
        common = "evaluate", "--model", self.model, "--threads", 1, "--quiet"
        named = result(*common, "--source", self.data / "test.en", "--reference", self.data / "test.de")
        of_split = result(*common, "--data", self.data, "--split", "test")
        self.assertEqual(of_split["split"], "test")
        for name in ("bleu", "chrf", "nll", "sentences", "tokens"):
            self.assertEqual(of_split[name], named[name], name)
        prepared = self.folder / "to-evaluate"
        run("prepare", "--task", "translation", "--data", self.data, "--output", prepared, "--quiet",
            *sets([option for option in TINY if option.startswith(("data.source", "data.target", "vocabulary"))]))
        self.assertEqual(result(*common, "--data", prepared, "--split", "test")["bleu"], named["bleu"])
        valid = result(*common, "--data", prepared)  # valid unless told
        self.assertEqual((valid["split"], valid["sentences"]), ("valid", 60))
        self.assertAlmostEqual(valid["nll"], self.trained["best_nll"], places=4)
        only = self.folder / "only-test"
        only.mkdir()
        for side in ("en", "de"):
            shutil.copy(self.data / f"test.{side}", only)
        self.assertEqual(result(*common, "--data", only, "--split", "test")["bleu"], named["bleu"])
        self.assertIn("available: test", run(*common, "--data", only, code=3).stderr)

    def test_the_validation_part_that_was_held_back_is_found_again(self):
        lines = sentences(300, 41)
        data = self.folder / "unsplit.en", self.folder / "unsplit.de"
        data[0].write_text(english(lines))
        data[1].write_text(german(lines))
        both = [word for path in data for word in ("--data", path)]
        tuned = result("train", "--init", self.model, *both, "--output", self.folder / "of-unsplit", "--threads", 1, "--quiet",
                       *sets(["training.steps=2", "data.max_tokens=700", "training.precision=fp32"]))
        found = result("evaluate", "--model", self.folder / "of-unsplit", *both, "--threads", 1, "--quiet")
        self.assertEqual(found["sentences"], len(lines) // 10 + 1)
        self.assertAlmostEqual(found["nll"], tuned["best_nll"], places=4)

    def test_options_of_other_tasks_are_refused(self):
        text = ["--source", self.data / "test.en", "--reference", self.data / "test.de"]
        chorales = ["evaluate", "--model", ROOT / "models/chorales", "--data", self.data]
        cases = [(["evaluate", "--model", self.model, *text, "--context", 16], "--context"),
                 (["evaluate", "--model", self.model, "--data", self.data, "--motifs"], "--motifs"),
                 (["evaluate", "--model", self.model, *text, "--data", self.data], "--source"),
                 (["evaluate", "--model", self.model, *text, "--split", "test"], "--split"),
                 (["evaluate", "--hypothesis", self.data / "test.de", "--reference", self.data / "test.de", "--beam-size", 2], "--beam-size"),
                 (["evaluate", "--hypothesis", self.data / "test.de", "--reference", self.data / "test.de", "--model", self.model], "--model"),
                 (["evaluate", "--model", self.model, "--source", self.data / "test.en"], "--reference"),
                 ([*chorales, "--beam-size", 2], "--beam-size"), ([*chorales, "--lowercase"], "--lowercase"),
                 (["prepare", "--task", "translation", "--data", self.data, "--output", "x", "--encoding", "chorale"], "--encoding"),
                 (["inspect", "attention", "--model", self.model, "--source", "we", "--top", 3, "--output", "x.png"], "--top"),
                 (["inspect", "attention", "--model", self.model, "--input", "x.mid", "--output", "x.png"], "--input"),
                 (["inspect", "attention", "--model", ROOT / "models/chorales", "--source", "we", "--output", "x.png"], "--source")]
        for arguments, named in cases:
            done = run(*arguments, code=2)
            self.assertIn(named, done.stderr, arguments)
            self.assertFalse(Path("x.png").exists())

    def test_a_bad_catalogue_of_a_folder_is_skipped_and_counted(self):
        catalogues = self.folder / "catalogues"
        catalogues.mkdir()
        for name, lines in (("a.de.po", sentences(60, 6)), ("c.de.po", sentences(60, 7))):
            pairs = dict(zip(english(lines).splitlines(), german(lines).splitlines()))
            (catalogues / name).write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n' +
                                           "".join(f'msgid "{a}"\nmsgstr "{b}"\n\n' for a, b in pairs.items()))
        (catalogues / "b.de.po").write_text('msgid "torn\nmsgstr "zer')
        (catalogues / "d.de.mo").write_bytes(b"\xde\x12\x04\x95 torn")
        common = ["prepare", "--task", "translation", "--data", catalogues, *sets(["vocabulary.size=80", "data.target_language=de"])]
        done = run(*common, "--output", self.folder / "mended", "--quiet")
        self.assertIn("skipped 2 catalogues that cannot be read; first error: ", done.stderr)
        self.assertIn("b.de.po, line 1", done.stderr)
        self.assertTrue((self.folder / "mended" / "train.source").exists())
        for strict in (["--strict"], sets(["data.strict=true"])):
            done = run(*common, *strict, "--output", self.folder / "never", code=3)
            self.assertIn("b.de.po, line 1", done.stderr)

    def test_prepared_data_trains_like_raw_data(self):
        prepared = self.folder / "prepared"
        counts = result("prepare", "--task", "translation", "--data", self.data, "--output", prepared, "--quiet",
                        *sets([option for option in TINY if option.startswith(("data.source", "data.target", "vocabulary"))]))
        self.assertEqual(counts["train"]["pairs"], 1500)
        run("train", "--data", prepared, "--output", self.folder / "from-prepared", "--threads", 1, "--quiet",
            "--set", "task=translation", *sets(TINY))
        for name in ("vocabulary.model", "model.safetensors"):
            self.assertEqual((self.folder / "from-prepared" / name).read_bytes(), (self.model / name).read_bytes(), name)

    def test_other_forms_of_data_give_the_same_pairs(self):
        lines = sentences(60, 6)
        sources, targets = english(lines), german(lines)
        packed, tsv, po = self.folder / "pairs.en.gz", self.folder / "pairs.tsv", self.folder / "de.po"
        packed.write_bytes(gzip.compress(sources.encode()))
        (self.folder / "pairs.de").write_text(targets)
        pairs = list(zip(sources.splitlines(), targets.splitlines()))
        tsv.write_text("".join(f"{source}\t{target}\n" for source, target in pairs))
        po.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n' +
                      "".join(f'msgid "{source}"\nmsgstr "{target}"\n\n' for source, target in dict(pairs).items()))
        kept = {}
        for name, data in (("files", (packed, self.folder / "pairs.de")), ("tsv", (tsv,)), ("po", (po,))):
            output = self.folder / f"prepared-{name}"
            run("prepare", "--task", "translation", *[word for path in data for word in ("--data", path)], "--output", output,
                "--quiet", "--set", "vocabulary.size=80", "--set", "data.drop_duplicates=true")
            kept[name] = [(output / f"{split}.{side}").read_text() for split in ("train", "valid") for side in ("source", "target")]
        self.assertEqual(kept["files"], kept["tsv"])
        self.assertEqual(kept["files"], kept["po"])

    def test_a_resumed_run_has_the_same_weights(self):
        stopped = self.folder / "it's \"stopped\""  # a path may contain anything
        options = [option if not option.startswith("training.steps") else "training.steps=240" for option in TINY]
        process = subprocess.Popen([HEED, "train", "--data", str(self.data), "--output", str(stopped), "--threads", "1", "--quiet",
                                    "--set", "task=translation", *sets(options)], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        while process.poll() is None and not (stopped / "checkpoints" / "step-60").exists():
            pass
        process.kill()
        process.wait()
        run("train", "--resume", stopped, "--threads", 1, "--quiet")
        self.assertEqual((stopped / "model.safetensors").read_bytes(), (self.model / "model.safetensors").read_bytes())

    def test_an_averaged_model_translates(self):
        averaged = self.folder / "averaged"
        run("average", self.model, "--last", 2, "--bfloat16", "--output", averaged)
        self.assertEqual(run("translate", "--model", averaged, text="we see trees\n").stdout, "wir sehen Bäume\n")
        self.assertLess((averaged / "model.safetensors").stat().st_size, 0.6 * (self.model / "model.safetensors").stat().st_size)

    def test_runs_that_went_on_from_one_model_are_averaged(self):
        runs = []
        for seed in (2, 3):
            runs.append(self.folder / f"sibling-{seed}")
            run("train", "--init", self.model, "--data", self.data, "--output", runs[-1], "--threads", 1, "--quiet", "--seed", seed,
                "--set", "task=translation", *sets(TINY), "--set", "training.steps=60")
        mean = self.folder / "siblings"
        self.assertEqual(result("average", *runs, "--last", 1, "--output", mean)["averaged"], 2)
        self.assertEqual(run("translate", "--model", mean, text="we see trees\n").stdout, "wir sehen Bäume\n")
        done = run("average", *runs, "--last", 0, "--output", self.folder / "none", code=2)
        self.assertIn("--last", done.stderr)
        stranger = self.folder / "stranger"
        shutil.copytree(self.model, stranger)
        (stranger / "vocabulary.model").write_bytes(b"others")
        done = run("average", runs[0], stranger, "--output", self.folder / "none", code=1)
        self.assertIn("vocabulary.model", done.stderr)

    def test_a_model_is_tuned_further_with_its_own_vocabulary(self):
        tuned = self.folder / "tuned"
        lines = sentences(60, 9)
        more = self.folder / "more.en", self.folder / "more.de"
        more[0].write_text(english(lines))
        more[1].write_text(german(lines))
        run("train", "--init", self.model, "--data", more[0], "--data", more[1], "--output", tuned,
            "--threads", 1, "--quiet", *sets(["training.steps=4", "data.max_tokens=700"]))
        self.assertEqual((tuned / "vocabulary.model").read_bytes(), (self.model / "vocabulary.model").read_bytes())

    def test_bad_data_is_one_clear_error(self):
        short, broken, empty = self.folder / "short.de", self.folder / "broken.en", self.folder / "empty.en"
        short.write_text("eins\n")
        broken.write_bytes(b"one\ntw\xff\n")
        empty.write_text("")
        cases = [((self.data / "valid.en", short), "1"), ((broken, short), "broken.en, line 2"), ((empty, empty), "empty.en")]
        for data, said in cases:
            done = run("train", *[word for path in data for word in ("--data", path)], "--output", self.folder / "never",
                       "--set", "task=translation", code=3)
            self.assertIn(said, done.stderr)
            self.assertFalse((self.folder / "never").exists())
        done = run("evaluate", "--hypothesis", short, "--reference", self.data / "test.de", code=3)
        self.assertIn("120", done.stderr)

    def test_a_model_of_another_task_says_so(self):
        done = run("generate", "--model", self.model, "--output", self.folder / "piece", code=2)
        self.assertIn("is a translation model: use heed translate", done.stderr)

    def test_unknown_sections_and_languages_name_the_nearest(self):
        done = run("train", "--data", self.data, "--output", self.folder / "never", "--set", "task=translation", "--set",
                   "vocabulry.size=9", code=2)
        self.assertIn("vocabulary", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
