# SPDX-License-Identifier: Apache-2.0
"""A terminal for tests: a pseudo-terminal with a program on it, and the screen that it would show. Standard library only."""
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import unicodedata

CLEAR = "\x1b[K"


def width(character):
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Screen:
    """Lines as a terminal of so many columns shows them. Knows no escape code but the one that clears to the end of a line."""

    def __init__(self, columns):
        self.columns = columns
        self.lines = [""]
        self.wrapped = 0  # times that a redrawn line went over the end of its row
        self.redrawn = 0

    def write(self, text):
        text = text.replace("\r\n", "\n")
        for part in re.split(f"(\r{re.escape(CLEAR)}|\n)", text):
            if part == "\n":
                self.lines.append("")
            elif part == "\r" + CLEAR:
                self.lines[-1] = ""
                self.redrawn += 1
            elif part:
                assert "\x1b" not in part and "\r" not in part, repr(part)
                self.lines[-1] += part
                if self.redrawn and sum(map(width, part)) >= self.columns:
                    self.wrapped += 1


def resize(terminal, columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))


def on_a_terminal(command, columns, stdin=subprocess.DEVNULL, cwd=None, term="xterm", when_read=None):
    """(exit code, what it wrote to stderr, a terminal of so many columns). `when_read(text so far, terminal)` may resize it."""
    ours, theirs = pty.openpty()
    resize(theirs, columns)
    environment = {**os.environ, "TERM": term}
    process = subprocess.Popen([*map(str, command)], stdin=stdin, stdout=subprocess.DEVNULL, stderr=theirs, cwd=cwd, env=environment)
    os.close(theirs)
    data = b""
    try:
        while chunk := os.read(ours, 4096):
            data += chunk
            if when_read:
                when_read(data, ours)
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    return process.wait(), data.decode()
