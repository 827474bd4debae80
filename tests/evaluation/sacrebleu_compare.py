#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares heed's BLEU and chrF with sacrebleu, the field's standard: the same scores, precisions, tokens, signatures
and printed lines.

    sacrebleu_compare.py path/to/bleu_dump [--speed HYPOTHESES REFERENCES]

Segments are sentences of many scripts with seeded random edits, and 5,000 lines of Multi30k if present
(HEED_TEST_DATA, or ../shared/data). --speed times both programs on two files instead. Exits 77 (skipped) if
sacrebleu is not installed.
"""

import itertools
import json
import os
import pathlib
import random
import subprocess
import sys
import time
import unicodedata

try:
    from sacrebleu.metrics import BLEU, CHRF
    import regex  # sacrebleu needs it
except ImportError as error:
    print(f"skipped: {error.name} is missing in this Python; pip install sacrebleu")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOKENIZERS = ("13a", "intl", "char", "none")
SMOOTHINGS = (("exp", None), ("floor", None), ("floor", 0.5), ("add-k", None), ("add-k", 0.25), ("none", None))
GENERATED_SEGMENTS = 2000
SENTENCE_SEGMENTS = 500
MULTI30K_LINES = 5000
TOLERANCE = 1e-9

SENTENCES = (
    "The cat sat on the mat, didn't it? It's 1,000.5 metres (3,281 ft.) away...",
    "A well-known, state-of-the-art system from 1990-95 scored 27.3 BLEU; that's +1.5!",
    "&quot;Tom &amp; Jerry&quot; &lt;b&gt; &amp;lt; &apos;x&apos; <skipped> e-\nmail @home #1 50% $5.00 a_b",
    "„Größe ist relativ“, sagte die ÄRZTIN – und ging über die Straße. Preis: 1.000,50 €",
    "Ein Mann mit weißem Hemd fährt am 3.10.1990 auf einem E-Bike (7 km/h).",
    "«L'été», dit-il, n'est pas fini\u202f! Où est-ce\u00a0? 12\u202f000 €, n° 5",
    "他说：“今天天气很好！”价格是１００元，对吧？《红楼梦》、第3回。",
    "日本語のテスト、１．５倍です。ｶﾀｶﾅ「引用」・終わり",
    "Ο ΟΔΥΣΣΕΑΣ ΤΗΣ ΙΘΑΚΗΣ· «ΣΟΦΟΣ;» ΑΣ'Α Σ",
    "Съешь же ещё этих мягких французских булок, да выпей чаю — 20 руб.",
    "مرحبا بالعالم، كيف حالك؟ ١٬٠٠٠٫٥ ريال",
    "नमस्ते दुनिया। यह १२.५ है॥ क्ष",
    "İstanbul'da IĞDIR ı i̇ ŞİŞLİ ǅ Ǆ ﬃ ß ẞ",
    "Emoji 👍🏽 👨‍👩‍👧 🇩🇪 are fun!!! 😀😀 ok… ½ ² ③ Ⅳ ⅓-cup",
    "cafe\u0301 e\u0301te\u0301 n\u0303 o\u0308 a\u0323\u0302 zero\u200bwidth soft\u00adhyphen \ufeffbom",
    "math: a≤b ∧ c≠d, x²+y²=z² → ∞ ± 5°C ©2020 ™ £3 ¥400 50¢ `code` ~x^2 {y} [z] |w| a\\b",
    "tabs\tand\x0bother\x1cspaces\x85here\u2028and\u3000there  double   triple ",
    "U.S.A. vs. U.K. at 5.30pm, e.g. .5 or 5. or ,5 or 5, and 1.2.3,4-5-6--7 -8",
    "word",
    ".",
    "",
)
MARKS = list(".,;:!?'\"()-–—…&<>/@#%$€«»„“”。，！？、··'") + ["&quot;", "&amp;", "&lt;", "...", "-\n", " ", "  ", "5", "1,5"]


def corrupt(line, rng):
    """Makes a hypothesis from a reference: drops, doubles and swaps words, changes case, inserts marks."""
    words = line.split(" ")
    for _ in range(rng.randint(0, 4)):
        at = rng.randrange(len(words)) if words else 0
        kind = rng.randrange(7)
        if not words or kind == 0:
            words.insert(at, rng.choice(MARKS))
        elif kind == 1:
            del words[at]
        elif kind == 2:
            words.insert(at, words[at])
        elif kind == 3:
            other = rng.randrange(len(words))
            words[at], words[other] = words[other], words[at]
        elif kind == 4:
            words[at] = rng.choice([str.upper, str.lower, str.title, str.swapcase])(words[at])
        elif kind == 5:
            cut = rng.randint(0, len(words[at]))
            words[at] = words[at][:cut] + rng.choice(MARKS) + words[at][cut:]
        else:
            words[at] = words[at][1:] if rng.random() < 0.5 else words[at][:-1]
    return " ".join(words)


def generated_segments(count, references):
    rng = random.Random(17)
    segments = []
    for _ in range(count):
        line = rng.choice(SENTENCES)
        if rng.random() < 0.3:
            line += " " + rng.choice(SENTENCES)
        segments.append([corrupt(line, rng), [corrupt(line, rng) for _ in range(references)]])
    return segments


def multi30k_segments():
    data = pathlib.Path(os.environ.get("HEED_TEST_DATA", ROOT / ".." / "shared" / "data")) / "multi30k"
    if not (data / "train.de").exists():
        print(f"no {data}; set HEED_TEST_DATA to compare real sentences as well")
        return []
    rng = random.Random(23)
    lines = (data / "train.de").read_text(encoding="utf-8").split("\n")[:MULTI30K_LINES]
    return [[corrupt(line, rng), [line]] for line in lines]


def character_segments():
    """Every character that Python knows, in positions that tokenizers inspect; 40 per line."""
    known = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) not in ("Cn", "Cs", "Co")]
    # Newer versions of the module regex, which sacrebleu uses, may assign a character to another class.
    matches = {k: regex.compile(rf"\p{{{k}}}") for k in "NPS"}
    known = [c for c in known
             if all((unicodedata.category(c)[0] == k) == bool(p.match(c)) for k, p in matches.items())]
    places = "a{0}b 1{0}2 a{0}1 1{0}a Σ{0} Α{0}Σ{0}Α"
    return [[" ".join(places.format(c) for c in known[i:i + 40]), [""]] for i in range(0, len(known), 40)]


def dump(program, segments, settings):
    text = json.dumps({"segments": segments, "settings": settings})
    lines = subprocess.run([program], input=text, check=True, capture_output=True, encoding="utf-8").stdout
    return [json.loads(line) for line in lines.split("\n") if line]


def close(ours, theirs, what):
    assert abs(ours - theirs) <= TOLERANCE, f"{what}: {ours!r}, sacrebleu has {theirs!r}"


def same(ours, theirs, what):
    assert ours == theirs, f"{what}: {ours!r}, sacrebleu has {theirs!r}"


def corpus(segments):
    """Returns hypotheses and streams of references in the form of sacrebleu."""
    return [s[0] for s in segments], [list(stream) for stream in zip(*(s[1] for s in segments), strict=True)]


def compare_texts(result, score, metric, setting):
    same(result["line"], str(score), setting)
    ours, theirs = (s.split("|version:")[0] for s in (result["signature"], str(metric.get_signature())))
    same(ours, theirs, setting)


def compare_bleu(program, segments, sentences):
    references = len(segments[0][1])
    settings = [dict(metric="bleu", tokenize=tokenize, lowercase=lowercase, smooth_method=method, smooth_value=value,
                     effective_order=effective, sentences=sentences, nrefs=references)
                for tokenize, lowercase, (method, value), effective in
                itertools.product(TOKENIZERS, (False, True), SMOOTHINGS, (False, True))]
    hypotheses, streams = corpus(segments)
    counted = {}
    for setting, result in zip(settings, dump(program, segments, settings), strict=True):
        key = setting["tokenize"], setting["lowercase"]
        if key not in counted:  # the counts of a corpus do not depend on smoothing
            plain = BLEU(tokenize=key[0], lowercase=key[1], smooth_method="none", force=True)
            counted[key] = (plain.corpus_score(hypotheses, streams),
                            [plain.corpus_score([h], [[r] for r in rs]) for h, rs in segments] if sentences else [])
        keywords = {k: setting[k] for k in ("smooth_method", "smooth_value", "effective_order")}

        def smoothed(counts):
            return BLEU.compute_bleu(list(counts.counts), list(counts.totals), counts.sys_len, counts.ref_len, **keywords)

        total, single = counted[key]
        score = smoothed(total)
        close(result["score"], score.score, setting)
        close(result["bp"], score.bp, setting)
        for ours, theirs in zip(result["precisions"], score.precisions, strict=True):
            close(ours, theirs, setting)
        same(result["matches"] + result["totals"], list(total.counts) + list(total.totals), setting)
        for ours, theirs, segment in zip(result["sentences"], single, segments):
            close(ours, smoothed(theirs).score, (setting, segment))
        metric = BLEU(tokenize=key[0], lowercase=key[1], force=True, **keywords)
        metric.corpus_score(hypotheses[:1], [stream[:1] for stream in streams])
        compare_texts(result, score, metric, setting)
    return len(settings)


def compare_chrf(program, segments, sentences):
    references = len(segments[0][1])
    settings = [dict(metric="chrf", char_order=chars, word_order=words, beta=beta, lowercase=lowercase,
                     whitespace=whitespace, eps_smoothing=eps, sentences=sentences, nrefs=references)
                for (chars, words, beta), lowercase, whitespace, eps in
                itertools.product(((6, 0, 2), (6, 2, 2), (3, 1, 1)), (False, True), (False, True), (False, True))]
    if not sentences:  # sacrebleu takes seconds for each
        settings = [s for s in settings if s["char_order"] == 6 and not s["whitespace"] and not s["eps_smoothing"]]
    hypotheses, streams = corpus(segments)
    for setting, result in zip(settings, dump(program, segments, settings), strict=True):
        keywords = {k: v for k, v in setting.items() if k not in ("metric", "sentences", "nrefs")}
        metric = CHRF(**keywords)
        score = metric.corpus_score(hypotheses, streams)
        close(result["score"], score.score, setting)
        compare_texts(result, score, metric, setting)
        for ours, segment in zip(result["sentences"], segments):
            close(ours, metric.sentence_score(*segment).score, (setting, segment))
    return len(settings)


def compare_tokens(program, segments):
    settings = [dict(metric="tokens", tokenize=tokenize, lowercase=lowercase)
                for tokenize, lowercase in itertools.product(TOKENIZERS, (False, True))]
    for setting, result in zip(settings, dump(program, segments, settings), strict=True):
        metric = BLEU(tokenize=setting["tokenize"], lowercase=setting["lowercase"])
        for tokens, (line, _) in zip(result["tokens"], segments, strict=True):
            same(tokens, metric.tokenizer((line.lower() if setting["lowercase"] else line).rstrip()).split(), setting)
    return len(settings)


def report(what, count, segments):
    print(f"{what}: {count} settings, {len(segments)} segments are the same", flush=True)


def compare(program):
    characters = character_segments()
    report("tokens of every character", compare_tokens(program, characters), characters)
    for references in (1, 3):
        segments = generated_segments(GENERATED_SEGMENTS, references)
        few = segments[:SENTENCE_SEGMENTS // references]
        report(f"BLEU, {references} references", compare_bleu(program, segments, sentences=False), segments)
        report(f"BLEU by sentence, {references} references", compare_bleu(program, few, sentences=True), few)
        report(f"chrF by sentence, {references} references", compare_chrf(program, few[:200], sentences=True), few[:200])
    segments = multi30k_segments()
    if segments:
        report("BLEU of Multi30k", compare_bleu(program, segments, sentences=False), segments)
        report("chrF of Multi30k", compare_chrf(program, segments, sentences=False), segments)


def speed(program, hypotheses, references):
    hypotheses, references = (pathlib.Path(p).read_text(encoding="utf-8").splitlines() for p in (hypotheses, references))
    segments = [[h, [r]] for h, r in zip(hypotheses, references, strict=True)]
    bleu = dict(metric="bleu", tokenize="13a", lowercase=False, smooth_method="exp", smooth_value=None,
                effective_order=False, sentences=False, nrefs=1)
    chrf = dict(metric="chrf", char_order=6, word_order=0, beta=2, lowercase=False, whitespace=False,
                eps_smoothing=False, sentences=False, nrefs=1)
    reading = min(timed(lambda: dump(program, segments, [])) for _ in range(3))
    for name, setting, metric in (("BLEU", bleu, BLEU()), ("chrF2", chrf, CHRF())):
        ours = min(timed(lambda: dump(program, segments, [setting] * 5)) for _ in range(3))
        theirs = timed(lambda: metric.corpus_score(hypotheses, [references]))
        ours = (ours - reading) / 5
        print(f"{name}, {len(segments)} lines: heed {len(segments) / ours:.0f} lines/s, "
              f"sacrebleu {len(segments) / theirs:.0f} lines/s")


def timed(call):
    start = time.process_time() + os.times().children_user + os.times().children_system
    call()
    return time.process_time() + os.times().children_user + os.times().children_system - start


if __name__ == "__main__":
    if "--speed" in sys.argv:
        speed(sys.argv[1], *sys.argv[3:5])
    else:
        compare(sys.argv[1])
