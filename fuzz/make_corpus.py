#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the fuzz targets into fuzz/corpus/: small files, made here, of every shape that counts.

Names that begin with found- are inputs that a target once failed on; they are kept as they are.
"""

import bz2
import gzip
import io
import json
import lzma
import struct
import tarfile
import zipfile
import zlib

from graph_seeds import make_graphs
from seeds import safetensors, write
from sphere_seeds import make_sphere


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
    scales = midi(1, 96, track(*scale), track(*running))
    first_length = 14 + 7  # the last byte of the length of the first track
    riff = b"RMIDdata" + struct.pack("<I", len(scales)) + scales
    files |= {
        "riff": b"RIFF" + struct.pack("<I", len(riff)) + riff,
        "riff-too-long": b"RIFF" + struct.pack("<I", len(riff)) + b"RMIDdata\xff\xff\0\0" + scales,
        "macbinary": bytes(128) + scales,
        "high-data-bytes": midi(0, 96, track((0, [0x90, 0x80, 0xFF]), (9, [0x80, 0xFF, 0x80]), (0, [0xE0, 0x90, 0xA0]))),
        "status-after-sysex": midi(0, 96, track((0, [0x90, 60, 90]), (0, [0xF0, 1, 0xF7]), (9, [60, 0]))),
        "data-without-status": midi(0, 96, track((0, [60, 61, 62, 0x90, 60, 90]), (9, [60, 0]))),
        "undefined-status": midi(0, 96, track((0, [0x90, 60, 90]), (0, [0xF4]), (0, [0xF2, 1, 2]), (9, [60, 0]))),
        "long-number": midi(0, 96, track((0, [0x90, 60, 90, 0x80, 0x80, 0x80, 0x80, 9, 60, 0]))),
        "tempo-of-4-bytes": midi(0, 96, track((0, [0xFF, 0x51, 4, 0, 7, 0xA1, 0x20]), *scale)),
        "bar-of-0-4": midi(0, 96, track((0, [0xFF, 0x58, 4, 0, 2, 24, 8]), *scale)),
        "too-long": scales[:first_length] + bytes([scales[first_length] + 5]) + scales[first_length + 1:],
        "too-short": scales[:first_length] + bytes([scales[first_length] - 9]) + scales[first_length + 1:],
        "between-tracks": midi(1, 96, track(*scale), b"\0\0\0", track(*running)),
        "claims-0": scales[:10] + b"\0\0" + scales[12:],
        "claims-9": scales[:10] + b"\0\x09" + scales[12:],
        "short-header": scales[:7] + b"\2" + scales[8:],
        "drums-without-length": midi(0, 96, track(*[(i % 2 * 20, [0x99, 38, 90 * (i % 2)]) for i in range(8)])),
    }
    for name, content in files.items():
        write("midi_reader", name + ".mid", content)


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


def gguf(values=(), tensors=(), data=b"", version=3, counts=None):
    """values: (key, type, packed value); tensors: (name, dimensions, type, offset)."""
    def text(value):
        return struct.pack("<Q", len(value)) + value.encode()

    counted = counts or (len(tensors), len(values))
    out = b"GGUF" + struct.pack("<IQQ", version, *counted)
    for key, kind, value in values:
        out += text(key) + struct.pack("<I", kind) + (text(value) if kind == 8 and isinstance(value, str) else value)
    for name, dimensions, kind, offset in tensors:
        out += text(name) + struct.pack(f"<I{len(dimensions)}QIQ", len(dimensions), *dimensions, kind, offset)
    return out + bytes(-len(out) % 32) + data


def make_gguf():
    number, words = struct.pack("<I", 2), struct.pack("<IQQ1sQ2s", 8, 2, 1, b"a", 2, b"bc")
    values = [("general.architecture", 8, "gpt2"), ("gpt2.block_count", 4, number), ("tokenizer.ggml.tokens", 9, words),
              ("tokenizer.ggml.token_type", 9, struct.pack("<IQ2i", 5, 2, 1, 3)),
              ("gpt2.attention.layer_norm_epsilon", 6, struct.pack("<f", 1e-5)), ("flag", 7, b"\1"), ("long", 10, struct.pack("<Q", 9))]
    tensors = [("a", [3, 2], 0, 0), ("b", [4], 1, 32), ("c", [4], 30, 64), ("d", [32, 2], 8, 96)]
    good = gguf(values, tensors, bytes(range(96)) + bytes(68))
    aligned = [("general.alignment", 4, struct.pack("<I", 64))]
    files = {
        "good": good,
        "version-2": gguf(values, tensors, bytes(164), version=2),
        "version-1": gguf(version=1),
        "big-endian": b"GGUF" + struct.pack(">IQQ", 3, 0, 0),
        "empty": gguf(),
        "aligned": gguf(aligned, [("a", [1], 0, 0)], bytes(64)),
        "alignment-3": gguf([("general.alignment", 4, struct.pack("<I", 3))]),
        "many-tensors": gguf(counts=(2**60, 0)),
        "many-values": gguf(counts=(0, 2**60)),
        "long-text": gguf([("k", 8, struct.pack("<Q", 2**63) + b"x")]),
        "long-array": gguf([("k", 9, struct.pack("<IQ", 8, 2**61))]),
        "long-numbers": gguf([("k", 9, struct.pack("<IQ", 12, 2**61 + 1))]),
        "array-of-arrays": gguf([("k", 9, struct.pack("<IQIQ", 9, 1, 9, 1))]),
        "twice": gguf([("k", 0, b"\1"), ("k", 0, b"\2")]),
        "tensor-twice": gguf((), [("a", [1], 0, 0), ("a", [1], 0, 0)], bytes(4)),
        "outside": gguf((), [("a", [8], 0, 2**63)], bytes(32)),
        "overflow": gguf((), [("a", [2**40, 2**40], 0, 0)], bytes(32)),
        "no-elements": gguf((), [("a", [0, 2**62, 4, 4], 0, 0)]),
        "half-block": gguf((), [("a", [16, 2], 8, 0)], bytes(64)),
        "q4": gguf((), [("a", [32], 12, 0)], bytes(64)),
        "five-dimensions": gguf((), [("a", [1] * 5, 0, 0)], bytes(4)),
    }
    for name, content in files.items():
        write("gguf", name + ".gguf", content)


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


def make_records():
    files = {
        "objects": b'{"text": "Hi.\\n", "label": 1}\n\n{"label": null, "text": "\\u00fc"}\n',
        "no-label": b'{"text": "Hi."}\n',
        "not-objects": b'[1]\n',
        "header": b"label\ttext\nx\tone \"two\"\ny\n",
        "quoted": b'label,text\nx,"a, ""b""\nand c"\n',
        "open-quote": b'label;text\nx;"a\n',
        "surrogate": b'{"text": "\\ud800", "label": "\\u0000"}\n',
    }
    for name, content in files.items():
        write("records", name + ".txt", content)


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


def chunk(kind, data=b""):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PNG_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def png(width, height, bits, colour, *extra, interlaced=False, idat=None, fill=0x5A, end=True):
    """Rows without a filter, all bytes `fill`; `extra` chunks before the pixels."""
    passes = ADAM7 if interlaced else [(0, 0, 1, 1)]
    raw = b""
    for x, y, step_x, step_y in passes:
        columns, rows = max(0, -((x - width) // step_x)), max(0, -((y - height) // step_y))
        row_bytes = (columns * PNG_SAMPLES.get(colour, 1) * bits + 7) // 8
        raw += (b"\0" + bytes([fill]) * row_bytes) * rows if columns else b""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlaced))
    palette = chunk(b"PLTE", bytes(range(0, 3 * min(2**bits, 85)))) if colour == 3 else b""
    pixels = chunk(b"IDAT", zlib.compress(raw) if idat is None else idat)
    return b"\x89PNG\r\n\x1a\n" + head + palette + b"".join(extra) + pixels + (chunk(b"IEND") if end else b"")


def exif(value, order=">", directory=8):
    """A TIFF block that says how a camera was held."""
    return (b"MM" if order == ">" else b"II") + struct.pack(order + "HIHHHIHHI", 42, directory, 1, 0x112, 3, 1, value, 0, 0)


def profile(colours, size=200):
    """A colour profile as far as heed looks."""
    return struct.pack(">I", size) + bytes(12) + colours + bytes(16) + b"acsp" + bytes(size - 40)


def make_png():
    files = {}
    for colour, depths in {0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]}.items():
        for bits in depths:
            files[f"colour-{colour}-{bits}"] = png(5, 4, bits, colour)
    good = png(5, 4, 8, 2)
    files |= {
        "interlaced": png(9, 9, 8, 2, interlaced=True),
        "interlaced-bits": png(9, 3, 1, 0, interlaced=True),
        "clear-grey": png(4, 4, 8, 0, chunk(b"tRNS", b"\0\x5a")),
        "clear-palette": png(4, 4, 4, 3, chunk(b"tRNS", b"\0\x80\xff")),
        "beyond-palette": png(4, 4, 8, 3, fill=0xFF),
        "text-gamma-profile": png(4, 4, 8, 2, chunk(b"tEXt", b"a\0b"), chunk(b"gAMA", b"\0\0\xb1\x8f"),
                                  chunk(b"iCCP", b"x\0\0broken"), chunk(b"zzzz", b"?")),
        "turned": png(5, 4, 8, 2, chunk(b"eXIf", exif(6))),
        "turned-by-more": png(5, 4, 8, 2, chunk(b"eXIf", b"Exif\0\0" + exif(7, "<"))),
        "profile": png(5, 4, 8, 2, chunk(b"iCCP", b"x\0\0" + zlib.compress(profile(b"RGB ")))),
        "grey-profile": png(5, 4, 16, 4, chunk(b"iCCP", b"x\0\0" + zlib.compress(profile(b"GRAY")))),
        "all-notes": png(5, 4, 16, 6, chunk(b"gAMA", b"\0\0\xb1\x8f"), chunk(b"cHRM", bytes(32)), chunk(b"sRGB", b"\1"),
                         chunk(b"pHYs", b"\0\0\x0b\x13" * 2 + b"\1"), chunk(b"eXIf", exif(5))),
        "exif-alone": exif(3),
        "exif-alone-little": b"Exif\0\0" + exif(4, "<"),
        "profile-alone": b"x\0\0" + zlib.compress(profile(b"RGB ")),
        "exif-far-away": png(5, 4, 8, 2, chunk(b"eXIf", exif(6, directory=0xFFFFFFFF))),
        "no-pixels": png(0, 4, 8, 0),
        "huge": b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2**31, 2**31, 8, 2, 0, 0, 0)),
        "more-than-it-holds": png(200, 300, 16, 6, idat=b""),
        "too-few-rows": png(5, 400, 8, 2, idat=zlib.compress(b"\0" * 32)),
        "too-many-rows": png(5, 4, 8, 2, idat=zlib.compress(b"\0" * 3200)),
        "wrong-checksum": good[:-17] + b"!" + good[-16:],
        "no-zlib": png(5, 4, 8, 2, idat=b"no deflate data"),
        "no-end": png(5, 4, 8, 2, end=False),
        "more-after-the-end": good + b"more",
        "wrong-filter": png(2, 1, 8, 0, idat=zlib.compress(b"\7\1\2")),
        "wrong-depth": png(4, 4, 3, 0),
        "no-palette": png(4, 4, 8, 2).replace(b"IDAT", b"IDAX"),
        "signature-only": good[:8],
    }
    for name, content in files.items():
        write("png_reader", name + ".png", content)


def make_jpeg():
    """With Pillow: a Huffman coder here would be longer than all the rest."""
    from PIL import Image

    def encode(mode, size=(19, 13), **options):
        out = io.BytesIO()
        picture = Image.linear_gradient("L").resize(size).convert(mode)
        picture.save(out, "JPEG", **options)
        return out.getvalue()

    def part(number, content):
        return b"\xff\xe2" + struct.pack(">H", len(content) + 16) + b"ICC_PROFILE\0" + bytes([number, 2]) + content

    good = encode("RGB")
    files = {
        "grey": encode("L"),
        "colour": good,
        "all-chroma": encode("RGB", subsampling=0, quality=95),
        "progressive": encode("RGB", progressive=True),
        "progressive-grey": encode("L", progressive=True),
        "restarts": encode("RGB", (40, 40), restart_marker_blocks=1),
        "cmyk": encode("CMYK"),
        "comment": encode("L", comment=b"a comment", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0"),
        "turned": encode("RGB", exif=b"Exif\0\0" + exif(8, "<")),
        "mirrored": encode("L", exif=b"Exif\0\0" + exif(5)),
        "profile": encode("RGB", icc_profile=profile(b"RGB "), dpi=(300, 200)),
        "profile-in-parts": good[:2] + part(1, profile(b"RGB ")[:90]) + part(2, profile(b"RGB ")[90:]) + good[2:],
        "no-profile": encode("RGB", icc_profile=b"no profile"),
        "exif-far-away": encode("L", exif=b"Exif\0\0" + exif(8, directory=0xFFFFFFFE)),
        "one-pixel": encode("L", (1, 1)),
        "cut": good[:len(good) * 3 // 4],
        "no-end": good[:-2],
        "more-after-the-end": good + b"more",
        "header-only": good[:20],
        "damaged": good[:-40] + bytes(range(200, 220)) + good[-20:],
    }
    files["huge"] = files["grey"].replace(struct.pack(">HH", 13, 19), b"\xff\xdc\xff\xdc", 1)
    files["no-pixels"] = files["grey"].replace(struct.pack(">HH", 13, 19), b"\0\0\0\x13", 1)
    for name, content in files.items():
        write("jpeg_reader", name + ".jpg", content)


def tar_header(name=b"a.png", size=b"00000000003", kind=b"0", magic=b"ustar\00000", prefix=b"", signed=False):
    block = bytearray(512)
    for at, field in ((0, name), (100, b"0000644"), (124, size), (148, b" " * 8), (156, kind), (257, magic), (345, prefix)):
        block[at:at + len(field)] = field
    checksum = sum(byte - 256 if signed and byte > 127 else byte for byte in block)
    block[148:156] = b"%06o\0 " % checksum
    return bytes(block)


def make_tar():
    def archive(kind, names=("train/cat/1.png", "./b.png")):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=kind) as tar:
            for name in names:
                info = tarfile.TarInfo(name)
                info.size = 3
                tar.addfile(info, io.BytesIO(b"abc"))
        return out.getvalue()[:1536 * len(names) + 8192]

    def pax(records):
        return tar_header(b"x", b"%011o" % len(records), b"x") + records.ljust(-(-len(records) // 512) * 512, b"\0")

    file, end = tar_header() + b"abc".ljust(512, b"\0"), bytes(1024)
    long_name = "l" * 120 + "/" + "o" * 140 + ".png"
    good = archive(tarfile.USTAR_FORMAT)
    files = {
        "ustar": good,
        "prefix": tar_header(prefix=b"a/folder") + bytes(512) + end,
        "gnu-long-name": archive(tarfile.GNU_FORMAT, [long_name]),
        "pax-long-name": archive(tarfile.PAX_FORMAT, [long_name, "Gr\u00f6\u00dfe.png"]),
        "pax-size": pax(b"9 size=3\n") + tar_header(size=b"00000000000") + b"abc".ljust(512, b"\0") + end,
        "pax-wrong-length": pax(b"99 path=x\n") + file + end,
        "pax-no-equals": pax(b"7 path\n") + file + end,
        "pax-zero-in-name": pax(b"12 path=a\0b\n") + file + end,
        "pax-sparse": pax(b"22 GNU.sparse.major=1\n") + file + end,
        "old": tar_header(magic=b"", kind=b"\0") + b"abc".ljust(512, b"\0") + tar_header(b"folder/", b"0", b"\0", b""),
        "links-and-folders": tar_header(b"l", b"00000000003", b"2") + tar_header(b"d/", b"00000000000", b"5") + file + end,
        "hostile-names": tar_header(b"../../etc/x.png") + b"abc".ljust(512, b"\0") + tar_header(b"/abs\x1b[31m.png") + bytes(512) + end,
        "huge-size": tar_header(size=b"77777777777") + b"abc",
        "binary-size": tar_header(size=b"\x80" + bytes(10) + b"\3") + b"abc".ljust(512, b"\0") + end,
        "binary-huge-size": tar_header(size=b"\x80" + b"\xff" * 11) + file,
        "negative-size": tar_header(size=b"\xff" * 12) + file,
        "no-size": tar_header(size=b"0000000000x") + file,
        "huge-long-name": tar_header(b"x", b"77777777777", b"L") + file,
        "sparse": tar_header(kind=b"S") + file,
        "wrong-checksum": file + tar_header()[:-1] + b"x",
        "signed-checksum": tar_header(b"\xe4\xf6.png", signed=True) + b"abc".ljust(512, b"\0") + end,
        "no-end": file,
        "no-padding": file + tar_header() + b"abc",
        "long-name-alone": tar_header(b"x", b"00000000003", b"L") + b"abc".ljust(512, b"\0") + end,
        "packed": pack(good),
        "packed-cut": pack(good)[:80],
        "packed-bomb": pack(tar_header(size=b"00001000000") + bytes(1 << 18) + end),
    }
    for name, content in files.items():
        write("archive_reader", name + ".tar", content)


def make_zip():
    """Zips of every shape, and tars packed by each filter; zstd as one raw block, which needs no library."""
    def archive(method=zipfile.ZIP_DEFLATED, names=("train/cat/1.png", "Gr\u00f6\u00dfe.png"), comment=b"", content=b"abc" * 9):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as zipped:
            for name in names:
                zipped.writestr(zipfile.ZipInfo(name), content, method)
            zipped.comment = comment
        return out.getvalue()

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        info = tarfile.TarInfo("cat/1.png")
        info.size = 3
        tar.addfile(info, io.BytesIO(b"abc"))
    plain, good = out.getvalue()[:2048], archive()
    encrypted = bytearray(good)
    for at in (good.index(b"PK\3\4") + 6, good.index(b"PK\1\2") + 8):
        encrypted[at] |= 1
    zstd = struct.pack("<IBBQ", 0xFD2FB528, 0xC0, 0x38, len(plain)) + struct.pack("<I", len(plain) << 3 | 1)[:3] + plain
    files = {
        "deflated.zip": good,
        "stored.zip": archive(zipfile.ZIP_STORED),
        "bzip2.zip": archive(zipfile.ZIP_BZIP2),
        "lzma.zip": archive(zipfile.ZIP_LZMA),
        "comment.zip": archive(comment=b"a comment"),
        "hostile-names.zip": archive(names=("../../etc/x.png", "/abs\x1b[31m.png", "a/", "a\\b.png")),
        "twice.zip": archive(names=("a.png", "./a.png")),
        "empty.zip": archive(names=()),
        "cut.zip": good[:-9],
        "encrypted.zip": bytes(encrypted),
        "wrong-sum.zip": archive(zipfile.ZIP_STORED).replace(b"abcabc", b"abxabc", 1),
        "bomb.zip": archive(content=bytes(1 << 18)),
        "packed.tar.bz2": bz2.compress(plain),
        "packed.tar.xz": lzma.compress(plain),
        "packed.tar.zst": zstd,
    }
    for name, content in files.items():
        write("archive_reader", name, content)
    for name, content in {"a.bz2": bz2.compress(b"abc"), "a.xz": lzma.compress(b"abc" * 40), "a.zst": zstd, "a.gz": pack(b"abc"),
                          "two.bz2": bz2.compress(b"abc") + bz2.compress(b"def"), "two.xz": lzma.compress(b"a") + lzma.compress(b"b"),
                          "two.gz": pack(b"abc") + pack(b"def"), "cut.bz2": bz2.compress(b"abc" * 99)[:30], "cut.xz": lzma.compress(b"abc")[:40],
                          "cut.zst": zstd[:300], "no-data.bz2": bz2.compress(b""), "no-data.xz": lzma.compress(b""), "plain": b"text",
                          "bomb.gz": pack(bytes(1 << 20)), "bomb.bz2": bz2.compress(bytes(1 << 20))}.items():
        write("byte_stream", name, content)


def idx(*shape, values=None, kind=8):
    count = 1
    for size in shape:
        count *= size
    values = bytes(count) if values is None else values
    return bytes([0, 0, kind, len(shape)]) + b"".join(struct.pack(">I", size) for size in shape) + values


def make_idx():
    good = idx(2, 3, 4)
    files = {
        "images": good,
        "labels": idx(5, values=b"\0\1\2\3\4"),
        "four-sizes": idx(2, 3, 4, 1),
        "five-sizes": idx(1, 1, 1, 1, 1),
        "no-size": bytes([0, 0, 8, 0]),
        "none": idx(0, 28, 28),
        "too-few": good[:-1],
        "too-many": good + b"x",
        "floats": idx(2, values=bytes(8), kind=0x0D),
        "huge": bytes([0, 0, 8, 4]) + b"\xff" * 16,
        "zero-hides-huge": bytes([0, 0, 8, 4]) + b"\xff" * 12 + bytes(4),
        "header-only": good[:9],
        "packed": pack(good),
        "packed-cut": pack(good)[:12],
        "packed-bomb": pack(idx(1, 1 << 9, 1 << 9)),
    }
    for name, content in files.items():
        write("idx_reader", name + ".idx", content)


def byte_alphabet():
    """GPT-2's printable characters of all bytes, in the order of their numbers."""
    same = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [chr(byte) for byte in same] + [chr(0x100 + i) for i in range(68)]


