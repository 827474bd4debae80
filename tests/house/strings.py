#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Below heed/cli no string spells a flag or a command of the program: an error names a field, and the program spells it.

    strings.py ROOT              prints each fault as file:line: message; exit code 1 when there is one
    strings.py ROOT --self-test  demands that planted faults are found
"""
import pathlib
import re
import sys

LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
COMMAND = re.compile(r"\bheed (prepare|train|average|evaluate|generate|translate|inspect|predict|merge|denoise|synthesize|bench|info)\b")
OTHER_PROGRAMS = {"--to-code"}  # msgconv's


def faults(text):
    for number, line in enumerate(text.splitlines(), 1):
        code = line.split("//")[0] if '"' not in line.split("//")[0] else line
        for literal in LITERAL.findall(code):
            if any(flag not in OTHER_PROGRAMS for flag in FLAG.findall(literal)) or COMMAND.search(literal):
                yield number, f"names a flag or a command: {literal}"


def self_test():
    for good in ('Error(kUsage, "must be positive", FieldName{"batch_size"})', '// heed train --minutes', '"msgconv --to-code=UTF-8"'):
        assert not list(faults(good)), good
    for bad in ('Error(kUsage, "no", "--batch-size")', '"use heed translate"', 'warn("see --nearest");'):
        assert list(faults(bad)), bad


def main():
    if "--self-test" in sys.argv:
        return self_test()
    root = pathlib.Path(sys.argv[1]) / "heed"
    found = 0
    for path in sorted([*root.rglob("*.h"), *root.rglob("*.cpp")]):
        if path.relative_to(root).parts[0] == "cli":
            continue
        for line, message in faults(path.read_text()):
            print(f"{path.relative_to(root.parent)}:{line}: {message}")
            found = 1
    sys.exit(found)


if __name__ == "__main__":
    main()
