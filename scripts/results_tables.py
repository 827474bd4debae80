#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rewrites the tables of docs/lab/music-and-translation.md from the runs of scripts/results: results_tables.py RUNS PAGE. Every figure comes
from a file."""
import json
import statistics
import sys

from result_files import RUNS, finished, load, minutes, parameters, setting, table, rewrite_page

KINDS = {"relative": "Music Transformer, relative attention", "sinusoidal": "Transformer, sinusoids", "lstm": "PerformanceRNN (LSTM)"}


def rates():
    rows = []
    for position in ("relative", "sinusoidal"):
        for run in sorted(RUNS.glob(f"rate-{position}-*")):
            done = finished(run.name)
            if done:
                rows.append([KINDS[position], run.name.rsplit("-", 1)[1], done["step"], f"{done['best_nll']:.4f}"])
    return table(["model", "learning rate", "steps", "validation nats"], rows)


def chorales():
    rows = []
    for position in ("relative", "sinusoidal"):
        done, whole, windows = finished(f"jsb-{position}"), load(f"jsb-{position}"), load(f"jsb-{position}-windows")
        if done and whole and windows:
            rows.append([KINDS[position], f"{parameters(f'jsb-{position}'):,}", f"{float(setting(f'jsb-{position}', 'learning_rate')):g}", done["step"],
                         minutes(done["seconds"]), f"**{whole['nll']:.4f}**", f"{windows['nll']:.4f}"])
    return table(["model", "parameters", "learning rate", "steps", "minutes", "valid nats, whole pieces", "valid nats, windows of 512"], rows)


def median_rate(run):
    """Tokens per second: the run shared its machine and was paused at times."""
    rows = (json.loads(line) for line in (RUNS / run / "metrics.jsonl").read_text().splitlines())
    return statistics.median(row["train/tokens_per_second"] for row in rows if "train/tokens_per_second" in row)


def long_run():
    done, whole, windows = finished("jsb-long"), load("jsb-long"), load("jsb-long-windows")
    if not done or not whole or not windows:
        return ""
    tokens = done["step"] * float(setting("jsb-long", "crop")) * float(setting("jsb-long", "batch_size"))
    rate = median_rate("jsb-long")
    return table(["parameters", "steps", "tokens", "tokens a second", "minutes of both cores at that rate", "valid nats, whole pieces",
                  "valid nats, windows of 512"],
                 [[f"{parameters('jsb-long'):,}", f"{done['step']:,}", f"{tokens / 1e6:.1f} M", f"{rate:,.0f}", minutes(tokens / rate),
                   f"**{whole['nll']:.4f}**", f"{windows['nll']:.4f}"]])


def chorale_difference():
    relative, sinusoidal = load("jsb-relative"), load("jsb-sinusoidal")
    if not relative or not sinusoidal:
        return ""
    best = {name: min(load(name)["nll"], load(name + "-windows")["nll"]) for name in ("jsb-relative", "jsb-sinusoidal")}
    return (f"Relative attention is {best['jsb-sinusoidal'] - best['jsb-relative']:.4f} nats better, each with the context that suits it "
            f"better. Copying the step before gets {100 * relative['copy_baseline_accuracy']:.1f} % of the validation tokens right. "
            f"The total counts the end marks ({relative['tokens'] - relative['units']} of them); the divisor is 4 x steps = "
            f"{relative['units']:,}.\n")


def performances():
    rows = []
    for kind, name in KINDS.items():
        done, found = finished(f"performance-{kind}"), load(f"performance-{kind}")
        if done and found:
            rows.append((found["nll"], [name, f"{parameters(f'performance-{kind}'):,}", done["step"], minutes(done["seconds"]),
                                        f"{found['nll']:.4f}"]))
    if not rows:
        return ""
    rows.sort(key=lambda row: row[0])
    order = " < ".join(row[1][0] for row in rows)
    return table(["model", "parameters", "steps", "minutes", "valid nats an event"], [row[1] for row in rows]) + f"\nThe order found: {order}.\n"


def positions():
    names = [kind for kind in KINDS if load(f"performance-{kind}")]
    found = {kind: {row["begin"]: row for row in load(f"performance-{kind}")["by_position"]} for kind in names}
    begins = [begin for begin in sorted(found[names[0]]) if begin < 1024] if names else []
    rows = []
    for begin in begins:
        rows.append([f"{begin} to {begin + 128}"] + [f"{found[kind][begin]['nll']:.3f}" for kind in names])
    return table(["position"] + [KINDS[kind] for kind in names], rows)


def motifs(prefix="motifs-", kinds=("relative", "lstm")):
    rows = []
    real = None
    for kind in kinds:
        found = load(prefix + kind)
        if found:
            share, distance, real = found["motif_share_generated"], found["motif_distance"], found["motif_share_real"]
            rows.append([KINDS[kind], f"{share['mean']:.3f} ± {share['standard_error']:.3f}",
                         f"{distance['mean']:.3f} ± {distance['standard_error']:.3f}"])
    if real:
        rows.append(["the real continuation", f"{real['mean']:.3f} ± {real['standard_error']:.3f}", "0"])
    return table(["continuation by", "share of motifs that recur", "distance from the real share"], rows)


TRANSLATORS = {"tiny": "Transformer", "lstm": "LSTM with attention", "conv_s2s": "ConvS2S", "gnmt": "GNMT", "gnmt_moe": "GNMT, mixture of experts"}


def seconds_a_step(run):
    """The mean of the stage "speed", which had the machine to itself, after its first 20 steps; without it the run's median, since runs
    share their machine and are paused at times."""
    alone = RUNS / f"speed-{run}" / "metrics.jsonl"
    path = alone if alone.exists() else RUNS / run / "metrics.jsonl"
    rows = [row for row in map(json.loads, path.read_text().splitlines()) if "train/seconds" in row]
    if path == alone:
        first, last = next(row for row in rows if row["step"] >= 20), rows[-1]
        return (last["train/seconds"] - first["train/seconds"]) / (last["step"] - first["step"])
    return statistics.median((b["train/seconds"] - a["train/seconds"]) / (b["step"] - a["step"]) for a, b in zip(rows, rows[1:]))


def translator_bleu(run):
    """BLEU on the validation set, on the test set, and there with Moses' tokens; nothing if one of them is missing."""
    valid, test, moses = load(f"bleu-{run}-valid"), load(f"bleu-{run}-flickr2016"), load(f"moses-{run}-flickr2016")
    return [f"{valid['bleu']:.2f}", f"**{test['bleu']:.2f}**", f"**{moses['bleu']:.2f}**"] if valid and test and moses else []


