#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Progress on terminals of several widths: one line, redrawn in place, that never wraps."""
import fcntl
import os
import pty
import re
import struct
import subprocess
import tempfile
import termios
import unittest
from pathlib import Path

from program import HEED

SOURCE = Path(__file__).resolve().parents[2]


def on_a_terminal(columns, *arguments):
    """What the program writes to a terminal of so many columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen([HEED, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=theirs,
                               cwd=SOURCE)
    os.close(theirs)
    text = b""
    try:
        while chunk := os.read(ours, 4096):
            text += chunk
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    return process.wait(), text.decode()


class Terminal(unittest.TestCase):
    def test_the_progress_line_fits_terminals_of_40_80_and_200_columns(self):
        with tempfile.TemporaryDirectory() as folder:
            commands = {
                "music": ["generate", "--model", "chorales", "--seconds", 40, "--no-picture", "--output", f"{folder}/music"],
                "images": ["generate", "--model", "cifar8-class", "--count", 8, "--output", f"{folder}/images"],
                "synthesize": ["synthesize", "docs/pictures/texture-bricks.png", "--size", 40, "--window", 5, "--output", f"{folder}/s.png"],
            }
            for columns in (40, 80, 200):
                for name, command in commands.items():
                    with self.subTest(f"{name}, {columns}"):
                        code, text = on_a_terminal(columns, *command)
                        self.assertEqual(code, 0, text)
                        frames = [frame for frame in re.split(r"[\r\n]", text.replace("\x1b[K", "")) if frame]
                        self.assertGreaterEqual(len(frames), 1)
                        self.assertLess(max(map(len, frames)), columns)
                        self.assertEqual(text.count("\n"), 1, "redrawn in place: one line when the work is done")


if __name__ == "__main__":
    unittest.main(verbosity=2)
