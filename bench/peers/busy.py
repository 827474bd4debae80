#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""heed and PyTorch on a busy machine: the rate of each work beside nothing else, one busy loop, and one on every core.

    python bench/peers/busy.py                               # the whole table, about a quarter of an hour
    python bench/peers/busy.py --works train --threads 2 --spin-counts default 300000 PASSIVE

The loops run in a session of their own, as a program in another terminal does: Linux (autogroup) then schedules session against session.
Inputs are made up here; the models are heed's shipped ones. Outputs of a work must be the same in every measurement.
"""
import argparse
import hashlib
import json
import os
import random
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORES = len(os.sched_getaffinity(0))
LOADS = {"idle": 0, "one": 1, "every": CORES}
DEFAULT = "default"  # nothing set by the user


# --- the load

LOOPS = """
import multiprocessing, sys
def spin():
    while True: pass
others = [multiprocessing.Process(target=spin, daemon=True) for _ in range(int(sys.argv[1]))]
for other in others: other.start()
print("running", flush=True)
sys.stdin.read()  # until whoever measures closes it, or ends
"""


@contextmanager
def load(count):
    """`count` busy loops in a session of their own."""
    if count == 0:
        yield
        return
    loops = subprocess.Popen([sys.executable, "-c", LOOPS, str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    try:
        loops.stdout.readline()
        time.sleep(0.3)
        yield
    finally:
        loops.stdin.close()
        loops.wait()


# --- inputs

def write_chorales(path):
    """Pieces of random chords: enough for the crops of the preset."""
    draw = random.Random(4)
    voices = [(72, 9), (67, 7), (60, 7), (48, 12)]
    pieces = [[[low + draw.randrange(wide) for low, wide in voices] for _ in range(200)] for _ in range(24)]
    path.write_text(json.dumps({"train": pieces[:20], "valid": pieces[20:]}))


def write_sentences(path, count=400):
    draw = random.Random(5)
    who = ["I", "We", "They", "My friend", "The teacher", "Nobody", "Tom", "Your brother"]
    does = ["saw", "bought", "found", "sold", "forgot", "liked", "needed", "painted"]
    what = ["a red car", "the old house", "two books", "some bread", "his dog", "the letter", "a bicycle", "her new coat"]
    when = ["yesterday", "this morning", "last year in Berlin", "after school", "on Monday", "when it rained"]
    lines = [" ".join(draw.choice(words) for words in (who, does, what, when)) + "." for _ in range(count)]
    path.write_text("\n".join(lines) + "\n")


def write_picture(path, side=1024):
    """Grey stripes under noise of 25 levels."""
    draw = random.Random(6)
    rows = [bytes(min(255, max(0, int(128 + 80 * ((x // 24 + y // 40) % 2 - 0.5) + draw.gauss(0, 25)))) for x in range(side)) for y in range(side)]

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)) +
                     chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows))) + chunk(b"IEND", b""))


# --- what is measured: each returns (rate, digest of the output)

def run(command, environment, text=None):
    done = subprocess.run([str(part) for part in command], input=text, capture_output=True, text=True, env=environment, cwd=ROOT)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\nended with {done.returncode}:\n{done.stderr[-3000:]}")
    return done.stdout


def last_json(stdout):
    return json.loads(stdout.splitlines()[-1])


def digest(*parts):
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


class Heed:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.chorales, self.sentences, self.picture = folder / "chorales.json", folder / "sentences.en", folder / "noisy.png"
        write_chorales(self.chorales)
        write_sentences(self.sentences)
        write_picture(self.picture)

    def verb(self, threads, environment, *words, text=None):
        return run([self.program, *words, "--threads", threads, "--json", "--quiet"], environment, text)

    def train(self, threads, environment):
        found = last_json(self.verb(threads, environment, "train", "--preset", "presets/jsb_relative.toml", "--data", self.chorales, "--dry-run"))
        return found["tokens_per_second"], ""

    def generate(self, threads, environment):
        output = self.folder / "pieces"
        found = last_json(self.verb(threads, environment, "generate", "--model", "chorales", "--seconds", 20,
                                    "--seed", 1, "--no-picture", "--output", output))
        return found["events_per_second"], digest(*(path.read_bytes() for path in sorted(output.glob("*.mid"))))

    def translate(self, threads, environment):
        lines = self.verb(threads, environment, "translate", "--model", "tatoeba-en-de", text=self.sentences.read_text()).splitlines()
        return (len(lines) - 1) / json.loads(lines[-1])["seconds"], digest("\n".join(lines[:-1]).encode())

    def denoise(self, threads, environment):
        output = self.folder / "clean.png"
        found = last_json(self.verb(threads, environment, "denoise", self.picture, "--sigma", 25, "--output", output))
        return found["height"] * found["width"] / found["seconds"], digest(output.read_bytes())


def pytorch(threads, environment):
    return float(run([sys.executable, __file__, "pytorch", "--threads", threads], environment)), ""


UNITS = {"train": "tokens/s", "generate": "events/s", "translate": "lines/s", "denoise": "pixels/s", "pytorch": "tokens/s"}


# --- PyTorch's twin of `train`: the same shape (presets/jsb_relative.toml), random tokens

def pytorch_train(threads, warm_up=2, least_steps=3, seconds=3):
    import math

    import torch
    from torch import nn
    from torch.nn import functional as F

    torch.manual_seed(0)
    torch.set_num_threads(threads)
    width, heads, layers, inner, length, batch, vocabulary = 128, 4, 4, 512, 512, 4, 64

    class Layer(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention_norm, self.norm = nn.LayerNorm(width), nn.LayerNorm(width)
            self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.feed_forward = nn.Sequential(nn.Linear(width, inner), nn.ReLU(), nn.Linear(inner, width))
            self.relative = nn.Parameter(torch.randn(heads, length, width // heads) * (width // heads) ** -0.5)

        def attend(self, x):
            q, k, v = self.qkv(x).view(batch, length, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
            skewed = F.pad(q @ self.relative.transpose(-1, -2), (1, 0)).view(batch, heads, length + 1, length)[:, :, 1:]
            bias = skewed.masked_fill(torch.ones(length, length, dtype=torch.bool).triu(1), -math.inf) / math.sqrt(width // heads)
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
            return self.out(y.transpose(1, 2).reshape(batch, length, width))

        def forward(self, x):
            x = x + F.dropout(self.attend(self.attention_norm(x)), 0.05)
            return x + F.dropout(self.feed_forward(self.norm(x)), 0.05)

    model = nn.Sequential(nn.Embedding(vocabulary, width), *(Layer() for _ in range(layers)), nn.LayerNorm(width), nn.Linear(width, vocabulary))
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3, fused=True)
    tokens = torch.randint(vocabulary, (batch, length + 1))
    step, begin = 0, time.perf_counter()
    while step < warm_up + least_steps or time.perf_counter() - begin < seconds:
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(tokens[:, :-1])
        loss = F.cross_entropy(logits.float().flatten(0, 1), tokens[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step += 1
        if step == warm_up:
            begin = time.perf_counter()
    return (step - warm_up) * batch * length / (time.perf_counter() - begin)


# --- turns and the table

def environment(spin_count):
    """Ours without what the user of this script chose, and with this count."""
    plain = {name: value for name, value in os.environ.items() if name not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "OMP_NUM_THREADS")}
    if spin_count == DEFAULT:
        return plain
    return plain | ({"GOMP_SPINCOUNT": spin_count} if spin_count.isdigit() else {"OMP_WAIT_POLICY": spin_count})


def measure(args, folder):
    """{(work, threads, spin count): {load: rates}}; every case in turn, round after round."""
    heed = Heed(args.heed, folder)
    rates, digests = {}, {}
    began = time.monotonic()
    for number in range(args.rounds):
        for name in args.loads:
            with load(LOADS[name]):
                for case in [(w, t, s) for w in args.works for t in args.threads for s in args.spin_counts]:
                    work, threads, spin_count = case
                    measured = pytorch if work == "pytorch" else getattr(heed, work)
                    rate, output = measured(threads, environment(spin_count))
                    if digests.setdefault(work, output) != output:
                        raise SystemExit(f"{work} with {threads} threads, spin count {spin_count}: another output than before")
                    rates.setdefault(case, {}).setdefault(name, []).append(rate)
        print(f"round {number + 1} of {args.rounds} ended after {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return rates


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def cell(values, idle):
    middle = statistics.median(values)
    share = f", **{100 * middle / statistics.median(idle):.0f} %**" if idle and idle is not values else ""
    return f"{number(middle)} [{number(min(values))}, {number(max(values))}]{share}"


def table(rates, loads):
    titles = {"idle": "idle", "one": "one busy loop", "every": "one on every core"}
    print("| work | threads | spin count | " + " | ".join(titles[name] for name in loads) + " |")
    print("|---|---|---|" + "---|" * len(loads))
    for (work, threads, spin_count), found in rates.items():
        cells = [cell(found[name], found.get("idle")) for name in loads]
        print(f"| {work}, {UNITS[work]} | {threads} | {spin_count} | " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="?", choices=["pytorch"], help="print the rate of PyTorch's twin and no more")
    parser.add_argument("--heed", default=str(ROOT / "build/release/heed"), help="the program; default: build/release/heed")
    parser.add_argument("--works", nargs="+", choices=UNITS, default=list(UNITS))
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2, 4])
    parser.add_argument("--loads", nargs="+", choices=LOADS, default=list(LOADS))
    parser.add_argument("--spin-counts", nargs="+", default=[DEFAULT],
                        help="GOMP_SPINCOUNT in the environment, or OMP_WAIT_POLICY for a word; 300000 is libgomp's own; default: neither, which is 2000 in heed")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", metavar="FILE", help="write every rate there too")
    args = parser.parse_args()
    if args.only == "pytorch":
        print(pytorch_train(args.threads[0]))
        return
    args.heed = os.path.abspath(args.heed)
    with tempfile.TemporaryDirectory(prefix="heed-busy-") as folder:
        rates = measure(args, Path(folder))
    if args.json:
        rows = [{"work": w, "threads": t, "spin_count": s, "rates": found} for (w, t, s), found in rates.items()]
        Path(args.json).write_text(json.dumps(rows, indent=1) + "\n")
    table(rates, args.loads)


if __name__ == "__main__":
    main()
