# SPDX-License-Identifier: Apache-2.0
"""PNG of 8 or 16 bits, grey or RGB, with or without alpha, with the standard library alone."""
import math
import struct
import zlib


COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # by the number of channels


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def write(path, rows, channels=1, bits=8, chunks=()):
    """rows: a list of lists of numbers, channels interleaved. chunks: pairs of kind and content, before the pixels."""
    head = struct.pack(">IIBBBBB", len(rows[0]) // channels, len(rows), bits, COLOUR_TYPES[channels], 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + struct.pack(f">{len(row)}{'B' if bits == 8 else 'H'}", *row) for row in rows))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(chunk(*one) for one in chunks) +
                     chunk(b"IDAT", body) + chunk(b"IEND", b""))


def chunks(path):
    """Content by kind, of a file without two chunks of a kind."""
    data, at, found = path.read_bytes(), 8, {}
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        found[kind] = data[at + 8:at + 8 + length]
        at += 12 + length
    return found


def read(path):
    """(rows, channels)"""
    data = path.read_bytes()
    at, body = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        content = data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height, bits, colour = struct.unpack(">IIBB", content[:10])
        elif kind == b"IDAT":
            body += content
        at += 12 + length
    channels = {code: count for count, code in COLOUR_TYPES.items()}[colour]
    size = bits // 8
    back = channels * size
    plain, stride, rows, above = zlib.decompress(body), width * back, [], [0] * (width * back)
    for y in range(height):
        line = plain[y * (stride + 1):(y + 1) * (stride + 1)]
        row = []
        for i, byte in enumerate(line[1:]):
            left = row[i - back] if i >= back else 0
            corner = above[i - back] if i >= back else 0
            row.append((byte + (0, left, above[i], (left + above[i]) // 2, paeth(left, above[i], corner))[line[0]]) % 256)
        rows.append(row if size == 1 else [row[i] * 256 + row[i + 1] for i in range(0, stride, 2)])
        above = row
    return rows, channels


def paeth(left, above, corner):
    guess = left + above - corner
    return min((left, above, corner), key=lambda value: abs(guess - value))


def psnr(a, b):
    squares = [(x - y) ** 2 for one, other in zip(a, b) for x, y in zip(one, other)]
    return 10 * math.log10(255**2 * len(squares) / sum(squares))
