#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares heed's scores of answers with a short statement in Python of SQuAD's official rules.

    answers_compare.py path/to/metrics_dump

Every character that Python knows stands beside articles once; answers are seeded random strings of words.
"""

import collections
import json
import random
import re
import string
import subprocess
import sys
import unicodedata

TOLERANCE = 1e-12


def normalized(text):
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(?:a|an|the)\b", " ", text).split())


def f1(predicted, answer):
    ours, theirs = normalized(predicted).split(), normalized(answer).split()
    if not ours or not theirs:
        return float(ours == theirs)
    shared = sum((collections.Counter(ours) & collections.Counter(theirs)).values())
    return 2 * (shared / len(ours)) * (shared / len(theirs)) / (shared / len(ours) + shared / len(theirs)) if shared else 0.0


def dump(program, segments):
    request = json.dumps({"metric": "answers", "segments": segments})
    return json.loads(subprocess.run([program], input=request, check=True, capture_output=True, encoding="utf-8").stdout)


def character_answers():
    known = (chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) not in ("Cn", "Cs", "Co"))
    return [[f"a{c} {c}the an{c}a x{c}The{c}y", ["athe x"]] for c in known]


def random_answers(count):
    rng = random.Random(11)
    words = ("a", "an", "the", "The", "AN", "kitchen", "kitchens", "1,000", "it's", "well-known", "«hall»", "Größe", "ΣΑΣ", "İ",
             "in", "of", "\u00a0", "\t", "a–the", "the…", "", "!", "日本", "e\u0301")

    def answer():
        return rng.choice((" ", " ", "  ", "-", "")).join(rng.choice(words) for _ in range(rng.randrange(7)))

    segments = [[answer(), [answer() for _ in range(rng.randint(1, 3))]] for _ in range(count)]
    return segments + [[right[0] + rng.choice(("", "!", " the")), right] for _, right in segments]


def main(program):
    segments = character_answers() + random_answers(10_000)
    exact = 0
    for (predicted, answers), ours in zip(segments, dump(program, segments)["segments"], strict=True):
        what = (predicted, answers, ours)
        assert ours["normalized"] == normalized(predicted), what
        assert ours["exact_match"] == max(normalized(predicted) == normalized(a) for a in answers), what
        assert abs(ours["f1"] - max(f1(predicted, a) for a in answers)) <= TOLERANCE, what
        exact += ours["exact_match"]
    print(f"{len(segments)} answers have the scores of SQuAD's rules; {exact:.0f} match exactly")


if __name__ == "__main__":
    main(sys.argv[1])
