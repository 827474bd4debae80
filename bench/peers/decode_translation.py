#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Decoding of translation: heed beside CTranslate2, which gets heed's weights and the same pieces, in one run."""
import argparse
import json
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from statistics import median

import numpy as np

import common

# Not 0, for then CTranslate2 stops as soon as its best hypothesis ends; heed stops when a beam of them have. As a divisor it is 1.
NO_PENALTY = 1e-9
# Of float32: outputs that may differ, where two hypotheses are as good as each other, and scores of those that do not.
MOST_OTHERS, TOLERANCE = 0.02, 1e-3


class CTranslate2:
    """A translator in a process of its own: requests as lines of JSON. The times are taken inside it."""

    def __init__(self, args, model, compute_type):
        job = {"model": str(model), "compute_type": compute_type, "threads": args.threads}
        self._process = subprocess.Popen([sys.executable, __file__, "--worker", json.dumps(job)], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True, env=common.environment(args.threads))
        self._batch = args.ctranslate2_batch
        self.compute_type = self._answer()["compute_type"]

    def _answer(self):
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"CTranslate2's process ended with {self._process.wait()}")
        return json.loads(line)

    def translate(self, sources, each=False, **options):
        """`seconds`, `outputs` in pieces and `scores`; each: one sentence after the other."""
        options |= {"max_batch_size": self._batch, "batch_type": "tokens", "length_penalty": NO_PENALTY}
        self._process.stdin.write(json.dumps({"sources": sources, "each": each, "options": options}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def close(self):
        self._process.stdin.close()
        self._process.wait()


def worker(job):
    import ctranslate2

    translator = ctranslate2.Translator(job["model"], device="cpu", compute_type=job["compute_type"], inter_threads=1,
                                        intra_threads=job["threads"])
    print(json.dumps({"compute_type": translator.compute_type}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        sources = request["sources"]
        begin = time.perf_counter()
        found = []
        for batch in ([one] for one in sources) if request["each"] else [sources]:
            found += translator.translate_batch(batch, **request["options"])
        seconds = time.perf_counter() - begin
        print(json.dumps({"seconds": seconds, "outputs": [one.hypotheses[0] for one in found],
                          "scores": [one.scores[0] if one.scores else None for one in found]}), flush=True)


def compute_types():
    """All that CTranslate2 has for this processor, float32 first. In another process: the library starts threads."""
    code = "import ctranslate2; print(*ctranslate2.get_supported_compute_types('cpu'))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    return sorted(found, key=lambda name: (name != "float32", name))


def open_ctranslate2(args, model, wanted):
    """A process for each compute type, those that come to the same left out."""
    found = {}
    for name in wanted:
        translator = CTranslate2(args, model, name)
        if translator.compute_type in found:
            translator.close()
        else:
            found[translator.compute_type] = translator
    return found


def heed_in_lots(heed, lines):
    """heed's (score, text) of any number of lines, as many at a time as a pipe holds."""
    found, lot, size = [], [], 0
    for line in lines:
        count = len(line.encode()) + 1
        if lot and size + count > 60000:
            found += heed.translate(lot)
            lot, size = [], 0
        lot.append(line)
        size += count
    found += heed.translate(lot)
    return [(float(score), text) for score, text in (line.split("\t", 1) for line in found)]


def default_text(model):
    """The validation sources of the data that a run was trained on."""
    config = tomllib.loads((Path(model) / "config.toml").read_text())
    for folder in config["about"]["data_paths"]:
        if (Path(folder) / "valid.source").exists():
            return Path(folder) / "valid.source"
    raise SystemExit("--text: which lines shall be translated?")


def alike(ours, theirs, pieces, sources):
    """How (score, text) of heed and CTranslate2's answer agree. heed writes no <unk>, and no more than twice the source and 30 pieces."""
    texts, outputs = pieces.decode(theirs["outputs"]), theirs["outputs"]
    same = [i for i, (_, text) in enumerate(ours) if text == texts[i]]
    other = sorted(set(range(len(ours))) - set(same))
    unknown = [i for i in other if "<unk>" in outputs[i]]
    longer = [i for i in other if i not in unknown and len(outputs[i]) + 1 > 2 * (len(sources[i]) + 1) + 30]
    left = sorted(set(other) - set(unknown) - set(longer))
    return {"lines": len(ours), "identical": len(same), "with_unknown": len(unknown), "longer_than_heed_writes": len(longer),
            "largest_score_difference": max((abs(ours[i][0] - theirs["scores"][i]) for i in same), default=None),
            "others": [{"heed": ours[i], "ctranslate2": (theirs["scores"][i], texts[i])} for i in left]}


def told(name, found):
    text = f"{name}: {found['identical']} of {found['lines']} outputs identical"
    if found["identical"]:
        text += f", scores of these within {found['largest_score_difference']:.1e}"
    reasons = [(found["with_unknown"], "hold <unk>, which heed never writes"), (found["longer_than_heed_writes"], "are longer than heed writes"),
               (len(found["others"]), f"differ (heed's score is higher in {sum(one['heed'][0] > one['ctranslate2'][0] for one in found['others'])})")]
    return text + "".join(f"; {count} {reason}" for count, reason in reasons if count)


# Options of `heed translate` for each type of its products.
HEED = {"float32": [], "int8": ["--weights", "int8"]}


def compare(args, what, model, translators, lines, longest, most_others=MOST_OTHERS):
    """Outputs of a model, beam by beam: heed's own of int8, then those of each compute type of CTranslate2, beside heed's float32. Those of
    CTranslate2's float32 must agree; scores are ln p of the whole output."""
    source, target = (common.load_pieces(model, side) for side in ("source", "target"))
    tokens = source.encode(lines, out_type=str)
    rows = []
    for beam in args.beams:
        lots = {}
        for kind, options in HEED.items():
            heed = common.HeedTranslator(args, model, "--beam-size", beam, "--length-penalty", 0, "--loop-guard", 0, "--max-length", longest,
                                         "--scores", "--batch-size", args.heed_batch, *options)
            lots[kind] = heed_in_lots(heed, lines)
            heed.close()
        ours = lots["float32"]
        same = sum(a[1] == b[1] for a, b in zip(ours, lots["int8"]))
        rows.append({"model": what, "beam": beam, "compute_type": "heed int8", "lines": len(ours), "identical": same})
        print(f"{what}, beam {beam}, heed's int8: {same} of {len(ours)} outputs identical", flush=True)
        for compute_type, translator in translators.items():
            # Where pieces must come before the end mark, and by default one must, CTranslate2 takes its share of p away and heed does not.
            theirs = translator.translate(tokens, beam_size=beam, min_decoding_length=0, max_decoding_length=longest, return_scores=True)
            found = alike(ours, theirs, target, tokens)
            rows.append({"model": what, "beam": beam, "compute_type": compute_type, **found})
            print(told(f"{what}, beam {beam}, {compute_type}", found), flush=True)
            wrong = len(found["others"]) > most_others * len(lines) or (found["largest_score_difference"] or 0) > TOLERANCE
            if compute_type == "float32" and wrong:
                raise SystemExit(f"heed and CTranslate2 differ: {json.dumps(found['others'][:3], ensure_ascii=False)}")
    return rows


def compare_trained(args, folder):
    lines = [line for line in Path(args.text or default_text(args.model)).read_text(encoding="utf-8").split("\n") if line.strip()]
    pieces = common.load_pieces(args.model)
    lines = [line for line in lines if len(pieces.encode(line)) <= 200][: args.lines]  # heed cuts longer ones
    translators = open_ctranslate2(args, common.convert_to_ctranslate2(args.model, folder / "trained"), args.compute_types)
    rows = compare(args, "trained model", args.model, translators, lines, args.longest)
    for translator in translators.values():
        translator.close()
    return rows


def random_sources(shape, count):
    """Sentences of 10 to 30 random pieces."""
    rng = np.random.default_rng(3)
    lengths = rng.integers(10, 31, count)
    return common.sentences(rng, shape, lengths), lengths


def flops(shape, lengths, beam, written):
    """Of sources of so many pieces and so many written: the matrix products and attention, a multiply-add as two; the first step has one
    hypothesis of each source. Choosing pieces is not counted."""
    d, ff = shape.d_model, shape.d_ff
    found = 0
    for length in lengths + 1:  # with the end mark
        encoder = length * (4 * d * d + 2 * d * ff + 2 * length * d)
        memory = length * 2 * d * d
        steps = 1 + (written - 1) * beam
        before = 1 + beam * sum(range(2, written + 1))  # positions that self-attention looks at, of all steps
        found += shape.layers * (encoder + memory + steps * (6 * d * d + 2 * d * ff + 2 * length * d) + 2 * before * d)
        found += steps * d * shape.vocabulary
    return 2 * int(found)


def measure(args, folder, shape, computer):
    data = common.training_corpus(args, folder / "corpus", shape, batches=1)
    model = folder / "model"
    common.heed_train(args, data, model, shape, training__steps=1, training__precision="fp32", training__keep_checkpoints=1)
    converted = common.convert_to_ctranslate2(model, folder / "converted")
    pieces = common.load_pieces(model)
    lines, lengths = random_sources(shape, args.sentences)
    common.check_pieces(pieces, lines, lengths)
    tokens = pieces.encode(lines, out_type=str)
    single = min(args.singles, len(lines))
    forced = {"min_decoding_length": args.length, "max_decoding_length": args.length}

    rivals = {}
    translators = open_ctranslate2(args, converted, args.compute_types)
    # With random weights marks are as likely as words: CTranslate2 keeps them in its beam, heed never, and the search goes elsewhere.
    outputs = compare(args, "random model", model, translators, lines, args.length, most_others=1)
    opened = list(translators.values())
    for beam in args.beams:
        ours = {kind: common.HeedTranslator(args, model, "--beam-size", beam, "--min-length", args.length, "--max-length", args.length,
                                            "--loop-guard", 0, "--length-penalty", 0, "--batch-size", args.heed_batch, *options)
                for kind, options in HEED.items()}
        opened += ours.values()
        for heed in ours.values():
            heed.translate(lines)  # warms up
        for translator in translators.values():
            wrong = {len(one) for one in translator.translate(tokens, beam_size=beam, **forced)["outputs"]} - {args.length}
            assert not wrong, f"CTranslate2 wrote {wrong} pieces in place of {args.length}"

        def all_at_once(translator, beam=beam):
            return lambda: [translator.translate(tokens, beam_size=beam, **forced)["seconds"]]

        def one_by_one(translator, beam=beam):
            return lambda: [translator.translate(tokens[:single], each=True, beam_size=beam, **forced)["seconds"]]

        for kind, heed in ours.items():
            rivals["heed", kind, beam, len(lines)] = lambda heed=heed: [heed.timed(lines)]
        for name, translator in translators.items():
            rivals["CTranslate2", name, beam, len(lines)] = all_at_once(translator)
        if single:
            for kind, heed in ours.items():
                rivals["heed", kind, beam, 1] = lambda heed=heed: [sum(heed.timed([line]) for line in lines[:single])]
            for name, translator in translators.items():
                rivals["CTranslate2", name, beam, 1] = one_by_one(translator)
    found = common.by_turns(rivals, args.rounds)
    for process in opened:
        process.close()

    rows = []
    for (name, compute_type, beam, batch), seconds in found.items():
        row = {"rival": name, "compute_type": compute_type, "beam": beam, "sentences": batch, **common.summary(seconds)}
        count = single if batch == 1 else batch
        row["tokens_per_second"] = count * args.length / row["median_s"]
        row["gflops"] = flops(shape, lengths[:count], beam, args.length) / row["median_s"] / 1e9
        row["share_of_peak"] = row["gflops"] / computer["peak_gflops"]
        own = "int8" if "int8" in compute_type else "float32"
        row["times_heed"] = row["median_s"] / median(found["heed", own, beam, batch])
        rows.append(row)
    return rows, outputs


def main():
    parser = common.parser(__doc__)
    parser.add_argument("--model", help="a trained run folder: its outputs are compared first")
    parser.add_argument("--text", help="lines to translate with it; default: the validation sources of its data")
    parser.add_argument("--lines", type=int, default=500, help="of them")
    parser.add_argument("--longest", type=int, default=128, help="pieces of such an output")
    parser.add_argument("--beams", nargs="+", type=int, default=[4, 1])
    parser.add_argument("--compute-types", nargs="+", help="of CTranslate2; default: all that it has here")
    parser.add_argument("--sentences", type=int, default=128, help="of the timed batch")
    parser.add_argument("--singles", type=int, default=8, help="sentences timed one after the other; 0: none")
    parser.add_argument("--length", type=int, default=24, help="pieces of every timed output")
    parser.add_argument("--heed-batch", type=int, default=64, help="sentences that heed decodes together")
    parser.add_argument("--ctranslate2-batch", type=int, default=1024, help="source tokens that CTranslate2 decodes together; 0: all")
    parser.add_argument("--compare-only", action="store_true", help="compare the outputs of --model, time nothing")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        return worker(json.loads(args.worker))

    args.compute_types = args.compute_types or compute_types()
    shape = common.SHAPES[args.shape]
    outputs = []
    with common.work_folder(args) as folder:
        if args.model:
            outputs = compare_trained(args, folder)
        if args.compare_only:
            return common.write_json(args, shape, {"outputs": outputs})
        computer = common.machine(args)
        rows, random = measure(args, folder, shape, computer)
    print()
    common.print_machine(computer)
    print(f"Decoding, {args.shape}: d {shape.d_model}, {shape.heads} heads, ff {shape.d_ff}, {shape.layers} + {shape.layers} layers, vocabulary "
          f"{shape.vocabulary}; sentences of 10 to 30 pieces, {args.length} pieces written for each.\n")
    print(common.table(["rival", "type", "beam", "sentences at a time", "ms", "tokens/s", "GFLOP/s", "of peak",
                        "x heed's time"],
                       [[row["rival"], row["compute_type"], row["beam"], row["sentences"], common.milliseconds(row),
                         f"{row['tokens_per_second']:,.0f}", f"{row['gflops']:.0f}", f"{100 * row['share_of_peak']:.0f} %", f"{row['times_heed']:.2f}"]
                        for row in rows]))
    common.write_json(args, shape, {"machine": computer, "outputs": outputs + random, "rows": rows,
                                    "heed_batch": args.heed_batch, "ctranslate2_batch": args.ctranslate2_batch})


if __name__ == "__main__":
    main()
