#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares pictures that heed reads and writes with Pillow's, over a grid of modes, sizes and orientations.

    pillow_compare.py path/to/picture_dump

Pillow has no RGB of 16 bits; those PNGs are written here, of rows without a filter. Exits 77 (skipped) if Pillow is not installed.
"""

import io
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

try:
    import numpy as np
    from PIL import Image, ImageCms, ImageOps
except ImportError as error:
    print(f"skipped: {error.name} is missing in this Python; pip install scikit-image")
    sys.exit(77)

DUMP = sys.argv[1]
SIZES = [(1, 1), (1, 9), (9, 1), (2, 2), (7, 5), (13, 22), (33, 16)]
COLOURS = {1: 0, 2: 4, 3: 2, 4: 6}  # PNG's colour type, by the number of channels
ORIENTATION = 274


def dump(mode, file):
    """[height, width, channels] and bits."""
    out = subprocess.run([DUMP, mode, file], check=True, capture_output=True).stdout
    head, body = out.split(b"\n", 1)
    height, width, channels, bits = map(int, head.split())
    return np.frombuffer(body, np.uint16).reshape(height, width, channels).astype(int), bits


def chunk(kind, data=b""):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(pixels, bits, *extra, interlaced=False):
    """Any number of channels, 8 or 16 bits."""
    height, width, channels = pixels.shape
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = b""
    for x, y, step_x, step_y in passes if interlaced else [(0, 0, 1, 1)]:
        part = pixels[y::step_y, x::step_x].astype(">u2" if bits == 16 else ">u1")
        rows += b"".join(b"\0" + row.tobytes() for row in part) if part.size else b""
    head = struct.pack(">IIBBBBB", width, height, bits, COLOURS[channels], 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(extra) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND")


def on_white(pixels, bits):
    """As decode_png shows transparent pixels: 16 bits become 8 first, then they are laid on white, each rounded to nearest."""
    eight = (pixels * 2 + 257) // 514 if bits == 16 else pixels
    if eight.shape[2] % 2:
        return eight
    colours, alpha = eight[..., :-1], eight[..., -1:]
    return (colours * alpha + 255 * (255 - alpha) + 127) // 255


def expect(file, pixels, bits, what, tolerance=0):
    """The picture, its 8-bit form, and the picture after writing and reading are these numbers."""
    found, depth = dump("picture", file)
    assert depth == bits and found.shape == pixels.shape, (what, depth, found.shape, pixels.shape)
    assert np.abs(found - pixels).max() <= tolerance, what
    flat, _ = dump("image", file)
    assert np.abs(flat - on_white(pixels, bits)).max() <= tolerance, what
    again = file.with_name("again.png")
    subprocess.run([DUMP, "write", file, again, "95"], check=True)
    theirs = Image.open(again)
    assert not theirs.getexif(), what  # turned upright, and not to be turned again
    assert np.array_equal(dump("picture", again)[0], found), what
    if bits == 8:
        assert np.array_equal(np.atleast_3d(np.asarray(theirs).reshape(found.shape)), found), what


def compare_modes(folder, rng):
    count = 0
    for height, width in SIZES:
        for channels in COLOURS:
            for bits in (8, 16):
                for interlaced in (False, True):
                    pixels = rng.integers(0, 1 << bits, (height, width, channels))
                    file = folder / "a.png"
                    file.write_bytes(png(pixels, bits, interlaced=interlaced))
                    expect(file, pixels, bits, (height, width, channels, bits, interlaced))
                    if bits == 8 or channels == 1:  # Pillow reads it as it is
                        theirs = np.asarray(Image.open(file)).reshape(pixels.shape)
                        assert np.array_equal(theirs, pixels)
                    count += 1
        grey = rng.integers(0, 256, (height, width)).astype(np.uint8)
        palette = Image.fromarray(grey).convert("P")
        palette.putpalette(rng.integers(0, 256, 768).astype(np.uint8).tobytes())
        transparent = bytes(rng.integers(0, 256, 256).astype(np.uint8))
        for picture, options in ((palette, {}), (palette, {"transparency": transparent}), (Image.fromarray(grey), {"transparency": 7}),
                                 (Image.fromarray(grey > 99), {})):
            file = folder / "a.png"
            picture.save(file, **options)
            mode = "L" if picture.mode in "1L" else "RGB"
            theirs = np.asarray(Image.open(file).convert(mode + "A" if options else mode))
            expect(file, theirs.reshape(height, width, -1).astype(int), 8, (height, width, picture.mode, options))
            count += 1
    return count


def compare_orientations(folder, rng):
    count = 0
    for order in "<>":
        for value in range(10):
            for height, width in ((1, 1), (1, 9), (13, 22)):
                for mode in ("L", "RGB", "RGBA"):
                    for ending in ("png", "jpg") if mode != "RGBA" else ("png",):
                        shape = (height, width) if mode == "L" else (height, width, len(mode))
                        exif = Image.Exif()
                        exif.endian = order
                        exif[ORIENTATION] = value
                        file = folder / f"turned.{ending}"
                        Image.fromarray(rng.integers(0, 256, shape).astype(np.uint8)).save(file, exif=exif)
                        theirs = np.asarray(ImageOps.exif_transpose(Image.open(file))).astype(int)
                        theirs = theirs.reshape(*theirs.shape[:2], -1)
                        expect(file, theirs, 8, (order, value, height, width, mode, ending), tolerance=ending == "jpg")
                        count += 1
    return count


def compare_notes(folder, rng):
    """Colour profiles and densities pass between the formats."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    pixels = Image.fromarray(rng.integers(0, 256, (12, 17, 3)).astype(np.uint8))
    grey = profile[:16] + b"GRAY" + profile[20:]
    count = 0
    for source in ("png", "jpg"):
        for target in ("png", "jpg"):
            for picture, given, kept in ((pixels, profile, profile), (pixels.convert("L"), grey, grey), (pixels, grey, None),
                                         (pixels, b"no profile", None), (pixels, None, None), (pixels, profile[:16] + profile[16:] * 60, None)):
                if given and len(given) > 1 << 16 and source == "png":
                    given = None
                file, to = folder / f"from.{source}", folder / f"to.{target}"
                picture.save(file, icc_profile=given, dpi=(300, 300))
                subprocess.run([DUMP, "write", file, to, "95"], check=True)
                found = Image.open(to)
                assert found.info.get("icc_profile") == kept, (source, target, given)
                assert np.allclose(found.info["dpi"], 300, atol=0.02), (source, target, found.info)
                count += 1
    file, to = folder / "from.png", folder / "to.png"
    chunks = [chunk(b"gAMA", struct.pack(">I", 100000)), chunk(b"cHRM", struct.pack(">8I", *range(30000, 38000, 1000))), chunk(b"sRGB", b"\1")]
    file.write_bytes(png(rng.integers(0, 65536, (3, 4, 4)), 16, *chunks))
    subprocess.run([DUMP, "write", file, to, "95"], check=True)
    info = Image.open(to).info
    assert info["gamma"] == 1 and info["srgb"] == 1 and np.allclose(info["chromaticity"], np.arange(30, 38) / 100), info
    return count + 1


