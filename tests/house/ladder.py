#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the sources against the order of rooms in docs/architecture.md: a room may include from itself and from rooms
below it. Also: each source starts with its SPDX line, each header has #pragma once.

    ladder.py ROOT              prints each fault as file:line: message; exit code 1 when there is one
    ladder.py ROOT --self-test  plants faults in a copy and demands that each is found
"""
import pathlib
import re
import sys
import tempfile

ROOM_ROW = re.compile(r"^\| `heed/([a-z_]+)/` \|")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
SPDX = "// SPDX-License-Identifier: Apache-2.0"


def read_ladder(text):
    """The rooms of the table, lowest first."""
    rooms = [match.group(1) for line in text.splitlines() if (match := ROOM_ROW.match(line))]
    return list(reversed(rooms))


def include_fault(room, target, rooms):
    parts = target.split("/")
    if parts[0] != "heed":
        return f'"{target}" must be included as "heed/..."'
    if parts[1] not in rooms:
        return f"room '{parts[1]}' is not in the table"
    if rooms.index(parts[1]) > rooms.index(room):
        return f"{room} may not use {parts[1]}, which stands above it"
    return None


def file_faults(path, lines):
    if not lines or lines[0] != SPDX:
        yield 1, f"the first line must be {SPDX}"
    if path.suffix == ".h" and "#pragma once" not in lines:
        yield 1, "a header needs #pragma once"


def source_files(root, folders):
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".h", ".cpp", ".cu"):
                yield path


def faults(root, rooms):
    for path in source_files(root, ("heed", "tests", "fuzz", "examples")):
        place = path.relative_to(root)
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, message in file_faults(path, lines):
            yield f"{place}:{number}: {message}"
        if place.parts[0] != "heed":
            continue
        room = place.parts[1]
        if room not in rooms:
            yield f"{place}:1: room '{room}' is not in the table"
            continue
        for number, line in enumerate(lines, 1):
            match = INCLUDE.match(line)
            message = match and include_fault(room, match.group(1), rooms)
            if message:
                yield f"{place}:{number}: {message}"


def self_test(rooms):
    low, high = rooms[0], rooms[-1]
    planted = {
        f"heed/{low}/up.cpp": (f'{SPDX}\n#include "heed/{high}/x.h"\n', f"{low} may not use {high}"),
        f"heed/{low}/loose.h": (f'{SPDX}\n#pragma once\n#include "x.h"\n', 'must be included as "heed/..."'),
        f"heed/{high}/nowhere.cpp": (f'{SPDX}\n#include "heed/cellar/x.h"\n', "'cellar' is not in the table"),
        "heed/cellar/x.cpp": (f"{SPDX}\n", "'cellar' is not in the table"),
        "tests/bare.h": (f"{SPDX}\n", "needs #pragma once"),
        "tests/unsigned.cpp": ("int x;\n", "the first line must be"),
    }
    fine = {f"heed/{high}/down.cpp": f'{SPDX}\n#include "heed/{low}/x.h"\n#include "heed/{high}/x.h"\n'}
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in {**fine, **{name: text for name, (text, _) in planted.items()}}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        found = list(faults(root, rooms))
    wrong = [f"not found: {name}: {message}" for name, (_, message) in planted.items()
             if not any(line.startswith(f"{name}:") and message in line for line in found)]
    wrong += [f"found without reason: {line}" for line in found if line.split(":")[0] in fine]
    return wrong


def main():
    root = pathlib.Path(sys.argv[1])
    rooms = read_ladder((root / "docs" / "architecture.md").read_text(encoding="utf-8"))
    if len(rooms) < 2:
        sys.exit("docs/architecture.md holds no table of rooms")
    found = self_test(rooms) if "--self-test" in sys.argv else list(faults(root, rooms))
    print("\n".join(found) or f"{len(rooms)} rooms in order: {' < '.join(rooms)}")
    sys.exit(bool(found))


main()