def translators():
    rows = []
    for name, title in TRANSLATORS.items():
        run = f"multi30k-{name}"
        done, bleu = finished(run), translator_bleu(run)
        if done and bleu:
            rows.append([title, f"{parameters(run):,}", f"{done['step']:,}", minutes(done["step"] * seconds_a_step(run)), f"{done['best_nll']:.3f}", *bleu])
    return table(["model", "parameters", "steps", "minutes", "valid nats", "BLEU valid", "BLEU test 2016", "in Moses' tokens"], rows)


LOWERCASE = {"sampled": "pieces drawn anew (`data.subword_sampling=0.1`)", "settled": "the pieces that are read", "again": "again",
             "looser": "with a dropout of 0.2", "fifth": "again", "sixth": "again",
             **{f"sibling-{seed}": f"from there, seed {seed}" for seed in (6, 7, 8, 9, 10)}}


def lowercase():
    rows = []
    for name, title in LOWERCASE.items():
        run = f"multi30k-{name}"
        done = finished(run)
        if done:
            rows.append([title, f"{done['step']:,}", minutes(done["step"] * seconds_a_step(run)), f"{done['last_nll']:.3f}", "", "", ""])
    mean, bleu = load("bleu-multi30k-lowercase-valid"), translator_bleu("multi30k-lowercase")
    if mean and bleu:
        rows.append(["the mean of these five", "", "", f"{mean['nll']:.3f}", *bleu])
    return table(["part", "steps", "minutes", "valid nats", "BLEU valid", "BLEU test 2016", "in Moses' tokens"], rows)