def compare_jpegs(folder, rng):
    """What heed writes as JPEG is near to the picture, and equals what Pillow writes at that quality."""
    y, x = np.mgrid[:37, :50]
    smooth = np.stack([x * 5, y * 6, (x + y) * 2], -1).astype(np.uint8)
    for quality in (50, 95, 100):
        for pixels in (smooth, smooth[..., 0]):
            file, to = folder / "from.png", folder / "to.jpeg"
            Image.fromarray(pixels).save(file)
            subprocess.run([DUMP, "write", file, to, str(quality)], check=True)
            theirs = io.BytesIO()
            Image.fromarray(pixels).save(theirs, "JPEG", quality=quality, subsampling=0)
            ours, wanted = np.asarray(Image.open(to)).astype(int), np.asarray(Image.open(theirs)).astype(int)
            assert ours.shape == wanted.shape and np.abs(ours - wanted).max() <= 2, quality
    transparent = np.dstack([smooth, np.where(x < 25, 0, 255)]).astype(np.uint8)
    Image.fromarray(transparent).save(folder / "from.png")
    subprocess.run([DUMP, "write", folder / "from.png", folder / "to.jpg", "100"], check=True)
    ours = np.asarray(Image.open(folder / "to.jpg")).astype(int)
    assert np.abs(ours[:, :20] - 255).max() <= 3 and np.abs(ours[:, 30:] - smooth[:, 30:]).max() <= 3
    return 7


with tempfile.TemporaryDirectory() as name:
    for compare in (compare_modes, compare_orientations, compare_notes, compare_jpegs):
        print(f"{compare.__name__}: {compare(pathlib.Path(name), np.random.default_rng(1))} pictures agree")
