#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""BLEU as reported in papers on Multi30k, for lower-cased text tokenised by Moses: moses_bleu.py HEED HYPOTHESIS REFERENCE [LANGUAGE].

sacremoses tokenises, heed computes the score (`--tokenize none`). Needs scripts/setup --results."""
import subprocess
import sys
import tempfile
from pathlib import Path

from sacremoses import MosesPunctNormalizer, MosesTokenizer


def tokenized(path, language, output):
    normalizer, tokenizer = MosesPunctNormalizer(language), MosesTokenizer(language)
    lines = Path(path).read_text(encoding="utf-8").split("\n")[:-1]
    lines = [tokenizer.tokenize(normalizer.normalize(line.lower()), return_str=True, escape=True) for line in lines]
    output.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return output


def main():
    heed, hypothesis, reference = sys.argv[1:4]
    language = sys.argv[4] if len(sys.argv) > 4 else "de"
    with tempfile.TemporaryDirectory() as folder:
        files = [str(tokenized(path, language, Path(folder) / name)) for path, name in ((hypothesis, "hypothesis"), (reference, "reference"))]
        done = subprocess.run([heed, "evaluate", "--hypothesis", files[0], "--reference", files[1], "--tokenize", "none", "--json", "--quiet"],
                              check=True, capture_output=True, text=True)
    print(done.stdout.strip().splitlines()[-1])


if __name__ == "__main__":
    main()
