#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the fuzz targets into fuzz/corpus/: small files, made here, of every shape that counts.

Names that begin with found- are inputs that a target once failed on; they are kept as they are.
"""

import gzip
import json
import pathlib
import struct

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"


def write(target, name, content):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def delta(ticks):
    out = [ticks & 0x7F]
    while ticks := ticks >> 7:
        out.insert(0, 0x80 | ticks & 0x7F)
    return bytes(out)


def track(*events, end=True):
    body = b"".join(delta(ticks) + bytes(event) for ticks, event in events)
    body += b"\0\xff\x2f\0" if end else b""
    return b"MTrk" + struct.pack(">I", len(body)) + body


def midi(kind, division, *tracks):
    return b"MThd" + struct.pack(">IHHH", 6, kind, len(tracks), division) + b"".join(tracks)


def make_midi():
    scale = [(10 * (i > 0), [0x90, 60 + i // 2, 80 * (i % 2 == 0)]) for i in range(16)]
    running = [(0, [0x90, 60, 90]), (48, [60, 0]), (0, [62, 90]), (48, [62, 0])]
    tempo = [(0, [0xFF, 0x51, 3, 7, 0xA1, 0x20]), (96, [0xFF, 0x51, 3, 3, 0, 0])]
    bars = [(0, [0xFF, 0x58, 4, 3, 2, 24, 8]), (300, [0xFF, 0x58, 4, 6, 3, 24, 8])]
    pedal = [(0, [0xB0, 64, 127]), (0, [0x90, 60, 90]), (9, [0x80, 60, 0]), (9, [0x90, 60, 9]), (9, [0xB0, 64, 0])]
    other = [(0, [0xF0, 3, 1, 2, 0xF7]), (0, [0xFF, 3, 2, 104, 105]), (0, [0xC3, 40]), (1, [0xE3, 0, 64]),
             (1, [0xD3, 7]), (1, [0xA3, 60, 7]), (1, [0xB3, 123, 0]), (0, [0xB3, 120, 0]), (0, [0xB3, 121, 0])]
    drums = [(0, [0x99, 38, 90]), (10, [0x89, 38, 0])]
    overlap = [(0, [0x90, 60, 90]), (9, [0x90, 60, 80]), (0, [0x80, 60, 0]), (9, [0x90, 60, 70])]
    files = {
        "scale": midi(0, 96, track(*scale)),
        "running-status": midi(0, 96, track(*running)),
        "two-tracks": midi(1, 480, track(*tempo, *bars), track(*scale), track(*running)),
        "pedal": midi(0, 96, track(*pedal)),
        "other-events": midi(1, 96, track(*other, *scale, *drums)),
        "overlap": midi(0, 1, track(*overlap)),
        "smpte": midi(0, 0xE728, track(*scale)),
        "drop-frame": midi(0, 0xE350, track(*running)),
        "no-end": midi(0, 96, track(*scale, end=False)),
        "unknown-chunk": midi(1, 96, b"XFIH" + struct.pack(">I", 2) + b"ab", track(*scale)),
        "no-tracks": midi(1, 96),
        "type-2": midi(2, 96, track(*scale)),
        "zero-division": midi(0, 0, track(*scale)),
        "zero-tempo": midi(0, 96, track((0, [0xFF, 0x51, 3, 0, 0, 0]))),
        "cut": midi(0, 96, track(*scale))[:60],
        "lying-length": midi(0, 96, track((0, [0xFF, 1, 0xFF, 0xFF, 0xFF, 0x7F]))),
        "lying-count": b"MThd\0\0\0\6\0\1\xff\x68\x40\0",
        "many-bars": midi(0, 0x7FFF, track((0, [0xFF, 0x51, 3, 0, 0, 1]), (0, [0xFF, 0x58, 4, 1, 8, 24, 8]),
                                           (0, [0x90, 60, 1]), (0x0FFFFFFF, [0x80, 60, 0]))),
    }
    for name, content in files.items():
        write("midi_reader", name + ".mid", content)


def safetensors(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def make_safetensors():
    def entry(dtype, shape, begin, end):
        return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}

    two = {"a": entry("F32", [2, 3], 0, 24), "b": entry("I64", [2], 24, 40), "__metadata__": {"format": "pt"}}
    files = {
        "two": safetensors(two, bytes(40)),
        "empty": safetensors({}),
        "scalar": safetensors({"s": entry("BF16", [], 0, 2)}, b"ab"),
        "no-elements": safetensors({"z": entry("U8", [0, 5], 0, 0)}),
        "overlap": safetensors({"a": entry("U8", [4], 0, 4), "b": entry("U8", [4], 2, 6)}, bytes(6)),
        "overflow": safetensors({"a": entry("F64", [2**40, 2**40], 0, 8)}, bytes(8)),
        "negative": safetensors({"a": entry("U8", [-1], 0, 1)}, b"a"),
        "huge-header": struct.pack("<Q", 2**63) + b"{}",
        "deep": safetensors(b"[" * 5000),
    }
    for name, content in files.items():
        write("safetensors", name + ".safetensors", content)


def make_chorale_json():
    step = [72, 67, 64, 48]
    files = {
        "splits": {"train": [[step, step, [74, 67, 65, 47]]], "valid": [[step]], "test": []},
        "rests": {"train": [[[72, -1, None, 48], [72.0, -1.0, 60.0, 48.0]]]},
        "chords": {"train": [[[], [60], [60, 64], [48, 60, 64], [48, 60, 64, 67]]]},
        "five-notes": {"train": [[[1, 2, 3, 4, 5]]]},
        "out-of-range": {"test": [[[128, 1, 2, 3]]]},
        "no-object": [1, 2],
        "unknown-split": {"other": []},
    }
    for name, content in files.items():
        write("chorale_json", name + ".json", json.dumps(content).encode())
    write("chorale_json", "deep.json", b'{"train":' + b"[" * 5000)
    write("chorale_json", "huge-number.json", b'{"train":[[[1e999,1,2,3]]]}')


HEADER = "Language: de\\nContent-Type: text/plain; charset={}\\nPlural-Forms: nplurals=2; plural=(n != 1);\\n"


def po(*entries, charset="UTF-8"):
    header = f'msgid ""\nmsgstr "{HEADER.format(charset)}"\n'
    return "\n".join([header, *entries]).encode()


def make_po():
    one = 'msgid "Open"\nmsgstr "Öffnen"\n'
    plural = 'msgid "%d file"\nmsgid_plural "%d files"\nmsgstr[0] "%d Datei"\nmsgstr[1] "%d Dateien"\n'
    files = {
        "plain": po(one, '# note\n#. why\n#: a.c:7\n#, c-format\nmsgid "Save"\nmsgstr "Sichern"\n'),
        "plural": po(plural),
        "context": po('msgctxt "menu"\n' + one, 'msgctxt "button"\n' + one),
        "fuzzy": po('#, c-format, fuzzy\n#| msgid "Opened"\n' + one, '#, fuzzy\n#~ msgid "a"\n#~ msgstr "b"\n', one),
        "several-lines": po('msgid ""\n"One.\\n"\n"Two.\\n"\nmsgstr ""\n"Eins.\\n"\n"Zwei.\\n"\n'),
        "unequal-lines": po('msgid "One.\\nTwo."\nmsgstr "Eins. Zwei."\n'),
        "escapes": po('msgid "\\t\\"q\\" \\\\ \\x41\\101\\r\\a"\nmsgstr "\\303\\274 \\xc3\\xbc"\n'),
        "untranslated": po('msgid "Open"\nmsgstr ""\n'),
        "no-header": one.encode(),
        "template": po('msgid "Open"\nmsgstr ""\n', charset="CHARSET"),
        "crlf": b"\xef\xbb\xbf" + po(one).replace(b"\n", b"\r\n"),
        "latin-1": po(one, charset="ISO-8859-1").decode().encode("latin-1"),
        "domain": po('domain "other"\n' + one),
        "cut-text": po('msgid "Open'),
        "no-msgstr": po('msgid "Open"\n'),
        "wrong-form": po(plural.replace("msgstr[1]", "msgstr[2]")),
        "bad-escape": po('msgid "\\q"\nmsgstr "\\400"\n'),
        "zero-escape": po('msgid "a"\nmsgstr "\\0"\n'),
        "slavic": po('msgid ""\nmsgstr "Plural-Forms: nplurals=3; plural=n%10==1 && n%100!=11 ? 0 : n>4 ? 1 : 2;\\n"\n',
                     plural + 'msgstr[2] "x"\n'),
    }
    for name, content in files.items():
        write("po_reader", name + ".po", content)


def mo(entries, order="<", revision=0, magic=0x950412DE):
    entries = sorted(entries.items())
    start = 28 + 16 * len(entries)
    tables, texts = b"", b""
    for side in (0, 1):
        for entry in entries:
            tables += struct.pack(order + "II", len(entry[side]), start + len(texts))
            texts += entry[side] + b"\0"
    head = struct.pack(order + "7I", magic, revision, len(entries), 28, 28 + 8 * len(entries), 0, start)
    return head + tables + texts


def make_mo():
    header = HEADER.replace("\\n", "\n")
    entries = {b"": header.format("UTF-8").encode(), b"Open": "Öffnen".encode(), b"menu\4Open": b"Auf",
               b"%d file\0%d files": b"%d Datei\0%d Dateien", b"One.\nTwo.\n": b"Eins.\nZwei.\n"}
    good = mo(entries)
    files = {
        "little-endian": good,
        "big-endian": mo(entries, ">"),
        "revision-1": mo(entries, revision=0x10001),
        "revision-2": mo(entries, revision=0x20000),
        "empty": mo({}),
        "no-header": mo({b"a": b"b"}),
        "latin-1": mo({b"": header.format("ISO-8859-1").encode(), b"a": b"\xfc"}),
        "zero-in-header": mo({b"": b"Language: de\n\0more", b"a": b"b"}),
        "no-utf8": mo({b"a": b"\xfc"}),
        "forms-without-plural": mo({b"a": b"b\0c"}),
        "two-plurals": mo({b"a\0b\0c": b"d\0e"}),
        "context-alone": mo({b"c\4": b"x", b"\4a": b"y"}),
        "lying-count": good[:8] + b"\xff\xff\xff\xff" + good[12:],
        "lying-offset": good[:12] + b"\xf0\xff\xff\xff" + good[16:],
        "lying-length": good[:28] + b"\xff\xff\xff\x7f" + good[32:],
        "overlapping": mo({bytes([97 + i]): b"x" for i in range(9)})[:28] + struct.pack("<II", 100, 28) * 18 + bytes(100),
        "header-only": good[:20],
        "magic-only": good[:4],
    }
    for name, content in files.items():
        write("mo_reader", name + ".mo", content)


def pack(content):
    return gzip.compress(content, mtime=0)


def make_tsv():
    text = "Hi.\tHallo!\nI'm shy.\tIch bin schüchtern.\tCC-BY\n".encode()
    files = {
        "two-and-three": text,
        "crlf": b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"),
        "empty-lines": b"\n" + text + b"\n\n",
        "empty-cells": b"\t\na\t\n\tb\n\t\t\n",
        "one-column": text + b"alone\n",
        "duplicates": text + text,
        "no-last-end": text.rstrip(b"\n"),
        "packed": pack(text),
        "long": b"a " * 300 + b"\t" + b"b " * 30 + b"\n",
    }
    for name, content in files.items():
        write("tsv", name + ".tsv", content)


def make_lines():
    text = "Größe: 3.14 m. “Well…” said he! 他说：“好。”然后走了。 \U0001F3B5\nnext line? yes\n".encode()
    files = {
        "plain": text,
        "crlf": text.replace(b"\n", b"\r\n") + b"a\rb\r",
        "mark": b"\xef\xbb\xbf" + text + b"\xef\xbb\xbfx",
        "mark-alone": b"\xef\xbb\xbf",
        "empty-lines": b"\n\n\r\n\n",
        "blanks": b"   \t \xe3\x80\x80 \xc2\xa0  word   \n",
        "packed": pack(text),
        "packed-twice-over": pack(text) + pack(b"") + pack(b"more\n"),
        "packed-and-more": pack(text) + b"more",
        "packed-wrong-sum": pack(text)[:-8] + bytes(8),
        "packed-cut": pack(text * 9)[:60],
        "packed-bomb": pack(b"boom\n" * 200000),
        "packed-long-line": pack(b"a" * 100000),
        "overlong": b"\xc0\xaf\n\xe0\x80\xaf",
        "surrogate": b"ok\n\xed\xa0\x80\n",
        "beyond": b"\xf4\x90\x80\x80\n",
        "cut-character": b"\xf0\x9f\x8e",
        "latin-1": "Größe\n".encode("latin-1"),
        "utf-16": "Größe\n".encode("utf-16"),
        "zero": b"a\0b\n",
        "long-line": b"word. " * 900,
    }
    for name, content in files.items():
        write("utf8_lines", name + ".txt", content)


if __name__ == "__main__":
    make_midi()
    make_safetensors()
    make_chorale_json()
    make_po()
    make_mo()
    make_tsv()
    make_lines()
