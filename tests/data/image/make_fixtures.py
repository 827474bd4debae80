#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the images of tests/data/image/fixtures/. Needs Pillow, for the JPEGs.

PNG: 11 x 9, every colour type and depth, plain and interlaced, written here without a library. Samples are a function
of their position (`sample`), which png_reader_test.cpp repeats. JPEG: written and decoded by Pillow; the decoded image is
stored beside each file as .pnm.
"""

import io
import pathlib
import struct
import zlib

from PIL import Image, ImageOps

FIXTURES = pathlib.Path(__file__).resolve().parent / "fixtures"
WIDTH, HEIGHT = 11, 9
COLOURS = {"grey": (0, 1), "rgb": (2, 3), "palette": (3, 1), "grey-alpha": (4, 2), "rgba": (6, 4)}
DEPTHS = {"grey": [1, 2, 4, 8, 16], "rgb": [8, 16], "palette": [1, 2, 4, 8], "grey-alpha": [8, 16], "rgba": [8, 16]}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def sample(x, y, channel, bits):
    return (x * 4051 + y * 9241 + channel * 30011 + x * y * 517) % 65536 >> (16 - bits)


def palette_colour(i):
    return [(i * 31 + 5) % 256, (i * 57 + 9) % 256, (i * 101 + 77) % 256]


def chunk(kind, data=b""):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed_row(values, bits):
    if bits == 16:
        return struct.pack(f">{len(values)}H", *values)
    text = "".join(f"{value:0{bits}b}" for value in values)
    text += "0" * (-len(text) % 8)
    return bytes(int(text[i:i + 8], 2) for i in range(0, len(text), 8))


def scanlines(channels, bits, interlaced):
    """Uses the filter Sub in every second row."""
    raw = b""
    for left, top, step_x, step_y in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        for y in range(top, HEIGHT, step_y):
            values = [sample(x, y, c, bits) for x in range(left, WIDTH, step_x) for c in range(channels)]
            row = packed_row(values, bits)
            back = max(1, channels * bits // 8)
            sub = bytes((byte - (row[i - back] if i >= back else 0)) % 256 for i, byte in enumerate(row))
            raw += (b"\1" + sub if y % 2 else b"\0" + row) if row else b""
    return raw


def png(colour, bits, interlaced, transparent):
    kind, channels = COLOURS[colour]
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, bits, kind, 0, 0, interlaced))
    out += chunk(b"gAMA", struct.pack(">I", 100000)) + chunk(b"tEXt", b"Comment\0made for a test")
    if colour == "palette":
        out += chunk(b"PLTE", b"".join(bytes(palette_colour(i)) for i in range(2**bits)))
    if transparent and colour == "palette":
        out += chunk(b"tRNS", bytes(i * 37 % 256 for i in range(2**bits // 2)))
    elif transparent:  # one pixel's colour
        out += chunk(b"tRNS", struct.pack(f">{channels}H", *(sample(3, 2, c, bits) for c in range(channels))))
    data = zlib.compress(scanlines(channels, bits, interlaced), 9)
    half = len(data) // 2
    return out + chunk(b"IDAT", data[:half]) + chunk(b"IDAT", data[half:]) + chunk(b"IEND")


def make_pngs():
    for colour, depths in DEPTHS.items():
        for bits in depths:
            for interlaced in (False, True):
                content = png(colour, bits, interlaced, False)
                Image.open(io.BytesIO(content)).load()  # an independent reader accepts it
                (FIXTURES / f"{colour}-{bits}{'-interlaced' if interlaced else ''}.png").write_bytes(content)
            if colour in ("grey", "rgb", "palette"):
                (FIXTURES / f"{colour}-{bits}-transparent.png").write_bytes(png(colour, bits, False, True))


def make_jpegs():
    picture = Image.new("RGB", (37, 29))
    picture.putdata([((x * 7) % 256, (y * 9) % 256, (x * y) % 256) for y in range(29) for x in range(37)])
    exif = Image.Exif()
    exif[0x0112] = 6  # rotated by 90 degrees
    kinds = {
        "grey": (picture.convert("L"), {}),
        "colour": (picture, {}),
        "all-chroma": (picture, {"subsampling": 0, "quality": 95}),
        "progressive": (picture, {"progressive": True}),
        "turned": (picture, {"exif": exif}),
    }
    for name, (image, options) in kinds.items():
        image.save(FIXTURES / f"{name}.jpg", **options)
        ImageOps.exif_transpose(Image.open(FIXTURES / f"{name}.jpg")).save(FIXTURES / f"{name}.pnm", format="PPM")
    picture.convert("CMYK").save(FIXTURES / "cmyk.jpg")


FIXTURES.mkdir(exist_ok=True)
make_pngs()
make_jpegs()
