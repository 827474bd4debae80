#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""For scripts/summaries. summaries_table.py RUNS rules TEXTS writes the references and what two rules give, a line for each text;
summaries_table.py RUNS table TEXTS prints the table and twenty examples, every twentieth text from the first on."""
import gzip
import json
import re
import sys

from result_files import RUNS, finished, load, parameters, table

ROWS = {
    "sentence": "rule: the first sentence", "words": "rule: the first eight words", "lstm": "LSTM with attention",
    "decoder-scratch": "decoder-only Transformer, from scratch", "decoder": "decoder-only Transformer, from the language model",
    "encoder-decoder-scratch": "encoder-decoder Transformer, from scratch",
    "encoder-decoder": "encoder-decoder Transformer, from the language model"}
EXAMPLES = 20


def texts(path):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def one_line(text):
    return " ".join(text.split())


def first_sentence(text):
    """Up to the first full stop, question or exclamation mark before a blank."""
    return re.split(r"(?<=[.!?])\s", one_line(text), maxsplit=1)[0]


def first_words(text):
    return " ".join(text.split()[:8])


def write_rules(path):
    rows = texts(path)
    for name, rule in (("references", None), ("sentence", first_sentence), ("words", first_words)):
        lines = [rule(row["text"]) if rule else one_line(row["summary"]) for row in rows]
        (RUNS / f"summaries-{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def row(name):
    scores, run = load(f"summaries-{name}"), f"summaries-{name}"
    if not scores:
        return None
    numbers = [f"{100 * scores[metric]:.1f}" for metric in ("rouge1", "rouge2", "rouge_l")]
    return [ROWS[name], f"{parameters(run):,}" if finished(run) else "", *numbers]


def example(text, *summaries):
    text = one_line(text)
    return [cell.replace("|", "\\|") for cell in (text[:300] + (" ..." if len(text) > 300 else ""), *summaries)]


def print_table(path):
    print(table(["", "parameters", "ROUGE-1", "ROUGE-2", "ROUGE-L"], [made for made in map(row, ROWS) if made]))
    summaries = RUNS / "summaries-encoder-decoder.txt"
    if not summaries.exists():
        sys.exit(f"no summaries in {summaries}: run scripts/summaries base train score first")
    written = summaries.read_text(encoding="utf-8").splitlines()
    rows = texts(path)
    step = len(rows) // EXAMPLES
    head = ["text, its first 300 characters", "summary by heed", "summary by its maintainer"]
    chosen = range(0, step * EXAMPLES, step)
    print(table(head, [example(rows[i]["text"], written[i], one_line(rows[i]["summary"])) for i in chosen]), end="")


def main():
    {"rules": write_rules, "table": print_table}[sys.argv[2]](sys.argv[3])


main()
