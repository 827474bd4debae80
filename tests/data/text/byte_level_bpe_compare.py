#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares heed's byte-level BPE with Hugging Face's tokenizers: every character of the same class, the same ids for random
strings of all Unicode classes, the same texts back, the same vocabularies learned, and files that the other reads.

    byte_level_bpe_compare.py path/to/byte_level_dump

HEED_GPT2_VOCABULARY names a folder with GPT-2's vocab.json and merges.txt to compare with too. Exits 77 (skipped) without tokenizers.
"""

import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unicodedata

try:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
except ImportError:
    print("skipped: no tokenizers in this Python; pip install tokenizers")
    sys.exit(77)

STRINGS = 100_000
BATCH = 5_000
HERE = pathlib.Path(__file__).resolve().parent
SPECIAL = ["<|endoftext|>", "<|pad|>"]


class Heed:
    """Asks byte_level_dump, a line for a line."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if isinstance(answer, dict) and "error" in answer:
            sys.exit("heed: " + answer["error"])
        return answer


def characters_by_category(heed):
    """All characters that both this Python's Unicode and ICU's have; tokenizers' is newer."""
    characters = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) not in ("Cs", "Cn")]
    unknown = set(heed.ask(unknown=characters))
    kinds = {}
    for character in characters:
        if character not in unknown:
            kinds.setdefault(unicodedata.category(character), []).append(character)
    return kinds


SNIPPETS = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "'LL", "\u2019s", "  ", "\n\n", " \n", "\r\n", "\t", "\u00a0", "\u0085", "\u2028", "\u3000",
            "\u200b", "\ufeff", "\u180e", "\x1c", "\x1f", "\0", "<|endoftext|>", "<|pad|>", "<|endof", "the ", " of", "License", "work", "123", " 1",
            "e\u0301", "\u2167", "\u00bd", "\u65e5\u672c\u8a9e", "\U0001f600", "\U0001f44d\U0001f3fd", "##", "...", " a", "a", "aaaa", "    "]


def random_strings(count, seed, kinds):
    rng = random.Random(seed)
    names = sorted(kinds)
    strings = []
    for _ in range(count):
        parts = []
        for _ in range(rng.randint(1, 12)):
            draw = rng.random()
            if draw < 0.4:
                parts.append(rng.choice(SNIPPETS))
            elif draw < 0.7:
                parts.append(rng.choice(kinds[rng.choice(names)]))
            else:
                parts.append(chr(rng.randint(32, 126)))
        strings.append("".join(parts))
    return strings


def compare_encoding(heed, tokenizer, strings, what):
    for begin in range(0, len(strings), BATCH):
        batch = strings[begin:begin + BATCH]
        for special in (False, True):
            tokenizer.encode_special_tokens = not special
            theirs = [found.ids for found in tokenizer.encode_batch_fast(batch, add_special_tokens=False)]
            ours = heed.ask(encode=batch, special=special)
            for text, our, their in zip(batch, ours, theirs, strict=True):
                if our != their:
                    sys.exit(f"{what}: {text!r} is {our}, tokenizers has {their}")
        if heed.ask(decode=ours) != batch:
            sys.exit(f"{what}: decoding does not give the texts back")


def compare_classes(heed, tokenizer, kinds):
    """Every character behind a letter, a number, punctuation and a blank."""
    characters = [character for kind in kinds.values() for character in kind]
    for begin in range(0, len(characters), BATCH):
        batch = [f"a{c}1{c}!{c} {c}" for c in characters[begin:begin + BATCH]]
        for text, ours in zip(batch, heed.ask(pieces=batch), strict=True):
            theirs = [text[first:last] for _, (first, last) in tokenizer.pre_tokenizer.pre_tokenize_str(text)]
            if ours != theirs:
                sys.exit(f"{text!r} is cut into {ours}, by tokenizers into {theirs}")


