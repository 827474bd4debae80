#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the fuzz targets into fuzz/corpus/: small files, made here, of every shape that counts.

Names that begin with found- are inputs that a target once failed on; they are kept as they are.
"""

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


if __name__ == "__main__":
    make_midi()
    make_safetensors()
    make_chorale_json()
