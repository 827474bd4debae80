#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A folder of MIDI files as people have them: flawed files, drums, karaoke, copies, links, and much that is no music."""
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
from program import HEED, result, run  # noqa: E402

SOURCE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/data/music"))
from flawed_midi import END, body_of, chunk, flawed_files  # noqa: E402


def song(first=60, notes=16, channel=0, length=240):
    track = []
    for i in range(notes):
        track += [(0 if length else 120, bytes([0x90 | channel, first + i % 12, 80])),
                  (length, bytes([0x80 | channel, first + i % 12, 0]))]
    return chunk(b"MThd", struct.pack(">HHH", 0, 1, 480)) + chunk(b"MTrk", body_of(track + [END]))


class MidiArchive(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="heed-archive-"))
        self.music = self.folder / "music"

    def tearDown(self):
        shutil.rmtree(self.folder)

    def write(self, name, content=b"x"):
        path = self.music / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def prepare(self, *more, code=0, data=None):
        return run("prepare", "--task", "music", "--data", data or self.music, "--output", self.folder / "prepared", "--json",
                   *more, code=code)

    def test_a_real_folder_loses_nothing_that_can_be_read_and_says_the_rest(self):
        for i in range(10):
            self.write(f"songs/{i}.mid", song(50 + i))
        flawed = [(name, content) for kind, name, content, _ in flawed_files() if name.endswith("-00")]
        for name, content in flawed:
            self.write(f"flawed/{name}.mid", content)
        self.write("karaoke/a.KAR", song(40))
        self.write("riff/b.rmi", b"RIFF" + struct.pack("<I", 14) + b"RMIDdata" + struct.pack("<I", len(song(41))) + song(41))
        self.write("drums.mid", song(36, channel=9))
        self.write("stabs.mid", song(60, notes=24, length=0))
        self.write("broken.mid", b"no music" * 20)
        for name in ("a.mp3", "b.mp3", "c.pdf", "._0.mid", "__MACOSX/._0.mid"):
            self.write(name)
        done = self.prepare()
        found = result("prepare", "--task", "music", "--data", self.music, "--output", self.folder / "prepared")
        pieces = sum(found[split]["pieces"] for split in ("train", "valid", "test"))
        self.assertEqual(pieces, 10 + len(flawed) + 2)
        self.assertEqual((found["skipped"], found["without_notes"], found["copies"]), (1, 2, 0))
        self.assertGreater(found["flawed"], 15)
        for line in ("passed over: 2 .mp3, 1 .pdf, 2 hidden", "broken.mid, byte 0: is not a Standard MIDI File",
                     "left out 2 files without notes: ", "drums.mid (no note but percussion)",
                     "stabs.mid (no note that lasts: 24 have no length)", "files have flaws: "):
            self.assertIn(line, done.stderr)
        named = [line for line in done.stderr.splitlines() if "flawed/" in line and ", byte " in line]
        self.assertEqual(len(named), 5, named)
        strict = self.prepare("--strict", code=3)
        self.assertIn(", byte ", strict.stderr)

    def test_one_good_file_of_two_is_for_training(self):
        for name in ("a", "b", "c", "d"):
            self.write(f"{name}.mid", song())
            self.write("other.mid", song(36, channel=9))
            self.assertIn('"train":{"pieces":1', self.prepare().stdout)
            shutil.rmtree(self.music)

    def test_files_without_notes_alone_and_as_primers_are_errors_that_say_so(self):
        cases = {"drums.mid": (song(36, channel=9), "has no note but percussion"),
                 "stabs.mid": (song(length=0), "has no note that lasts: 16 have no length"),
                 "silent.mid": (song(notes=0), "has no note"),
                 "type2.mid": (song()[:8] + b"\0\2" + song()[10:], "is a type 2 file"),
                 "text.mid": (b"dear diary, " * 9, "is not a Standard MIDI File")}
        for name, (content, why) in cases.items():
            with self.subTest(name):
                file = self.write(name, content)
                self.assertIn(f"{name}", self.prepare(code=3, data=file).stderr)
                self.assertIn(why, self.prepare(code=3, data=file).stderr)
                primed = run("generate", "--model", "chorales", "--primer", file, "--output", self.folder / "out", code=3)
                self.assertIn(why, primed.stderr)
        self.assertIn("found no music", self.prepare(code=3).stderr)

    def test_a_flawed_primer_costs_a_warning(self):
        flawed = bytearray(song())
        flawed[24] = 0x80
        done = run("generate", "--model", "chorales", "--primer", self.write("p.mid", bytes(flawed)), "--primer-events", 16,
                   "--seconds", 6, "--no-picture", "--output", self.folder / "out")
        self.assertIn("p.mid, byte 24: byte 128 where a data byte (0 to 127) is needed", done.stderr)

    def test_drums_without_length_are_drawn_and_counted(self):
        drums = self.write("drums.mid", song(36, notes=12, channel=9, length=0))
        found = result("inspect", "roll", "--input", drums, "--output", self.folder / "drums.png")
        self.assertEqual(found["notes"], 12)
        self.assertGreater((self.folder / "drums.png").stat().st_size, 1000)

    def test_links_are_followed_and_loops_end(self):
        self.write("a.mid", song(50))
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        (elsewhere / "b.mid").write_bytes(song(51))
        (self.music / "linked").symlink_to(elsewhere)
        (elsewhere / "back").symlink_to(self.music)
        (self.music / "dangling.mid").symlink_to(self.folder / "nowhere")
        done = self.prepare()
        self.assertIn('"train":{"pieces":1', done.stdout)
        self.assertIn('"valid":{"pieces":1', done.stdout)
        self.assertIn("dangling.mid: the link leads nowhere", done.stderr)

    def test_split_files_of_other_programs(self):
        for name in ("a", "b", "c"):
            self.write(f"{name}.mid", song(50 + ord(name) % 7))
        table = self.folder / "splits.csv"
        for text in ("split;file\ntrain;a.mid\nvalid;b.mid\ntest;gone.mid\n", "split\tfile\ntrain\ta.mid\nvalid\tb.mid\ntest\tgone.mid\n"):
            table.write_text(text)
            done = self.prepare("--split-file", table)
            self.assertIn('"train":{"pieces":1', done.stdout)
            self.assertIn("1 of 3 files in", done.stderr)
            self.assertIn("are not in the folder: gone.mid", done.stderr)
        table.write_text("split,file\ntrain,gone.mid\n")
        self.assertIn("lists none of the folder's files, such as a.mid", self.prepare("--split-file", table, code=3).stderr)

    def test_names_of_any_bytes(self):
        self.music.mkdir()
        for i, name in enumerate((b"\xff\xfe.mid", b"line\nend.mid", "夜想曲 第2番.mid".encode(), b"-o.mid")):
            with open(os.fsencode(self.music) + b"/" + name, "wb") as file:
                file.write(song(50 + i))
        done = subprocess.run([HEED, "prepare", "--task", "music", "--data", self.music, "--output", self.folder / "prepared",
                               "--json"], capture_output=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b'"skipped":0', done.stdout)


if __name__ == "__main__":
    unittest.main()
