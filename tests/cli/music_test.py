#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Music as a musician meets it: train on MIDI files, continue a primer, and read what was written with mido. Skipped where
Python has no mido."""
import os
import random
import sys
import tempfile
import unittest
from pathlib import Path

import program
from program import run, sets

try:
    import mido
except ImportError:
    print("skipped: no mido in this Python; pip install mido")
    sys.exit(77)

TINY = ["model.d_model=16", "model.heads=2", "model.layers=1", "model.d_ff=16", "model.max_relative_distance=64",
        "data.crop=64", "data.batch_size=2", "data.encoding=performance", "training.steps=4", "training.validate_every=2",
        "training.checkpoint_every=2", "training.warmup_steps=1", "model.kind=transformer", "model.position=music"]
LOWEST, HIGHEST = 52, 76
TEMPOS = [(0, 500_000), (1440, 731_234), (3000, 400_001)]
SIGNATURES = [(0, 1, 4), (480, 3, 4), (3360, 6, 8)]


def result(*arguments, **options):
    return program.result(*arguments, "--quiet", "--threads", 1, **options)


def track(events):
    written, tick = mido.MidiTrack(), 0
    for at, message in sorted(events, key=lambda e: (e[0], e[1].type != "note_off")):
        written.append(message.copy(time=at - tick))
        tick = at
    return written


def note(start, end, pitch, velocity=70, channel=0):
    return [(start, mido.Message("note_on", note=pitch, velocity=velocity, channel=channel)),
            (end, mido.Message("note_off", note=pitch, channel=channel))]


def write_song(path, seed, division=480, tempos=TEMPOS, signatures=SIGNATURES, quarters=40):
    draw = random.Random(seed)
    file = mido.MidiFile(ticks_per_beat=division)
    conductor = [(t, mido.MetaMessage("set_tempo", tempo=tempo)) for t, tempo in tempos]
    conductor += [(t, mido.MetaMessage("time_signature", numerator=n, denominator=d)) for t, n, d in signatures]
    file.tracks.append(track(conductor))
    right = [e for q in range(1, quarters) for e in note(q * division, q * division + division * 3 // 4,
                                                         draw.randrange(62, HIGHEST + 1), 40 + q)]
    left = [e for q in range(1, quarters, 4) for e in note(q * division, (q + 4) * division - 1,
                                                           draw.randrange(LOWEST, 62), 60, 1)]
    file.tracks += [track(right), track(left)]
    file.save(path)


def absolute(path):
    """(tick, message) of all tracks, and the ticks of a quarter."""
    file = mido.MidiFile(path)
    events = []
    for messages in file.tracks:
        tick = 0
        for message in messages:
            tick += message.time
            events.append((tick, message))
    return events, file.ticks_per_beat


def metas(path, kind):
    events, division = absolute(path)
    return sorted((tick / division, *[v for k, v in sorted(m.dict().items()) if k in ("tempo", "numerator", "denominator")])
                  for tick, m in events if m.type == kind)


def strikes(path):
    """(beat, pitch, velocity) of each note."""
    events, division = absolute(path)
    return sorted((tick / division, m.note, m.velocity) for tick, m in events if m.type == "note_on" and m.velocity > 0)


def ends(path):
    """(beat, pitch) of each end of a note."""
    events, division = absolute(path)
    return sorted((tick / division, m.note) for tick, m in events
                  if m.type == "note_off" or m.type == "note_on" and m.velocity == 0)


class Music(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._temporary = tempfile.TemporaryDirectory(prefix="heed-music-")
        cls.folder = Path(cls._temporary.name)
        cls.midi = cls.folder / "midi"
        cls.midi.mkdir()
        for i in range(6):
            write_song(cls.midi / f"{i}.mid", i)
        cls.model = cls.folder / "run"
        result("train", "--task", "music", "--data", cls.midi, "--output", cls.model, *sets(TINY))
        cls.primer = cls.folder / "primer.mid"
        write_song(cls.primer, 77)

    @classmethod
    def tearDownClass(cls):
        cls._temporary.cleanup()

    def generate(self, *arguments, name="out", **options):
        output = self.folder / name
        run("generate", "--model", self.model, "--output", output, "--no-picture", "--quiet", "--threads", 1, *arguments, **options)
        return output / "sample-000.mid"

    def test_a_primer_keeps_its_beats(self):
        for division, bars in ((480, 4), (96, 6), (1000, 9), (10, 3)):
            with self.subTest(division=division, bars=bars):
                primer = self.folder / f"primer-{division}.mid"
                scaled = lambda changes: [(tick * division // 480, *rest) for tick, *rest in changes]
                write_song(primer, division, division, scaled(TEMPOS), scaled(SIGNATURES))
                cut = 1 + 3 * (bars - 1)  # a pick-up of a quarter; 3/4 and 6/8 are as long
                written = self.generate("--primer", primer, "--primer-bars", bars, "--seconds", 24, name=f"beats-{division}")
                kept = [n for n in strikes(primer) if n[0] < cut]
                self.assertEqual(strikes(written)[:len(kept)], kept)
                self.assertGreater(len(strikes(written)), len(kept))
                self.assertTrue(all(beat > cut - 0.03 for beat, *_ in strikes(written)[len(kept):]))
                for kind in ("set_tempo", "time_signature"):
                    self.assertEqual(metas(written, kind), [m for m in metas(primer, kind) if m[0] < cut])

    def test_notes_of_the_primer_end_where_they_end(self):
        # One tempo, so that a beat is a beat after the cut too. The left hand's notes sound across the cut.
        primer = self.folder / "plain.mid"
        write_song(primer, 5, tempos=[(0, 500_000)], signatures=[(0, 4, 4)])
        written = self.generate("--primer", primer, "--primer-seconds", 5, "--seconds", 20, name="ends")
        held = {(beat, pitch) for beat, pitch in ends(primer) if pitch < 62 and 9 < beat < 14}
        self.assertTrue(held)
        for beat, pitch in held:
            self.assertTrue(any(p == pitch and abs(b - beat) < 0.021 for b, p in ends(written)), (beat, pitch))

    def test_the_continuation_alone_begins_with_its_bar(self):
        whole = self.generate("--primer", self.primer, "--primer-bars", 4, "--seconds", 20, name="whole")
        rest = self.generate("--primer", self.primer, "--primer-bars", 4, "--seconds", 20, "--continuation-only", name="rest")
        new = [n for n in strikes(whole) if n not in strikes(self.primer)]
        shift = new[-1][0] - strikes(rest)[-1][0]
        self.assertEqual([(round(beat - shift, 6), *more) for beat, *more in new],
                         [(round(beat, 6), *more) for beat, *more in strikes(rest)])
        self.assertAlmostEqual(shift, 10, places=6)  # a quarter and three bars of 3/4
        self.assertEqual(metas(rest, "time_signature"), [(0.0, 8, 6)])
        self.assertEqual(len(metas(rest, "set_tempo")), 1)
        self.assertIn("--primer", self.refused("--continuation-only"))

    def test_notes_follow_the_training_data(self):
        for seed in range(5):
            written = self.generate("--seconds", 15, "--seed", seed, name=f"limits-{seed}")
            pitches = [pitch for _, pitch, _ in strikes(written)]
            self.assertGreater(len(pitches), 3)
            self.assertTrue(all(LOWEST <= pitch <= HIGHEST for pitch in pitches), (min(pitches), max(pitches)))
        free = self.generate("--seconds", 15, "--no-note-limits", name="free")
        pitches = [pitch for _, pitch, _ in strikes(free)]
        self.assertTrue(min(pitches) < LOWEST and max(pitches) > HIGHEST, (min(pitches), max(pitches)))
        narrow = self.generate("--seconds", 15, "--lowest-pitch", 60, "--highest-pitch", 61, "--most-notes", 1, name="narrow")
        self.assertLessEqual({pitch for _, pitch, _ in strikes(narrow)}, {60, 61})

    def test_a_barely_trained_model_is_said_to_be(self):
        said = run("generate", "--model", self.model, "--output", self.folder / "said", "--no-picture", "--seconds", 3).stderr
        self.assertIn("has seen 4 steps", said)
        self.assertIn("barely trained", said)

    def refused(self, *arguments, code=2, model=None):
        said = run("generate", "--model", model or self.model, "--output", self.folder / "refused", *arguments, code=code).stderr
        self.assertEqual(len(said.strip().splitlines()), 1, said)
        self.assertFalse((self.folder / "refused").exists())
        return said

    def test_impossible_wishes_are_one_line(self):
        for arguments, said in ((["--primer-seconds", 3], "--primer"), (["--primer-bars", 3], "--primer"),
                                (["--min-seconds", 30, "--seconds", 20], "--min-seconds"),
                                (["--seconds", "1e12"], "--seconds"), (["--seconds", "0"], "--seconds"),
                                (["--seconds", "nan"], "--seconds"), (["--min-seconds", "1e12"], "--min-seconds"),
                                (["--longest-note", -1], "--longest-note"), (["--most-notes", "-2"], "--most-notes"),
                                (["--lowest-pitch", 128], "--lowest-pitch"),
                                (["--lowest-pitch", 70, "--highest-pitch", 60], "--lowest-pitch"),
                                (["--no-note-limits", "--most-notes", 3], "--most-notes"),
                                (["--primer", self.primer, "--seconds", 3], "--seconds")):
            with self.subTest(arguments=arguments):
                self.assertIn(said, self.refused(*arguments))

    def test_sound_without_a_sound_font_fails_before_anything_is_composed(self):
        before = os.environ.get("HEED_SOUND_FONT")
        os.environ["HEED_SOUND_FONT"] = str(self.folder / "missing.sf2")
        try:
            self.assertIn("HEED_SOUND_FONT", self.refused("--wav", code=3))
            picture = self.folder / "roll.png"
            run("inspect", "roll", "--input", self.primer, "--output", picture, "--wav", self.folder / "roll.wav", code=3)
            self.assertFalse(picture.exists())
        finally:
            del os.environ["HEED_SOUND_FONT"]
            if before is not None:
                os.environ["HEED_SOUND_FONT"] = before
        for words in (("generate", "--model", self.model, "--help"), ("inspect", "roll", "--help")):
            self.assertIn("HEED_SOUND_FONT", run(*words).stdout)


if __name__ == "__main__":
    unittest.main()
