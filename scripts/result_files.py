# SPDX-License-Identifier: Apache-2.0
"""Reads runs (below the folder that the first argument names) and writes tables into pages, for the scripts that rebuild them."""
import json
import re
import sys
from pathlib import Path

RUNS = Path(sys.argv[1])


def load(name):
    path = RUNS / "json" / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def finished(name):
    path = RUNS / name / "finished.json"
    return json.loads(path.read_text()) if path.exists() else None


def setting(run, key):
    found = re.search(rf"^{key} = (.+)$", (RUNS / run / "config.toml").read_text(), re.M)
    return found.group(1).strip() if found else "?"


def parameters(run):
    """Values in model.safetensors, from its header."""
    data = (RUNS / run / "model.safetensors").read_bytes()
    header = json.loads(data[8:8 + int.from_bytes(data[:8], "little")])
    total = 0
    for name, entry in header.items():
        if name != "__metadata__":
            count = 1
            for size in entry["shape"]:
                count *= size
            total += count
    return total


def table(head, rows):
    if not rows:
        return ""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]) + "\n"


def rewrite(page, name, text):
    """The page with `text` between the marks of section `name`."""
    marks = re.compile(rf"(<!-- measured: {name} -->\n\n).*?(\n<!-- end -->)", re.S)
    if len(marks.findall(page)) != 1:
        sys.exit(f"the page needs one section between '<!-- measured: {name} -->' and '<!-- end -->'")
    return marks.sub(lambda found: found[1] + text + found[2], page)


def rewrite_page(path, sections):
    """Replaces the sections of a page. A section whose runs are missing keeps the text that it has."""
    made = {name: make() for name, make in sections.items()}
    if not any(made.values()):
        sys.exit(f"no finished runs below {RUNS}/: train and evaluate them first, see scripts/results and scripts/image_results")
    page = Path(path).read_text()
    for name, text in made.items():
        page = rewrite(page, name, text) if text else page
    Path(path).write_text(page)
    kept = [name for name, text in made.items() if not text]
    print(f"wrote {path}" + (f"; no runs for {', '.join(kept)}, kept as they were" if kept else ""))


def minutes(seconds):
    return f"{seconds / 60:.1f}"
