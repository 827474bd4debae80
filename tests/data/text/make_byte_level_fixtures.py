#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes fixtures/byte_level/ with Hugging Face's tokenizers: a small vocabulary learned from LICENSE and the lines below, in every form
of file, and what tokenizers makes of texts that are hard to cut.

    make_byte_level_fixtures.py        # pip install tokenizers
"""

import json
import pathlib

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = HERE / "fixtures" / "byte_level"
LINES = ["naïve café, naïve café", "日本語 日本語 日本", "it's they're we've I'm he'll she'd don't", "## ## # #version", "x = 1234567; 1234"]
SPECIAL = ["<|endoftext|>", "<|pad|>"]
WORDS = ["covid-19", " covid"]  # added, but not special

CASES = [
    "", " ", "  ", "\n", "Hello world", "Hello  world", "  leading", "trailing ", "trailing  ", "a\n\nb", "\n =", "\n\n\n =", "\t\tif x:\r\n",
    "it's IT'S don't DON'T", "'ll 'LL \u2019s", "'s't'm'd're've'll", "''s '' 's ' s", "'l 'r 'v 'x", "'", "they'rent", "123456 12a", "a1b22", "x\u0085y",
    "x\u001cy", "x\u001fy", "x\ufeffy", "x\u00a0y", "x \u00a0 y", "\u2028z", "\u200bz", "\u180ez", "\u3000\u3000z", "na\u00efve caf\u00e9", "e\u0301",
    "\u2167 \u00bd \u0663", "\u65e5\u672c\u8a9e", "\U0001f600\U0001f44d\U0001f3fd", " \U0001d7d8\U00010400x", "<|endoftext|>", "a<|endoftext|>b",
    "<|endoftext|><|pad|>", "<|endoftext|", "<|end<|pad|>", " <|pad|> x", "covid-19", "a covid-19 covid", "License", "Licensor shall be", "licenselicense",
    "\u0000\u0001\u007f", "## # #version", "a" * 70, "ab" * 90, "the " * 40, " " * 80, "\U0010ffff\ue000",
]


def train(special):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=600, min_frequency=2, special_tokens=special, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    licence = (HERE.parents[2] / "LICENSE").read_text()
    tokenizer.train_from_iterator(licence.splitlines(keepends=True) + LINES, trainer)
    return tokenizer


def pieces_of(tokenizer, text):
    return [text[begin:end] for _, (begin, end) in tokenizer.pre_tokenizer.pre_tokenize_str(text)]


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    tokenizer = train(SPECIAL)
    cases = []
    for text in CASES:
        case = {"text": text, "pieces": pieces_of(tokenizer, text)}
        for name, as_text in (("ids", True), ("marked", False)):
            tokenizer.encode_special_tokens = as_text
            case[name] = tokenizer.encode(text).ids
        cases.append(case)
    tokenizer.encode_special_tokens = False
    tokenizer.model.save(str(FOLDER))
    plain = json.loads(tokenizer.to_str())
    (FOLDER / "tokenizer.json").write_text(json.dumps(plain, ensure_ascii=False, indent=1) + "\n")
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    (FOLDER / "cases.jsonl").write_text(lines)

    tokenizer.add_tokens(WORDS)
    words = [{"text": text, "marked": tokenizer.encode(text).ids} for text in CASES if "covid" in text or "<|" in text]
    (FOLDER / "added-words.json").write_text(tokenizer.to_str(pretty=False) + "\n")
    (FOLDER / "added-words.jsonl").write_text("".join(json.dumps(case) + "\n" for case in words))


if __name__ == "__main__":
    main()
