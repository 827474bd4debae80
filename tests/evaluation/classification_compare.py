#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares heed's scores of classifiers with scikit-learn's.

    classification_compare.py path/to/metrics_dump

Labels are seeded random ones of 1 to 20 classes, balanced or not, some of which never occur. Exits 77 (skipped) if
scikit-learn is not installed.
"""

import json
import random
import subprocess
import sys
import warnings

try:
    from sklearn import metrics
except ImportError as error:
    print(f"skipped: {error.name} is missing in this Python; pip install scikit-learn")
    sys.exit(77)

TOLERANCE = 1e-12
ROUNDS = 300


def problems():
    rng = random.Random(29)
    for _ in range(ROUNDS):
        classes = rng.randint(1, 20)
        weights = [rng.choice((0, 1, 1, 1, 10)) for _ in range(classes - 1)] + [1]
        actual = rng.choices(range(classes), weights, k=rng.choice((1, 7, 60, 400)))
        right = rng.random()
        predicted = [c if rng.random() < right else rng.randrange(classes) for c in actual]
        yield {"classes": classes, "actual": actual, "predicted": predicted}


def close(ours, theirs, what):
    assert abs(ours - theirs) <= TOLERANCE, (ours, theirs, what)


def compare(problem, ours):
    actual, predicted, labels = problem["actual"], problem["predicted"], list(range(problem["classes"]))
    close(ours["accuracy"], metrics.accuracy_score(actual, predicted), problem)
    close(ours["macro_f1"], metrics.f1_score(actual, predicted, average="macro", zero_division=0), problem)
    close(ours["micro_f1"], metrics.f1_score(actual, predicted, average="micro"), problem)
    assert ours["matrix"] == metrics.confusion_matrix(actual, predicted, labels=labels).tolist(), problem
    theirs = metrics.precision_recall_fscore_support(actual, predicted, labels=labels, zero_division=0)
    for row, *scores in zip(ours["per_class"], *theirs, strict=True):
        for mine, value in zip(row, scores, strict=True):
            close(mine, value, problem)


def main(program):
    warnings.simplefilter("ignore")  # scikit-learn remarks on sets with one label
    given = list(problems())
    request = json.dumps({"metric": "classification", "problems": given})
    result = subprocess.run([program], input=request, check=True, capture_output=True, encoding="utf-8")
    for problem, ours in zip(given, json.loads(result.stdout), strict=True):
        compare(problem, ours)
    print(f"{ROUNDS} sets of labels have scikit-learn's scores")


if __name__ == "__main__":
    main(sys.argv[1])
