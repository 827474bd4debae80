#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cached generation: heed beside Hugging Face's transformers, a decoder of the same shape with random weights, by turns in one run.

heed: `heed bench generation` with learned positions. transformers: GPT2LMHeadModel of the same shape, generate() with its cache, sampling at
temperature 1. Both draw every token; the weights are random, so that the work is compared and not the outputs. The time of a piece counts
the prompt of one token, all steps and the drawing.
"""
import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]


def arguments():
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--heed", default=str(ROOT / "build/release/heed"), help="the program; default: build/release/heed")
    found.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    found.add_argument("--rounds", type=int, default=3, help="turns of both")
    found.add_argument("--length", type=int, default=512, help="tokens of a piece")
    found.add_argument("--pieces", type=int, nargs="+", default=[1, 8], help="pieces together")
    found.add_argument("--layers", type=int, default=6)
    found.add_argument("--d-model", type=int, default=512)
    found.add_argument("--heads", type=int, default=8)
    found.add_argument("--vocabulary", type=int, default=390)
    found.add_argument("--json", metavar="FILE", help="write the numbers there too")
    return found.parse_args()


def heed_rates(args):
    """{(weights, pieces): tokens/s} of one short run."""
    command = [args.heed, "bench", "generation", "--position", "learned", "--repeats", 1, "--length", args.length, "--layers",
               args.layers, "--d-model", args.d_model, "--heads", args.heads, "--d-ff", 4 * args.d_model, "--vocabulary",
               args.vocabulary, "--pieces", ",".join(map(str, args.pieces)), "--threads", args.threads, "--quiet", "--json"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return {(row["weights"], row["rows"]): row["tokens_per_second"] for row in json.loads(done.stdout.splitlines()[-1])["rows"]}


class Transformers:
    def __init__(self, args):
        import torch
        from transformers import GPT2Config, GPT2LMHeadModel

        torch.set_num_threads(args.threads)
        torch.manual_seed(0)
        config = GPT2Config(vocab_size=args.vocabulary, n_positions=args.length + 1, n_embd=args.d_model, n_layer=args.layers,
                            n_head=args.heads, bos_token_id=0, eos_token_id=None)
        self._torch, self._length, self._model = torch, args.length, GPT2LMHeadModel(config).eval()

    def rate(self, pieces, dtype):
        torch = self._torch
        model = self._model.to(getattr(torch, dtype))
        prompt = torch.ones(pieces, 1, dtype=torch.long)  # 0 pads
        begin = time.perf_counter()
        with torch.no_grad():
            written = model.generate(prompt, max_new_tokens=self._length, min_new_tokens=self._length, do_sample=True, top_k=0, pad_token_id=0)
        seconds = time.perf_counter() - begin
        assert written.shape == (pieces, self._length + 1), written.shape
        return pieces * self._length / seconds


def main():
    args = arguments()
    rival = Transformers(args)
    rival.rate(1, "float32")
    heed, transformers = {}, {}
    for number in range(args.rounds):
        print(f"round {number + 1} of {args.rounds}", file=sys.stderr, flush=True)
        for key, rate in heed_rates(args).items():
            heed.setdefault(key, []).append(rate)
        for pieces in args.pieces:
            for dtype in ("float32", "bfloat16"):
                transformers.setdefault((dtype, pieces), []).append(rival.rate(pieces, dtype))
    print("| pieces | weights | heed tokens/s | transformers float32 | times | transformers bfloat16 | times |")
    print("|---|---|---|---|---|---|---|")

    def spread(rates):
        return f"{median(rates):.0f} ({min(rates):.0f} to {max(rates):.0f})"

    for (weights, pieces), rates in heed.items():
        full, half = transformers["float32", pieces], transformers["bfloat16", pieces]
        print(f"| {pieces} | {weights} | {spread(rates)} | {spread(full)} | {median(rates) / median(full):.2f} | {spread(half)} | "
              f"{median(rates) / median(half):.2f} |")
    if args.json:
        keyed = lambda table: {f"{weights} {pieces}": rates for (weights, pieces), rates in table.items()}
        Path(args.json).write_text(json.dumps({"heed": keyed(heed), "transformers": keyed(transformers)}, indent=1))


if __name__ == "__main__":
    main()
