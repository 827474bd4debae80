#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`heed translate`, as people use it: lines in, lines out, and what can be asked for with them. Standard library only."""
import json
import random
import re
import shutil
import subprocess
import sys
import unittest

from program import HEED, result, run, sets
from toy_translator import ROOT, TINY, ToyTranslator, english, sentences


class Translate(ToyTranslator):
    def test_lines_come_out_in_order_and_empty_ones_stay_empty(self):
        done = self.translate("we see trees\n\nthey see cars\n   \nnot\n")
        self.assertEqual(done.stdout.splitlines(), ["wir sehen Bäume", "", "sie sehen Autos", "", "nicht"])

    def test_the_last_line_needs_no_end_and_nothing_gives_nothing(self):
        self.assertEqual(self.translate("we see").stdout, "wir sehen\n")
        self.assertEqual(self.translate("").stdout, "")

    def test_the_shipped_model_of_summaries_says_what_a_program_is(self):
        texts = ("A fast JSON parser for C++ with a small memory footprint.\n" +
                 "A desktop calculator with graphs, units and currency conversion for GNOME. " * 30 + "\n")
        lines = run("translate", "--model", ROOT / "models/debian-summaries", "--threads", 1, "--quiet", text=texts).stdout.splitlines()
        self.assertEqual(len(lines), 2)
        self.assertIn("JSON parser", lines[0])
        self.assertIn("calculator", lines[1])
        self.assertLess(sum(file.stat().st_size for file in (ROOT / "models/debian-summaries").iterdir()), 10e6)

    def test_who_writes_slowly_is_answered_line_by_line(self):
        process = subprocess.Popen([HEED, "translate", "--model", str(self.model), "--threads", "1", "--quiet"], text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for line, expected in (("we see trees", "wir sehen Bäume"), ("", ""), ("they see cars", "sie sehen Autos")):
            process.stdin.write(line + "\n")
            process.stdin.flush()
            self.assertEqual(process.stdout.readline(), expected + "\n")
        process.stdin.close()
        self.assertEqual((process.stdout.read(), process.wait()), ("", 0))
        process.stdout.close()

    def test_output_and_score_do_not_depend_on_the_batch(self):
        lines = english(sentences(150, 5)).splitlines()
        for beam, options in ((1, ()), (5, ()), (5, ("--weights", "bfloat16")), (5, ("--weights", "int8"))):
            options = ("--beam-size", beam, "--scores", *options)
            alone = dict(zip(lines, self.translate("\n".join(lines), "--batch-size", 1, *options).stdout.splitlines()))
            for batch in (7, 64):
                shuffled = random.Random(batch).sample(lines, len(lines))
                together = self.translate("\n".join(shuffled), "--batch-size", batch, *options).stdout.splitlines()
                self.assertEqual(together, [alone[line] for line in shuffled], f"beam {beam}, batch {batch}")

    def test_weights_of_fewer_bits_translate_almost_alike(self):
        lines = english(sentences(100, 6))
        exact = self.translate(lines).stdout.splitlines()
        for weights, alike in (("bfloat16", 90), ("int8", 85)):  # keys and values are rounded in both
            rounded = self.translate(lines, "--weights", weights).stdout.splitlines()
            self.assertGreaterEqual(sum(a == b for a, b in zip(exact, rounded)), alike, weights)
        scores = {weights: self.translate("we see trees\n", "--scores", "--weights", weights).stdout
                  for weights in ("float32", "bfloat16", "int8")}
        self.assertEqual(len(set(scores.values())), 3)  # each is another computation

    def test_an_unknown_type_of_weights_names_the_nearest(self):
        self.assertIn("did you mean 'int8'", run("translate", "--model", self.model, "--weights", "int4", code=2).stderr)

    def test_coverage_penalty_lowers_scores_alike_in_every_batch(self):
        lines = english(sentences(40, 12))
        plain = [row.split("\t") for row in self.translate(lines, "--scores", "--beam-size", 1).stdout.splitlines()]
        covered = [row.split("\t") for row in
                   self.translate(lines, "--scores", "--beam-size", 1, "--coverage-penalty", 0.3).stdout.splitlines()]
        self.assertEqual([text for _, text in covered], [text for _, text in plain])  # a beam of one has no choice
        self.assertTrue(all(float(with_it) <= float(without) for (with_it, _), (without, _) in zip(covered, plain)))
        self.assertTrue(any(float(with_it) < float(without) for (with_it, _), (without, _) in zip(covered, plain)))
        options = "--scores", "--n-best", 3, "--coverage-penalty", 0.3
        together = self.translate(lines, *options).stdout
        self.assertEqual(self.translate(lines, *options, "--batch-size", 3).stdout, together)
        self.assertNotEqual(self.translate(lines, "--scores", "--n-best", 3).stdout, together)
        scores = result("evaluate", "--model", self.model, "--source", self.data / "test.en", "--reference",
                        self.data / "test.de", "--coverage-penalty", 0.1, "--threads", 1, "--quiet")
        self.assertGreater(scores["bleu"], 30)
        self.assertIn("--coverage-penalty", run("translate", "--model", self.model, "--coverage-penalty", -1, code=2).stderr)

    def counts(self, text, *options):
        """What --json counts, and the lines that came out."""
        *lines, last = self.translate(text, "--json", *options).stdout.splitlines()
        return json.loads(last), lines

    def test_sentences_of_a_line_are_translated_one_by_one(self):
        """The model was trained on single sentences; its config says so."""
        three = ["we see trees.", "they see cars!", "not two houses."]
        apart = self.translate("\n".join(three) + "\n", "--scores").stdout.splitlines()
        counts, lines = self.counts(" ".join(three) + "\n" + three[0] + "\n", "--scores")
        self.assertEqual(lines[0].split("\t")[1], " ".join(row.split("\t")[1] for row in apart))
        self.assertAlmostEqual(float(lines[0].split("\t")[0]), sum(float(row.split("\t")[0]) for row in apart), places=4)
        self.assertEqual(lines[1], apart[0])
        self.assertEqual((counts["lines"], counts["split"], counts["cut"]), (2, 1, 0))
        self.assertEqual(self.counts(" ".join(three), "--parts", "fit")[0]["split"], 0)
        self.assertIn("auto", run("translate", "--model", self.model, "--parts", "atuo", code=2).stderr)

    def test_a_long_line_keeps_all_its_sentences(self):
        line = " ".join(["we see trees."] * 40)
        done = self.translate(line + "\n")
        self.assertEqual(len(done.stdout.splitlines()), 1)
        self.assertEqual(done.stdout.count("sehen"), 40)
        self.assertNotIn("too long", done.stderr)

    def test_a_sentence_too_long_is_cut_and_said_so(self):
        done = self.translate("not\n" + " ".join(["we see trees"] * 40) + "\n", "--max-pieces", 2 * self.pieces("we see trees"))
        self.assertIn("line 2: a sentence is too long", done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), 2)

    def test_sentences_that_fit_go_together_where_that_is_asked(self):
        sentence = "we see trees."
        fit = "--parts", "fit", "--max-pieces", self.pieces(sentence) * 4
        counts, eight = self.counts(" ".join([sentence] * 8) + "\n", *fit)
        self.assertEqual((counts["split"], counts["cut"]), (1, 0))
        counts, four = self.counts(" ".join([sentence] * 4) + "\n", *fit)
        self.assertEqual(counts["split"], 0)
        self.assertEqual(eight, [" ".join(four * 2)])

    def pieces(self, sentence):
        """As few as --max-pieces may say without cutting the sentence."""
        for count in range(1, 40):
            if "too long" not in self.translate(sentence + "\n", "--max-pieces", count).stderr:
                return count

    def test_lines_in_parts_are_alike_in_every_batch(self):
        lines = [". ".join(" ".join(sentence) for sentence in sentences(count, 30 + count)) + "." for count in (1, 4, 2, 7, 1, 3)]
        aligned = self.folder / "parted"
        for options in ((), ("--n-best", 4), ("--sample", "--n-best", 2, "--seed", 3)):
            written = []
            for batch in (1, 5, 64):
                rows = self.translate("\n".join(lines) + "\n", *options, "--batch-size", batch, "--alignments", aligned).stdout
                written.append((rows, aligned.read_text()))
            self.assertEqual(written[0], written[1], options)
            self.assertEqual(written[0], written[2], options)

    def test_n_best_of_a_line_in_parts_are_ways_to_put_theirs_together(self):
        rows = [row.split("\t") for row in self.translate("we see trees. not.\n\nnot.\n", "--n-best", 4).stdout.splitlines()]
        self.assertEqual([row[0] for row in rows], ["1"] * 4 + ["2"] + ["3"] * 4)
        self.assertEqual(rows[4][2], "")
        of_parts = [[row.split("\t") for row in self.translate(part, "--n-best", 4).stdout.splitlines()]
                    for part in ("we see trees.\n", "not.\n")]
        sums = sorted((float(a[1]) + float(b[1]) for a in of_parts[0] for b in of_parts[1]), reverse=True)
        for row, expected in zip(rows[:4], sums):
            self.assertAlmostEqual(float(row[1]), expected, places=4)
        self.assertEqual(rows[0][2], f"{of_parts[0][0][2]} {of_parts[1][0][2]}")

    def test_alignments_of_a_line_in_parts_count_its_words(self):
        aligned = self.folder / "of-parts"
        whole = self.translate("we see trees. they see cars.\n", "--alignments", aligned).stdout.split()
        pairs = [tuple(map(int, link.split("-"))) for link in aligned.read_text().split()]
        self.assertEqual([target for _, target in pairs], list(range(len(whole))))
        first = len(self.translate("we see trees.\n").stdout.split())
        self.assertTrue(all(source < 3 for source, target in pairs if target < first), pairs)
        self.assertTrue(all(3 <= source < 6 for source, target in pairs if target >= first), pairs)

    def test_bytes_that_are_no_utf8_do_not_end_a_stream(self):
        data = b"not\nwe \xff see\nthree\xfc\n\0\nsix\n"
        translate = [HEED, "translate", "--model", str(self.model), "--threads", "1", "--json"]
        plain = self.translate("not\nsix\n").stdout.splitlines()
        for options, empty in (((), False), (("--invalid", "replace"), False), (("--invalid", "skip"), True)):
            done = subprocess.run([*translate, *options], input=data, capture_output=True, timeout=300, check=True)
            *lines, last = done.stdout.decode().splitlines()
            self.assertEqual([lines[0], lines[4]], plain, options)
            self.assertEqual(len(lines), 5)
            self.assertEqual(lines[1:4] == [""] * 3, empty, lines)
            self.assertEqual(json.loads(last)["invalid"], 3)
            said = done.stderr.decode()
            self.assertIn("line 2: byte 0xFF in column 4", said)
            self.assertIn("3 lines contained bytes that are not UTF-8", said)
            self.assertNotIn("line 3", said)
        self.assertIn("line 2", self.translate_fails(data))

    def test_outputs_cut_at_the_longest_are_said(self):
        counts, lines = self.counts("we see trees\nwe\n", "--max-length", 3, "--beam-size", 1)
        self.assertEqual((len(lines), counts["unfinished"]), (2, 1))
        done = self.translate("we\nwe see red trees\n", "--max-length", 3, "--beam-size", 1)
        self.assertIn("line 2: the translation reached its greatest length", done.stderr)
        self.assertNotIn("line 1", done.stderr)
        self.assertEqual(self.counts("we see trees\n")[0]["unfinished"], 0)
        scores = result("evaluate", "--model", self.model, "--source", self.data / "test.en", "--reference", self.data / "test.de",
                        "--max-length", 3, "--beam-size", 1, "--threads", 1, "--quiet")
        self.assertGreater(scores["unfinished"], 60)

    def test_where_outputs_cannot_be_written_is_said_before_the_work(self):
        kept = self.folder / "kept"
        kept.write_text("kept")
        nowhere = self.folder / "none" / "out"
        text = ["--source", self.data / "test.en", "--reference", self.data / "test.de"]
        for arguments in (["translate", "--model", self.model, "--alignments"], ["evaluate", "--model", self.model, *text, "--output"],
                          ["inspect", "attention", "--model", self.model, "--source", "we", "--output"]):
            done = run(*arguments, nowhere, code=1, text="we see\n")
            self.assertIn("there is no folder", done.stderr)
            self.assertEqual(done.stdout, "")
        run("translate", "--model", "no-such-model", "--alignments", kept, code=2, text="we\n")
        self.assertEqual(kept.read_text(), "kept")
        done = run("train", "--data", self.data, "--output", kept / "run", "--set", "task=translation", *sets(TINY), code=1)
        self.assertIn("is no folder", done.stderr)
        self.assertNotIn("vocabulary", done.stderr)

    def test_a_line_over_a_mebibyte_is_cut_with_a_warning_and_the_next_is_there(self):
        for start in ("we see", "we see ", "we see  "):  # the limit falls between characters, and within one
            done = self.translate(start + "\u3000" * 400_000 + "trees\nnot\n")
            self.assertIn("line 1: longer than 1048576 bytes", done.stderr)
            self.assertEqual(done.stdout.splitlines(), ["wir sehen", "nicht"])

    def test_memory_does_not_grow_with_the_input(self):
        def peak(lines):
            text = english(sentences(200, 21)) + "\n"
            code = ("import resource, subprocess, sys\n"
                    "subprocess.run(sys.argv[1:], input=sys.stdin.buffer.read(), stdout=subprocess.DEVNULL, check=True)\n"
                    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
            done = subprocess.run([sys.executable, "-c", code, HEED, "translate", "--model", self.model, "--beam-size", "1", "--threads", "1",
                                   "--quiet"], input=(text * (lines // 200)).encode(), capture_output=True, check=True)
            return int(done.stdout) / 1024
        few, many = peak(1000), peak(12000)
        self.assertLess(many, few + 30, "MiB")

    def test_n_best_gives_line_number_score_and_text_best_first(self):
        rows = [row.split("\t") for row in self.translate("we see\nnot\n", "--n-best", 3).stdout.splitlines()]
        self.assertEqual([row[0] for row in rows], ["1"] * 3 + ["2"] * 3)
        self.assertEqual(rows[0][2], "wir sehen")
        for first in (0, 3):
            scores = [float(row[1]) for row in rows[first:first + 3]]
            self.assertEqual(scores, sorted(scores, reverse=True))
            self.assertEqual(len({row[2] for row in rows[first:first + 3]}), 3)

    def samples(self, text, count, *options):
        """Of each line the texts drawn, with options to draw them by."""
        texts = {}
        for row in self.translate(text, "--sample", "--temperature", 2, "--n-best", count, *options).stdout.splitlines():
            number, score, drawn = row.split("\t")
            self.assertLessEqual(float(score), 0)
            texts.setdefault(int(number), []).append((score, drawn))
        return [texts[number] for number in sorted(texts)]

    def test_samples_depend_on_the_lines_number_and_the_seed_and_not_on_the_batch(self):
        text = english(sentences(70, 11)) + "\n" + " ".join(["we see trees."] * 30) + "\nnot\n"
        aligned = self.folder / "sampled"
        options = "--max-pieces", 40, "--copy-unknown", "--seed", 4
        drawn = self.samples(text, 3, *options, "--alignments", aligned)
        self.assertEqual([len(texts) for texts in drawn], [3] * 73)
        self.assertEqual([text for _, text in drawn[70]], [""] * 3)
        self.assertGreater(len(drawn[71][0][1].split()), 30)  # a sample of each part
        self.assertEqual(len(aligned.read_text().splitlines()), 3 * 73)
        for batch in (1, 7):  # and so other windows
            self.assertEqual(self.samples(text, 3, *options, "--batch-size", batch), drawn, batch)
        self.assertEqual(self.samples(text, 2, *options), [texts[:2] for texts in drawn])
        alone = self.translate(text, "--sample", "--temperature", 2, *options).stdout.splitlines()
        self.assertEqual(alone, [texts[0][1] for texts in drawn])
        self.assertNotEqual(self.samples(text, 3, "--max-pieces", 40, "--seed", 5), drawn)
        self.assertGreater(sum(len(set(texts)) for texts in drawn[:70]), 140)
        twice = self.samples("we see trees\n" * 2, 8)
        self.assertNotEqual(twice[0], twice[1])

    def test_samples_of_the_likeliest_tokens_are_greedy(self):
        text = english(sentences(30, 13))
        greedy = self.translate(text, "--beam-size", 1).stdout
        for options in (("--temperature", 0), ("--temperature", 1e-6), ("--top-k", 1), ("--top-p", 1e-6), ("--min-p", 1)):
            self.assertEqual(self.translate(text, "--sample", *options).stdout, greedy, options)

    def test_options_that_make_no_sense_together_are_refused(self):
        for options in (("--temperature", 1), ("--top-k", 3), ("--top-p", 0.5), ("--min-p", 0.1), ("--seed", 1), ("--sample", "--beam-size", 2),
                        ("--sample", "--length-penalty", 1), ("--sample", "--coverage-penalty", 1)):
            done = run("translate", "--model", self.model, *options, code=2, text="we\n")
            self.assertIn("--sample", done.stderr, options)
            self.assertIn(options[-2], done.stderr, options)
        for options in (("--n-best", 6), ("--sample", "--n-best", 5000)):
            self.assertIn("--n-best", run("translate", "--model", self.model, *options, code=2, text="we\n").stderr)

    def test_a_model_says_how_it_is_searched_unless_one_is_told(self):
        own = self.folder / "searched"
        shutil.copytree(self.model, own)
        config = (own / "config.toml").read_text()
        for key, value in (("beam_size", 2), ("length_penalty", 1.5), ("min_length", 4)):
            config, found = re.subn(f"(?m)^{key} = .*$", f"{key} = {value}", config)
            self.assertEqual(found, 1, key)
        (own / "config.toml").write_text(config)
        text = english(sentences(40, 14))
        told = "--scores", "--beam-size", 2, "--length-penalty", 1.5, "--min-length", 4
        of_model = run("translate", "--model", own, "--threads", 1, "--scores", text=text).stdout
        self.assertEqual(of_model, self.translate(text, *told).stdout)
        usual = self.translate(text, "--scores").stdout
        self.assertNotEqual(of_model, usual)
        told = "--scores", "--beam-size", 5, "--length-penalty", 0.6, "--min-length", 0
        self.assertEqual(run("translate", "--model", own, "--threads", 1, *told, text=text).stdout, usual)
        self.assertIn("--n-best", run("translate", "--model", own, "--n-best", 3, code=2, text="we\n").stderr)
        pair = ["--source", self.data / "test.en", "--reference", self.data / "test.de", "--threads", 1, "--quiet"]
        scores = [result("evaluate", *pair, "--model", model, *options)["bleu"]
                  for model, options in ((own, ()), (self.model, ("--beam-size", 2, "--length-penalty", 1.5, "--min-length", 4)),
                                         (self.model, ()))]
        self.assertEqual(scores[0], scores[1])
        self.assertNotEqual(scores[0], scores[2])

    def test_a_misspelt_search_of_a_model_is_named(self):
        own = self.folder / "misspelt"
        shutil.copytree(self.model, own)
        config = (own / "config.toml").read_text().replace("beam_size", "beam_sise")
        (own / "config.toml").write_text(config)
        self.assertIn("did you mean 'beam_size'?", run("translate", "--model", own, code=2, text="we\n").stderr)
        done = run("train", "--data", self.data, "--output", self.folder / "never", *sets(TINY), "--set", "task=translation",
                   "--set", "decoding.beam_sise=3", code=2)
        self.assertIn("did you mean 'beam_size'?", done.stderr)

    def test_alignments_name_the_words_that_belong_together(self):
        aligned = self.folder / "alignments"
        lines = sentences(40, 8)
        done = self.translate(english(lines) + "\n", "--alignments", aligned)
        links = aligned.read_text().splitlines()
        self.assertEqual(len(links), 41)
        self.assertEqual(links[-1], "")
        right = total = 0
        for line, translation, row in zip(lines, done.stdout.splitlines(), links):
            pairs = [tuple(map(int, link.split("-"))) for link in row.split()]
            self.assertEqual([target for _, target in pairs], list(range(len(translation.split()))))
            total += len(pairs)
            right += sum(source == target for source, target in pairs if source < len(line))
        self.assertGreater(right / total, 0.5)  # words keep their order in this language

    def test_attention_of_a_pair_is_drawn(self):
        for part in ("encoder", "decoder", "cross"):
            picture = self.folder / f"{part}.png"
            drawn = result("inspect", "attention", "--model", self.model, "--source", "we see trees", "--part", part, "--heads",
                           "0,1", "--output", picture)
            self.assertEqual(drawn["target"], "wir sehen Bäume")
            self.assertEqual(picture.read_bytes()[:4], b"\x89PNG")
        done = run("inspect", "attention", "--model", self.model, "--source", "we see", "--layer", 5, "--output", "x.png", code=2)
        self.assertIn("--layer", done.stderr)

    def test_attention_of_a_sentence_is_drawn_as_arcs(self):
        maps, arcs = self.folder / "maps.png", self.folder / "arcs.png"
        sentence = "--source", "we see trees", "--part", "encoder", "--all-heads"
        result("inspect", "attention", "--model", self.model, *sentence, "--output", maps)
        result("inspect", "attention", "--model", self.model, *sentence, "--arcs", "--output", arcs)
        self.assertNotEqual(maps.read_bytes(), arcs.read_bytes())
        done = run("inspect", "attention", "--model", self.model, "--source", "we see", "--arcs", "--output", "x.png", code=2)
        self.assertIn("--arcs", done.stderr)  # cross attention is between two languages

    def test_the_mean_attention_of_models_stands_side_by_side_with_their_accuracy(self):
        """The toy language keeps the order of words: attention lies near the diagonal, and the model knows most words."""
        picture = self.folder / "diagonal.png"
        found = result("inspect", "diagonal", "--model", self.model, self.model, "--name", "one", "two", "--data", self.data, "--split", "test",
                       "--output", picture, "--threads", 1)["models"]
        self.assertEqual([one["name"] for one in found], ["one", "two"])
        one = found[0]
        self.assertEqual({**one, "name": "two"}, found[1])
        self.assertEqual(one["sentences"], 120)
        self.assertGreater(one["accuracy"], 0.7)
        self.assertGreater(one["near"], one["near_uniform"])
        for row in one["grid"]:
            self.assertAlmostEqual(sum(row), 1, 4)
        scores = result("evaluate", "--model", self.model, "--data", self.data, "--split", "test", "--threads", 1, "--quiet")
        self.assertAlmostEqual(one["nll"], scores["nll"], 4)
        for part in ("encoder", "decoder"):
            result("inspect", "diagonal", "--model", self.model, "--data", self.data, "--part", part, "--layer", 0, "--output", picture)
        done = run("inspect", "diagonal", "--model", self.model, "--data", self.data, "--layer", 1, "--output", "x.png", code=2)
        self.assertIn("--layer", done.stderr)

    def test_unknown_words_are_copied_when_asked_for(self):
        """By the shipped model: all that the small one here has ever read is known to it."""
        plain, copied = (run("translate", "--model", ROOT / "models/tatoeba-en-de", "--quiet", *options, text="I love \u732b.\n").stdout
                         for options in ((), ("--copy-unknown",)))
        self.assertNotIn("\u2047", plain)
        self.assertNotIn("\u732b", plain)
        self.assertEqual(copied, "Ich liebe \u732b.\n")

    def test_numbers_out_of_range_and_unknown_options_are_said_shortly(self):
        done = run("translate", "--model", self.model, "--beam-size", 0, code=2)
        self.assertIn("--beam-size: must be at least 1, got 0", done.stderr)
        self.assertIn("between 1 and 1048576", run("translate", "--model", self.model, "--batch-size", 0, code=2).stderr)
        self.assertIn("did you mean '--beam-size'?", run("translate", "--model", self.model, "--beam", 2, code=2).stderr)

    def translate_fails(self, data):
        done = subprocess.run([HEED, "translate", "--model", str(self.model), "--invalid", "fail"], input=data, capture_output=True,
                              timeout=300)
        self.assertEqual(done.returncode, 3)
        return done.stderr.decode()


if __name__ == "__main__":
    unittest.main(verbosity=2)