MERGES = [("\u0120", "t"), ("h", "e"), ("\u0120t", "he"), ("a", "a"), ("aa", "aa"), ("#", "#"), ("\u010a", "\u010a")]


def tokenizer(**changes):
    """A whole tokenizer.json; changes of "model__dropout" go into its parts."""
    tokens = byte_alphabet() + [left + right for left, right in MERGES] + ["<|endoftext|>"]
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    end = {"id": len(tokens) - 1, "content": "<|endoftext|>", "single_word": False, "lstrip": False, "rstrip": False,
           "normalized": False, "special": True}
    file = {"version": "1.0", "truncation": None, "added_tokens": [end], "normalizer": None, "pre_tokenizer": level, "decoder": dict(level),
            "model": {"type": "BPE", "dropout": None, "vocab": {token: i for i, token in enumerate(tokens)},
                      "merges": [list(pair) for pair in MERGES]}}
    for name, value in changes.items():
        *parts, last = name.split("__")
        place = file
        for part in parts:
            place = place[part]
        place[last] = value
    return file


def make_tokenizer_json():
    good = tokenizer()
    vocabulary = good["model"]["vocab"]
    word = {"id": len(vocabulary), "content": " covid", "special": False}
    files = {
        "pairs": good,
        "texts": tokenizer(model__merges=[" ".join(pair) for pair in MERGES]),
        "no-merges": tokenizer(model__merges=[]),
        "twice": tokenizer(model__merges=[list(pair) for pair in MERGES * 2]),
        "backwards": tokenizer(model__merges=[list(pair) for pair in MERGES[::-1]]),
        "added-word": tokenizer(added_tokens=good["added_tokens"] + [word]),
        "added-is-byte": tokenizer(added_tokens=[{"id": 0, "content": "!", "special": False}]),
        "special-is-byte": tokenizer(added_tokens=[{"id": 0, "content": "!", "special": True}]),
        "gap": tokenizer(model__vocab=vocabulary | {"he": 9999}),
        "negative": tokenizer(model__vocab=vocabulary | {"he": -1}),
        "huge-id": tokenizer(added_tokens=[{"id": 2**62, "content": "x"}]),
        "lacks-a-byte": tokenizer(model__vocab={token: i for token, i in vocabulary.items() if token != "\u0120"}),
        "dropout": tokenizer(model__dropout=0.1),
        "normalizer": tokenizer(normalizer={"type": "NFC"}),
        "null-byte-token": tokenizer(added_tokens=good["added_tokens"] + [{**word, "content": "\0"}]),
        "no-object": [1],
    }
    for name, content in files.items():
        write("tokenizer_json", name + ".json", json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())
    write("tokenizer_json", "deep.json", b"[" * 5000)
    write("tokenizer_json", "cut.json", json.dumps(good).encode()[:900])


