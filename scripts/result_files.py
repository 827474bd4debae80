# SPDX-License-Identifier: Apache-2.0
"""Functions of the scripts that rebuild pages: reading runs in the folder of the first argument, and formatting tables."""
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
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]) + "\n"


def write_page(template, sections, output):
    """The template with each {{name}} line replaced by the output of its section."""
    page = (Path(__file__).parent / template).read_text()
    for name, make in sections.items():
        page = page.replace("{{" + name + "}}\n", make())
    Path(output).write_text(page)
    print(f"wrote {output}")


def minutes(seconds):
    return f"{seconds / 60:.1f}"
