#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares heed's ROUGE with rouge_score, Google's package, and its stems with NLTK's: ROUGE-1, -2, -L and -Lsum with and
without stemmer, one reference and several.

    rouge_compare.py path/to/metrics_dump

Texts are seeded random edits of sentences of many scripts and, if present (HEED_TEST_DATA, or ../shared/data), of the
lines of tinyshakespeare, whose words are stemmed too. Exits 77 (skipped) if rouge_score is not installed.
"""

import json
import os
import pathlib
import random
import re
import subprocess
import sys

try:
    from nltk.stem.porter import PorterStemmer
    from rouge_score.rouge_scorer import RougeScorer
except ImportError as error:
    print(f"skipped: {error.name} is missing in this Python; pip install rouge-score")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[2]
TYPES = ("rouge1", "rouge2", "rougeL", "rougeLsum")
TOLERANCE = 1e-9
GENERATED = 4000
REAL = 4000

SENTENCES = (
    "The cat sat on the mat, didn't it? It's 1,000.5 metres (3,281 ft.) away...",
    "Dying flies, skies and news: the innings proceed; we enjoyed agreeing, planned hopping and hoping.",
    "Relational conditional rational digitizers radically differ, geologically and theologically.",
    "Größe ist relativ, sagte die ÄRZTIN und ging über die Straße. Preis: 1.000,50 €",
    "İstanbul'da IĞDIR ı i̇ ŞİŞLİ ǅ Ǆ ﬃ ß ẞ \u212aelvin \u212bngström",
    "他说：“今天天气很好！”价格是１００元，对吧？ abc4 4abc a1b2c3",
    "Ο ΟΔΥΣΣΕΑΣ ΤΗΣ ΙΘΑΚΗΣ· naïve café re-entered under_score x\u0085y a\u00a0b",
    "police killed the gunman and the gunman killed the police",
    "a a a b b a b a b a c a b c",
    "word",
    "!",
    "",
)
# Endings that meet the rules of the stemmer, behind short and long stems.
ENDINGS = ("s", "es", "ies", "ied", "sses", "ss", "eed", "ed", "ing", "ating", "bling", "izing", "lled", "y", "ational",
           "tional", "enci", "anci", "izer", "abli", "bly", "alli", "ally", "entli", "eli", "ousli", "ization", "ation", "ator",
           "alism", "iveness", "fulness", "ousness", "aliti", "iviti", "biliti", "fulli", "fully", "logi", "logy", "icate",
           "ative", "alize", "iciti", "ical", "ful", "ness", "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement",
           "ment", "ent", "sion", "tion", "ion", "ou", "ism", "ate", "iti", "ous", "ive", "ize", "e", "ll", "lle", "")


def dump(program, **request):
    result = subprocess.run([program], input=json.dumps(request), check=True, capture_output=True, encoding="utf-8")
    return json.loads(result.stdout)


def real_lines():
    path = pathlib.Path(os.environ.get("HEED_TEST_DATA", ROOT / ".." / "shared" / "data")) / "tinyshakespeare"
    files = sorted(path.glob("*.txt"))
    if not files:
        print(f"no text in {path}; set HEED_TEST_DATA to compare real lines as well")
        return []
    return [line for file in files for line in file.read_text(encoding="utf-8").split("\n") if line]


def stems_are_equal(program, lines):
    rng = random.Random(5)
    words = {"".join(rng.choice("abeilotyysz5") for _ in range(rng.randint(0, 5))) + "".join(rng.choices(ENDINGS, k=rng.randint(1, 2)))
             for _ in range(200_000)}
    words.update(re.findall(r"[a-z0-9]+", " ".join(lines + list(SENTENCES)).lower()))
    words.update(("sky", "skies", "dying", "lying", "tying", "news", "innings", "inning", "outings", "outing", "cannings",
                  "canning", "howe", "proceed", "exceed", "succeed"))
    words = sorted(words - {""})
    stem = PorterStemmer().stem
    for word, ours in zip(words, dump(program, metric="stems", words=words), strict=True):
        assert ours == stem(word), f"{word}: {ours}, NLTK has {stem(word)}"
    print(f"{len(words)} stems are NLTK's", flush=True)


def edited(text, rng, sources):
    words = text.split(" ")
    for _ in range(rng.randint(0, 5)):
        at = rng.randrange(len(words) + 1)
        kind = rng.randrange(5)
        if kind == 0:
            words[at:at] = rng.choice(sources).split(" ")[:rng.randint(1, 6)]
        elif kind == 1:
            del words[at:at + rng.randint(1, 4)]
        elif kind == 2:
            words[at:at] = words[at:at + 3]
        elif kind == 3:
            words.insert(at, rng.choice(("\n", "\n\n", "a\nb", " ", "\r\n", "the")))
        elif words:
            at = rng.randrange(len(words))
            words[at] = rng.choice((str.upper, str.title))(words[at]) + rng.choice(("", "s", "ing", "ed", "ly", ".", "'s"))
    return " ".join(words)


def generated_segments(count, seed, sources):
    rng = random.Random(seed)
    segments = []
    for _ in range(count):
        text = "\n".join(rng.choice(sources) for _ in range(rng.randint(1, 3)))
        segments.append([edited(text, rng, sources), [edited(text, rng, sources) for _ in range(rng.choice((1, 1, 2, 3)))]])
    return segments


def scores_are_equal(program, segments, what):
    for stemmer in (False, True):
        scorer = RougeScorer(TYPES, use_stemmer=stemmer)
        ours = dump(program, metric="rouge", stemmer=stemmer, segments=segments)
        sums = {kind: [0.0] * 3 for kind in TYPES}
        for (hypothesis, references), scores in zip(segments, ours["segments"], strict=True):
            best = scorer.score_multi(references, hypothesis)
            first = scorer.score(references[0], hypothesis)
            for kind in TYPES:
                sums[kind] = [total + value for total, value in zip(sums[kind], first[kind])]
                for mine, theirs in zip(scores[kind], best[kind], strict=True):
                    assert abs(mine - theirs) <= TOLERANCE, (kind, stemmer, hypothesis, references, scores[kind], best[kind])
        for kind in TYPES:
            for mine, total in zip(ours["means"][kind], sums[kind], strict=True):
                assert abs(mine - total / len(segments)) <= TOLERANCE, (kind, stemmer, ours["means"][kind])
        means = ", ".join(f"{kind} {ours['means'][kind][2]:.4f}" for kind in TYPES)
        print(f"{what}, stemmer {stemmer}: {len(segments)} segments are rouge_score's; mean F1 {means}", flush=True)


def main(program):
    lines = real_lines()
    stems_are_equal(program, lines)
    scores_are_equal(program, generated_segments(GENERATED, 17, SENTENCES), "generated")
    if lines:
        scores_are_equal(program, generated_segments(REAL, 23, lines), "tinyshakespeare")


if __name__ == "__main__":
    main(sys.argv[1])