def make_vocabulary_and_merges():
    vocabulary = json.dumps(tokenizer()["model"]["vocab"], ensure_ascii=False, separators=(",", ":")).encode()
    merges = b"#version: 0.2\n" + "".join(f"{left} {right}\n" for left, right in MERGES).encode()
    files = {
        "good": [vocabulary, merges],
        "no-version": [vocabulary, merges.split(b"\n", 1)[1]],
        "crlf": [vocabulary, merges.replace(b"\n", b"\r\n")],
        "no-last-end": [vocabulary, merges[:-1]],
        "empty-line": [vocabulary, merges + b"\n\nh e\n"],
        "three": [vocabulary, merges + b"a b c\n"],
        "unknown": [vocabulary, merges + b"q q\n"],
        "added": [vocabulary, merges, b'{"<|sep|>":264,"covid":265}'],
        "added-gap": [vocabulary, merges, b'{"<|sep|>":266}'],
        "no-merges": [vocabulary],
        "no-vocabulary": [b"{}", merges],
    }
    for name, parts in files.items():
        write("vocabulary_and_merges", name, b"\0".join(parts))


def make_byte_level_text():
    files = {
        "words": "Hello  world, it's  the 'LL others 123 12a\n\n =".encode(),
        "blanks": "x\u0085y\u00a0z\u2028\u3000 \u200b\ufeff\u180e\x1c\x1f\t\r\n  ".encode(),
        "special": b"a<|endoftext|>b<|end<|endoftext|",
        "scripts": "na\u00efve e\u0301 \u65e5\u672c\u8a9e \u2167\u00bd\u0663 \U0001f600\U0001f44d\U0001f3fd \U0001d7d8".encode(),
        "run": b"a" * 700,
        "runs": b"aaaa the the " * 40 + b" " * 300,
        "malformed": b"ok \xff\xc3 \xe2\x82 \xed\xa0\x80\xf4\x90\x80\x80 '\x80 \xf0\x9f\x98",
        "all-bytes": bytes(range(256)),
        "contractions": b"'s't're've'm'll'd'S 's '' ''s'l'r",
    }
    for name, content in files.items():
        write("byte_level_text", name + ".txt", content)


if __name__ == "__main__":
    make_tokenizer_json()
    make_vocabulary_and_merges()
    make_byte_level_text()
    make_midi()
    make_safetensors()
    make_gguf()
    make_chorale_json()
    make_po()
    make_mo()
    make_tsv()
    make_records()
    make_lines()
    make_png()
    make_jpeg()
    make_tar()
    make_zip()
    make_idx()
    make_graphs()
    make_sphere()
