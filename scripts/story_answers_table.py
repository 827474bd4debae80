#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The table of scripts/story_answers: story_answers_table.py RUNS. Exact answers in per cent, by task, beside the two guesses that
scripts/stories names."""
import re
import sys

from result_files import RUNS, load, parameters, table

MODELS = {"transformer": "Transformer", "lstm": "LSTM"}


def guesses():
    """Task to what the most frequent answer and the place named last reach, as scripts/stories prints them."""
    found = {}
    for line in (RUNS / "stories-guesses.txt").read_text().splitlines()[1:]:
        shares = re.findall(r"([0-9.]+) %", line)
        found[line.split()[0]] = [shares[0], shares[1] if len(shares) > 1 else ""]
    return found


def main():
    missing = [name for name in MODELS if not load(f"stories-{name}")]
    if missing:
        sys.exit(f"no answers of {', '.join(missing)} below {RUNS}/: run scripts/story_answers first")
    scores = {name: {row["group"]: row["exact_match"] for row in load(f"stories-{name}")["groups"]} for name in MODELS}
    head = ["task", *(f"{MODELS[name]}, {parameters(f'stories-{name}'):,} parameters" for name in MODELS), "most frequent answer", "named last"]
    rows = [[task, *(f"{100 * scores[name][task]:.1f}" for name in MODELS), *guess] for task, guess in guesses().items()]
    mean = ["mean", *(f"{100 * sum(scores[name].values()) / len(scores[name]):.1f}" for name in MODELS), "", ""]
    print(table(head, [*rows, mean]), end="")


main()
