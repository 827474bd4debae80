#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A sentence gets the same translation and score whatever else is in its batch: 500 captions of Multi30k by the shipped model, in batches
of 1, 7 and 64, in two orders, with beams of 1 and 5. Needs the data set (HEED_TEST_DATA, or ../shared/data); exits 77 (skipped)
without it. `--speed` times batches of 1 and 64 instead."""
import json
import os
import random
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEED = os.environ.get("HEED", str(ROOT / "build/release/heed"))
MODEL = ROOT / "models/multi30k-en-de"
SENTENCES = 500


def translate(lines, batch, beam, threads=1, options=()):
    """Each line's "score, tab, translation", and the seconds that it took without loading the model."""
    done = subprocess.run([HEED, "translate", "--model", MODEL, "--batch-size", str(batch), "--beam-size", str(beam), "--threads", str(threads),
                           "--scores", "--json", *options],
                          input="".join(line + "\n" for line in lines), capture_output=True, text=True, check=True)
    *translations, summary = done.stdout.splitlines()
    return translations, json.loads(summary)["seconds"]


def check(lines):
    shuffled = list(range(len(lines)))
    random.Random(1).shuffle(shuffled)
    for beam in (1, 5):
        expected, _ = translate(lines, 64, beam)
        assert len(expected) == len(lines), f"{len(expected)} translations of {len(lines)} lines"
        for batch in (1, 7, 64):
            for order in (list(range(len(lines))), shuffled) if batch > 1 else (shuffled,):
                found, _ = translate([lines[i] for i in order], batch, beam)
                for i, line in zip(order, found):
                    assert line == expected[i], f"beam {beam}, batch {batch}, line {i}: '{line}', not '{expected[i]}'"
        found, _ = translate([lines[i] for i in shuffled], 64, beam, threads=2)
        assert found == [expected[i] for i in shuffled], f"beam {beam}, 2 threads: not what one thread finds"
    print(f"{len(lines)} sentences, beams 1 and 5, batches of 1, 7 and 64, two orders: every translation and score is the same")


def speed(lines):
    threads = os.cpu_count()
    for options, weights in ((("--weights", weights), weights) for weights in ("float32", "bfloat16", "int8")):
        for beam in (1, 5):
            rates = {batch: [len(lines) / translate(lines, batch, beam, threads, options)[1] for _ in range(3)] for batch in (1, 64)}
            one, many = (statistics.median(rates[batch]) for batch in (1, 64))
            print(f"{weights}, beam {beam}: {one:.1f} sentences/s in batches of 1, {many:.1f} in batches of 64: {many / one:.2f}x")


def main():
    data = Path(os.environ.get("HEED_TEST_DATA", ROOT / ".." / "shared" / "data")) / "multi30k" / "val.en"
    if not data.exists():
        print(f"skipped: no {data.name}")
        sys.exit(77)
    lines = data.read_text(encoding="utf-8").split("\n")[:SENTENCES]
    speed(lines) if "--speed" in sys.argv[1:] else check(lines)


if __name__ == "__main__":
    main()