def compare_decoding(heed, tokenizer, size, what):
    """Ids that no text yields, cut inside characters."""
    rng = random.Random(5)
    lists = [[rng.randrange(2, size) for _ in range(rng.randint(0, 12))] for _ in range(BATCH)]
    theirs = [tokenizer.decode(ids, skip_special_tokens=False) for ids in lists]
    for ids, our, their in zip(lists, heed.ask(decode=lists), theirs, strict=True):
        if our != their:
            sys.exit(f"{what}: {ids} decodes to {our!r}, tokenizers has {their!r}")


def compare_files(heed, tokenizer, strings, folder):
    """What heed writes, tokenizers reads, in both forms."""
    heed.ask(write=str(folder))
    pair = Tokenizer(models.BPE.from_file(str(folder / "vocab.json"), str(folder / "merges.txt")))
    pair.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    whole = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.encode_special_tokens = False
    for text in strings:
        expected = tokenizer.encode(text).ids
        if whole.encode(text).ids != expected:
            sys.exit(f"tokenizer.json as heed writes it encodes {text!r} differently")
        if not any(special in text for special in SPECIAL) and pair.encode(text).ids != expected:
            sys.exit(f"vocab.json and merges.txt as heed writes them encode {text!r} differently")


def trained(texts, size, min_frequency):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=size, min_frequency=min_frequency, special_tokens=SPECIAL, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(texts, trainer)
    return json.loads(tokenizer.to_str())["model"]


def compare_training(heed, strings):
    """The same merges and ids, from natural and random texts, and from few letters, where many pairs are equally frequent."""
    rng = random.Random(9)
    runs = ["".join(rng.choice("aab") for _ in range(rng.randint(1, 40))) for _ in range(300)]
    docs = [path.read_text() for path in sorted((HERE.parents[2] / "docs").glob("*.md"))]
    corpora = {"the documentation": docs, "random strings": strings[:20_000], "few letters": runs, "one letter": ["a" * n for n in range(60)]}
    for name, texts in corpora.items():
        for size, min_frequency in ((400, 2), (2000, 1), (8000, 3)):
            theirs = trained(texts, size, min_frequency)
            ours = heed.ask(train=texts, size=size, min_frequency=min_frequency, special_tokens=SPECIAL)
            for part in ("merges", "vocab"):
                if ours[part] != theirs[part]:
                    both = list(zip(ours["merges"], theirs["merges"]))
                    first = next((i for i, (our, their) in enumerate(both) if our != their), len(both))
                    sys.exit(f"trained on {name} ({size}, {min_frequency}): {part} differ from merge {first} on: {both[first:first + 3]}, "
                             f"{len(ours['merges'])} and {len(theirs['merges'])} merges")


def gpt2(folder):
    tokenizer = Tokenizer(models.BPE.from_file(os.path.join(folder, "vocab.json"), os.path.join(folder, "merges.txt")))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|endoftext|>"])
    return tokenizer


def main():
    heed = Heed(sys.argv[1])
    fixture = HERE / "fixtures" / "byte_level" / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(fixture))
    kinds = characters_by_category(heed)
    compare_classes(heed, tokenizer, kinds)
    strings = random_strings(STRINGS, 1, kinds)
    heed.ask(load=str(fixture))
    compare_encoding(heed, tokenizer, strings, "the fixture")
    compare_decoding(heed, tokenizer, tokenizer.get_vocab_size(), "the fixture")
    with tempfile.TemporaryDirectory() as name:
        compare_files(heed, tokenizer, strings[:2000], pathlib.Path(name))
    compare_training(heed, strings)
    real = os.environ.get("HEED_GPT2_VOCABULARY")
    if real:
        tokenizer = gpt2(real)
        size = heed.ask(load=real)
        compare_encoding(heed, tokenizer, strings, "GPT-2")
        compare_decoding(heed, tokenizer, size - 1, "GPT-2")
    print(f"{len(strings)} strings{' twice, once by GPT-2s vocabulary,' if real else ''} agree with tokenizers, and so does what is learned")


if __name__ == "__main__":
    main()
