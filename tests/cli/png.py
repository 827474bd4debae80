# SPDX-License-Identifier: Apache-2.0
"""PNG of 8 bits, grey or RGB, with the standard library alone."""
import math
import struct
import zlib


def write(path, rows, channels=1):
    """rows: a list of lists of numbers, channels interleaved."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", len(rows[0]) // channels, len(rows), 8, 2 if channels == 3 else 0, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b""))


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
    assert bits == 8 and colour in (0, 2)
    channels = 3 if colour == 2 else 1
    plain, stride, rows, above = zlib.decompress(body), width * channels, [], [0] * (width * channels)
    for y in range(height):
        line = plain[y * (stride + 1):(y + 1) * (stride + 1)]
        row = []
        for i, byte in enumerate(line[1:]):
            left = row[i - channels] if i >= channels else 0
            corner = above[i - channels] if i >= channels else 0
            row.append((byte + (0, left, above[i], (left + above[i]) // 2, paeth(left, above[i], corner))[line[0]]) % 256)
        rows.append(row)
        above = row
    return rows, channels


def paeth(left, above, corner):
    guess = left + above - corner
    return min((left, above, corner), key=lambda value: abs(guess - value))


def psnr(a, b):
    squares = [(x - y) ** 2 for one, other in zip(a, b) for x, y in zip(one, other)]
    return 10 * math.log10(255**2 * len(squares) / sum(squares))