def bleu_curve(run):
    """(minutes, BLEU) of each checkpoint that was scored."""
    found = ((int(path.stem.rsplit("-", 1)[1]), json.loads(path.read_text())["bleu"]) for path in (RUNS / "json").glob(f"curve-{run}-*.json"))
    return [(step * seconds_a_step(run) / 60, bleu) for step, bleu in sorted(found)]


def translator_times():
    """The Transformer's time is that of the faster of its two runs: the long one's cosine has hardly fallen when the short one ends."""
    rows = []
    ours = sorted(point for run in ("multi30k-tiny", "multi30k-heads-8") if finished(run) for point in bleu_curve(run))
    for name, title in TRANSLATORS.items():
        curve = bleu_curve(f"multi30k-{name}") if finished(f"multi30k-{name}") else []
        if name == "tiny" or not curve or not ours:
            continue
        best = max(bleu for _, bleu in curve)
        theirs = next(time for time, bleu in curve if bleu == best)
        reached = next((time for time, bleu in ours if bleu >= best), None)
        rows.append([title, f"{best:.2f}", f"{theirs:.1f}", f"{reached:.1f}" if reached else "not reached", f"{theirs / reached:.1f}" if reached else "-"])
    return table(["rival", "its best BLEU", "reached after, minutes", "the Transformer, minutes", "times faster"], rows)


def heads():
    rows = []
    for count in (1, 8):
        run = f"multi30k-heads-{count}"
        done, valid, test = finished(run), load(f"bleu-{run}-valid"), load(f"bleu-{run}-flickr2016")
        if done and valid and test:
            rows.append([count, 128 // count, f"{done['step']:,}", f"{1e3 * seconds_a_step(run):.0f}", f"{done['best_nll']:.3f}", f"{valid['bleu']:.2f}",
                         f"{test['bleu']:.2f}"])
    if len(rows) < 2:
        return ""
    return table(["heads", "of width", "steps", "ms a step", "valid nats", "BLEU valid", "BLEU test 2016"], rows)


def tatoeba():
    done, found = finished("tatoeba"), load("bleu-tatoeba")
    if not done or not found:
        return ""
    return table(["parameters", "steps", "minutes", "valid nats", "BLEU", "chrF2"],
                 [[f"{parameters('tatoeba'):,}", f"{done['step']:,}", minutes(done["step"] * seconds_a_step("tatoeba")), f"{done['best_nll']:.3f}",
                   f"**{found['bleu']:.2f}**", f"{found['chrf']:.2f}"]])


def amount(count):
    if count < 0:
        return "-"
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def memory():
    found = load("memory")
    if not found:
        return ""
    return table(["what", "length", "width", "computed", "measured", "note"],
                 [[row["what"], row["length"], row["width"], amount(row["computed_bytes"]), amount(row["measured_bytes"]), row["note"]]
                  for row in found["rows"]])


def main():
    sections = {"rates": rates, "chorales": chorales, "chorale_difference": chorale_difference, "long": long_run,
                "performances": performances,
                "positions": positions, "motifs": motifs,
                "chorale_motifs": lambda: motifs("motifs-jsb-", ("relative", "sinusoidal")), "memory": memory,
                "translators": translators, "lowercase": lowercase, "translator_times": translator_times, "heads": heads, "tatoeba": tatoeba}
    rewrite_page(sys.argv[2], sections)


if __name__ == "__main__":
    main()
