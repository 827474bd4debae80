#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Byte-level BPE on one thread: heed beside Hugging Face's tokenizers, encoding and learning, on a text of your own.

    ninja -C build/release byte_level_dump
    peers-venv/bin/python bench/peers/byte_level_bpe.py --text FILE [--vocabulary FOLDER]
"""
import argparse
import gzip
import json
import os
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median

os.environ["TOKENIZERS_PARALLELISM"], os.environ["RAYON_NUM_THREADS"] = "false", "1"
from tokenizers import Tokenizer, models, pre_tokenizers, trainers  # noqa: E402  (reads the number of threads)

import common  # noqa: E402

SPECIAL = ["<|endoftext|>"]
MIN_FREQUENCY = 2


class Heed:
    """heed's encoder, in a process of its own that tells its times: pipes do not count."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=common.environment(1))

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if isinstance(answer, dict) and "error" in answer:
            raise SystemExit(answer["error"])
        return answer


def read(path):
    content = Path(path).read_bytes()
    return (gzip.decompress(content) if path.endswith(".gz") else content).decode()


def learn(texts, size):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=size, min_frequency=MIN_FREQUENCY, special_tokens=SPECIAL, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def load(folder):
    tokenizer = Tokenizer(models.BPE.from_file(f"{folder}/vocab.json", f"{folder}/merges.txt"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return tokenizer


def seconds(work):
    begin = time.perf_counter()
    work()
    return [time.perf_counter() - begin]


def learn_alike(heed, lines, size):
    options = {"size": size, "min_frequency": MIN_FREQUENCY, "special_tokens": SPECIAL}
    theirs = json.loads(learn(lines, size).to_str())["model"]
    ours = heed.ask(train=lines, **options)
    if ours["merges"] != theirs["merges"]:
        raise SystemExit("heed and tokenizers learn different merges from this text")
    return options


def main():
    found = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    found.add_argument("--program", default=str(common.ROOT / "build/release/tests/data/byte_level_dump"), help="heed's encoder behind a pipe")
    found.add_argument("--text", required=True, help="UTF-8, may be .gz")
    found.add_argument("--vocabulary", help="folder with vocab.json and merges.txt, such as GPT-2's; default: what is learned from the text")
    found.add_argument("--size", type=int, default=8000, help="tokens to learn")
    found.add_argument("--rounds", type=int, default=5, help="turns of each")
    found.add_argument("--json", metavar="FILE", help="write the numbers there too")
    args = found.parse_args()

    heed, text = Heed(args.program), read(args.text)
    lines, megabytes = text.splitlines(keepends=True), len(text.encode()) / 1e6
    options = learn_alike(heed, lines, args.size)
    tokenizer = load(args.vocabulary) if args.vocabulary else learn(lines, args.size)
    if args.vocabulary:
        heed.ask(load=args.vocabulary)
    tokenizer.encode_special_tokens = True
    if heed.ask(encode=lines) != [found.ids for found in tokenizer.encode_batch_fast(lines, add_special_tokens=False)]:
        raise SystemExit("heed and tokenizers encode this text differently")

    rivals = {}
    for what, texts in (("encode lines", lines), ("encode the whole text", [text])):
        rivals[what, "heed"] = lambda texts=texts: heed.ask(time_encode=texts, rounds=1)["seconds"]
        rivals[what, "tokenizers"] = lambda texts=texts: seconds(lambda: tokenizer.encode_batch_fast(texts, add_special_tokens=False))
    rivals[f"learn {args.size}", "heed"] = lambda: heed.ask(time_train=lines, rounds=1, **options)["seconds"]
    rivals[f"learn {args.size}", "tokenizers"] = lambda: seconds(lambda: learn(lines, args.size))
    times = common.by_turns(rivals, args.rounds)

    rows = []
    for (what, who), taken in times.items():
        middle = median(taken)
        rate = f"{megabytes / middle:.2f}" if what.startswith("encode") else ""
        rows.append([what, who, common.milliseconds(common.summary(taken)), rate, f"{middle / median(times[what, 'heed']):.1f}"])
    print(f"{args.text}: {megabytes:.2f} MB, {len(lines)} lines; vocabulary of {tokenizer.get_vocab_size()}; tokenizers {version('tokenizers')}; "
          "one thread.\n")
    print(common.table(["work", "who", "ms (smallest to largest)", "MB/s", "x heed's time"], rows))
    if args.json:
        values = [{"work": what, "who": who, **common.summary(taken)} for (what, who), taken in times.items()]
        Path(args.json).write_text(json.dumps({"text": args.text, "megabytes": megabytes, "results": values}, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
