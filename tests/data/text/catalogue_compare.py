#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares heed's readers of gettext catalogues with others: the same messages from the same files.

    catalogue_compare.py path/to/catalogue_dump [FILE...]

Without files: random catalogues, and catalogues installed on this machine. .po files are read by polib and compiled by
msgfmt, .mo files are read by Python's gettext. Missing tools are skipped. Exits 77 (skipped) if both polib and msgfmt are
missing.
"""

import gettext
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

try:
    import polib
except ImportError:
    polib = None
MSGFMT = shutil.which("msgfmt")
if polib is None and MSGFMT is None:
    print("skipped: neither polib in this Python nor msgfmt; pip install polib, or install gettext")
    sys.exit(77)

INSTALLED = 150  # number of catalogues of this machine, spread evenly


def dump(program, files):
    lines = subprocess.run([program, *map(str, files)], check=True, capture_output=True, text=True).stdout.splitlines()
    return [json.loads(line) for line in lines]


def ours_of(found):
    """Maps (context, id, plural) to translations, without fuzzy ones."""
    return {(m["context"], m["id"], m["plural"]): m["translations"] for m in found["messages"] if not m["fuzzy"]}


def by_polib(file):
    catalogue = polib.pofile(str(file))
    return {
        (e.msgctxt, e.msgid, e.msgid_plural or None):
            [e.msgstr_plural[i] for i in sorted(e.msgstr_plural)] if e.msgid_plural else [e.msgstr]
        for e in catalogue if not e.obsolete and not e.fuzzy
    }


def by_gettext(file):
    """Joins context and id like gettext, without the plurals of singulars, which it drops."""
    catalogue = gettext.GNUTranslations(open(file, "rb"))._catalog
    messages = {}
    for key, text in catalogue.items():
        identity, form = key if isinstance(key, tuple) else (key, None)
        messages.setdefault(identity, {})[form] = text
    return {k: [v[f] for f in sorted(v)] if None not in v else [v[None]] for k, v in messages.items() if k}


def joined(ours):
    return {(c + "\4" if c is not None else "") + i: t for (c, i, _), t in ours.items()}


def check_same(file, ours, theirs, who):
    if ours == theirs:
        return len(ours)
    wrong = [k for k in {**ours, **theirs} if ours.get(k) != theirs.get(k)][0]
    sys.exit(f"{file}: {wrong!r} is {ours.get(wrong)!r}, {who} has {theirs.get(wrong)!r}")


PARTS = ["word", "Größe", "好", " ", "\n", "\t", '"', "\\", "%d", "ß.", "{x}", "#", "\u00a0"]
RARE = ["\r", "\a"]  # polib interprets them differently from gettext


def random_text(rng, parts):
    return "".join(rng.choice(parts) for _ in range(rng.randint(1, 12)))


def quoted(text, rng):
    escapes = {"\n": "\\n", "\t": "\\t", '"': '\\"', "\\": "\\\\", "\r": "\\r", "\a": "\\a"}
    lines = [""]
    for c in text:
        lines[-1] += escapes.get(c, c)
        if c == "\n" or rng.random() < 0.1:
            lines.append("")
    return "\n".join(f'"{line}"' for line in lines)


def make_po(path, seed):
    rng = random.Random(seed)
    parts, line_end = (PARTS, "\n") if seed % 2 == 0 else (PARTS + RARE, "\r\n")
    out = ['msgid ""', 'msgstr "Content-Type: text/plain; charset=UTF-8\\n"',
           '"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n==2 ? 1 : 2);\\n"']
    seen = {("", "")}
    for _ in range(rng.randint(0, 60)):
        context, text = rng.choice([None, "menu", "a\nb"]), random_text(rng, parts)
        if (context or "", text) in seen or text.startswith("\n") or text.endswith("\n"):
            continue  # msgfmt requires matching line ends
        seen.add((context or "", text))
        out.append("")
        if rng.random() < 0.1:
            out += ["#, fuzzy", f'#~ msgid "gone {len(out)}"', '#~ msgstr "weg"']
            continue
        out += rng.choice([[], ["# a note"], ["#: file.c:3", "#, c-format"], ["#, fuzzy"], ['#| msgid "old"']])
        if context is not None:
            out.append("msgctxt " + quoted(context, rng))
        out.append("msgid " + quoted(text, rng))
        if rng.random() < 0.3:
            out.append("msgid_plural " + quoted(random_text(rng, parts).strip("\n") + "s", rng))
            out += [f"msgstr[{i}] " + quoted(random_text(rng, parts).strip("\n") + "x", rng) for i in range(3)]
        else:
            out.append("msgstr " + (quoted(random_text(rng, parts).strip("\n") + "x", rng) if rng.random() < 0.9 else '""'))
    path.write_bytes(line_end.join(out).encode() + b"\n")


def compare_po(program, files, folder):
    count = 0
    for file, found in zip(files, dump(program, files), strict=True):
        if "error" in found:
            sys.exit(found["error"])
        ours = ours_of(found)
        if polib is not None and not any(rare in file.read_bytes() for rare in (b"\\a", b"\\r", b"\r")):
            count += check_same(file, ours, by_polib(file), "polib")
        if MSGFMT is not None:
            compiled = folder / (file.stem + ".mo")
            subprocess.run([MSGFMT, "-o", compiled, file], check=True, capture_output=True)
            translated = {k: t for k, t in ours.items() if any(t)}
            count += check_same(file, translated, ours_of(dump(program, [compiled])[0]), "msgfmt")
    return count


def compare_mo(program, files):
    count = 0
    for file, found in zip(files, dump(program, files), strict=True):
        if "error" in found:
            if "charset" not in found["error"]:
                sys.exit(found["error"])
            continue
        count += check_same(file, joined(ours_of(found)), by_gettext(file), "Python")
    return count


def main():
    program, given = sys.argv[1], [pathlib.Path(name) for name in sys.argv[2:]]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if given:
            po, mo = ([f for f in given if f.suffix == suffix] for suffix in (".po", ".mo"))
        else:
            po = [folder / f"random-{seed}.po" for seed in range(40)]
            for seed, file in enumerate(po):
                make_po(file, seed)
            installed = sorted(pathlib.Path("/usr/share/locale").glob("*/LC_MESSAGES/*.mo"))
            mo = installed[:: max(1, len(installed) // INSTALLED)]
        messages = compare_po(program, po, folder) + compare_mo(program, mo)
        with_what = ", ".join(n for n, there in (("polib", polib), ("msgfmt", MSGFMT)) if there)
        print(f"{messages} messages of {len(po)} .po and {len(mo)} .mo files agree with {with_what} and Python's gettext")


if __name__ == "__main__":
    main()
