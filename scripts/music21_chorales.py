#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Exports Bach's four-voice chorales from the corpus inside the PyPI package music21.

    .venv/bin/python scripts/music21_chorales.py OUT [--limit N] [--jobs N] [--force]

OUT/midi/NAME.mid    one Standard MIDI File per chorale, one track per voice
OUT/chorales.json    {"train": [piece, ...], "valid": [...], "test": [...]}: a piece is a list of steps of a 16th
                     note, a step is [soprano, alto, tenor, bass] as MIDI numbers, -1 where a voice rests
OUT/splits.json      the names of the pieces in the same order

Exports scores with exactly four one-line voices, at sounding pitch, in their own key, with pickup bars and without expanding
repeats. A voice's step is the note that sounds when the step starts. Of pieces that differ only in transposition, the first by
name is exported. The split (8 : 1 : 1) is by a hash of the name. Does nothing if OUT/chorales.json exists.
"""
import argparse
import hashlib
import json
import logging
import multiprocessing
import os
import struct
import sys
import time
from pathlib import Path

STEPS_PER_QUARTER = 4
TICKS_PER_QUARTER = 480
QUARTERS_PER_MINUTE = 80
VELOCITY = 80
REST = -1
VOICES = ("soprano", "alto", "tenor", "bass")
SPLITS = ("train", "valid", "test")


def in_voice_order(parts):
    """The four parts as S, A, T, B: by their names if possible, else in the order of the score."""
    found = {}
    for part in parts:
        name = (part.partName or "").lower()
        for voice in VOICES:
            if voice in name:
                found.setdefault(voice, part)
    return [found[voice] for voice in VOICES] if len(found) == len(VOICES) else list(parts)


def read_voice(part):
    """[(start, end, midi number), ...] in quarter notes, ties joined, in order, one note at a time."""
    notes = []
    for note in part.flatten().notes:
        start, end = float(note.offset), float(note.offset + note.quarterLength)
        if end <= start:  # grace notes
            continue
        pitch = max(pitch.midi for pitch in note.pitches)
        tied = note.tie is not None and note.tie.type in ("stop", "continue")
        if tied and notes and notes[-1][2] == pitch and abs(notes[-1][1] - start) < 1e-6:
            notes[-1] = (notes[-1][0], end, pitch)
        else:
            notes.append((start, end, pitch))
    return sorted(notes)


def to_grid(voices):
    """One [S, A, T, B] per 16th: the notes that sound at its start."""
    end = max(notes[-1][1] for notes in voices)
    grid = [[REST] * len(voices) for _ in range(round(end * STEPS_PER_QUARTER))]
    for voice, notes in enumerate(voices):
        for start, stop, pitch in notes:
            first = -int(-start * STEPS_PER_QUARTER // 1)  # the first step at or after the start
            for step in range(first, min(len(grid), -int(-stop * STEPS_PER_QUARTER // 1))):
                grid[step][voice] = pitch
    return grid


def variable_length(number):
    """The MIDI form of a number: seven bits per byte, the high bit set in all bytes but the last."""
    parts = [number & 0x7F]
    while number := number >> 7:
        parts.append(number & 0x7F | 0x80)
    return bytes(reversed(parts))


def track_chunk(events):
    """A track from (tick, order, bytes) events; `order` puts note ends before note starts."""
    body, now = b"", 0
    for tick, _, data in sorted(events):
        body += variable_length(tick - now) + data
        now = tick
    body += b"\x00\xff\x2f\x00"
    return b"MTrk" + struct.pack(">I", len(body)) + body


def midi_bytes(voices, time_signature):
    """A Standard MIDI File of type 1: a track of tempo and metre, then one per voice."""
    upper, lower = time_signature
    metre = bytes([0xFF, 0x58, 4, upper, lower.bit_length() - 1, 24, 8])
    tempo = b"\xff\x51\x03" + struct.pack(">I", 60_000_000 // QUARTERS_PER_MINUTE)[1:]
    tracks = [track_chunk([(0, 0, metre), (0, 1, tempo)])]
    for channel, (name, notes) in enumerate(zip(VOICES, voices)):
        events = [(0, 0, bytes([0xFF, 0x03, len(name)]) + name.encode())]
        for start, end, pitch in notes:
            events.append((round(start * TICKS_PER_QUARTER), 2, bytes([0x90 | channel, pitch, VELOCITY])))
            events.append((round(end * TICKS_PER_QUARTER), 1, bytes([0x80 | channel, pitch, 0])))
        tracks.append(track_chunk(events))
    return b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), TICKS_PER_QUARTER) + b"".join(tracks)


def first_time_signature(score):
    found = next(iter(score.recurse().getElementsByClass("TimeSignature")), None)
    return (found.numerator, found.denominator) if found else (4, 4)


def export(job):
    """Returns (name, grid or None, reason)."""
    source, midi_folder = job
    from music21 import converter
    name = source.stem
    try:
        score = converter.parse(source, forceSource=True, storePickle=False)
        if len(score.parts) != len(VOICES):
            return name, None, f"{len(score.parts)} parts"
        time_signature = first_time_signature(score)
        score.toSoundingPitch(inPlace=True)
        voices = [read_voice(part) for part in in_voice_order(score.parts)]
        if not all(voices):
            return name, None, "an empty voice"
        grid = to_grid(voices)
        (midi_folder / f"{name}.mid").write_bytes(midi_bytes(voices, time_signature))
        return name, grid, ""
    except Exception as error:  # a single invalid score must not end the export; it is reported
        return name, None, f"{type(error).__name__}: {error}"


def melody_signature(grid):
    """Equal for pieces that differ only in transposition."""
    first = next(pitch for step in grid for pitch in step if pitch != REST)
    return json.dumps([[pitch if pitch == REST else pitch - first for pitch in step] for step in grid])


def split_of(name):
    tenth = int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10
    return {0: "valid", 1: "test"}.get(tenth, "train")


def show_progress(done, total, begin):
    elapsed = time.monotonic() - begin
    left = elapsed / done * (total - done)
    terminal = sys.stderr.isatty()
    if terminal or done % 100 == 0 or done == total:
        line = f"chorales  {done}/{total}  {100 * done // total} %  {left:.0f} s left"
        print("\r\033[K" + line if terminal else line, end="" if terminal and done < total else "\n",
              file=sys.stderr, flush=True)


def export_all(sources, midi_folder, jobs):
    grids, skipped, begin = {}, {}, time.monotonic()
    with multiprocessing.Pool(jobs) as pool:
        tasks = pool.imap_unordered(export, [(source, midi_folder) for source in sources], chunksize=4)
        for done, (name, grid, why) in enumerate(tasks, 1):
            if grid is None:
                skipped[name] = why
            else:
                grids[name] = grid
            show_progress(done, len(sources), begin)
    return grids, skipped


def drop_copies(grids, midi_folder, skipped):
    seen = {}
    for name in sorted(grids):
        first = seen.setdefault(melody_signature(grids[name]), name)
        if first != name:
            skipped[name] = f"the same music as {first}"
            del grids[name]
            (midi_folder / f"{name}.mid").unlink()


def write_json(value, path):
    aside = path.with_suffix(".new")
    aside.write_text(json.dumps(value, separators=(",", ":")) + "\n")
    os.replace(aside, path)


def corpus_files(limit):
    try:
        from music21 import corpus
    except ImportError:
        sys.exit("music21 is missing; run: scripts/setup --demo")
    logging.getLogger("music21").setLevel(logging.ERROR)
    files = [Path(path) for path in corpus.getComposer("bach", fileExtensions=("mxl", "xml"))]
    # bwv846 is the first prelude and fugue, bwv988 the Goldberg aria: keyboard music, not chorales.
    files = [path for path in files if not path.stem.startswith(("bwv846", "bwv988"))]
    return sorted(files)[:limit]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--limit", type=int, help="look at the first N scores alone")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--force", action="store_true", help="export again where the result is there")
    options = parser.parse_args()
    result = options.out / "chorales.json"
    if result.exists() and not options.force:
        print(f"{result} is there already", file=sys.stderr)
        return
    midi_folder = options.out / "midi"
    midi_folder.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    grids, skipped = export_all(corpus_files(options.limit), midi_folder, options.jobs)
    drop_copies(grids, midi_folder, skipped)
    names = {split: [name for name in sorted(grids) if split_of(name) == split] for split in SPLITS}
    write_json({"splits": names, "skipped": dict(sorted(skipped.items()))}, options.out / "splits.json")
    write_json({split: [grids[name] for name in names[split]] for split in SPLITS}, result)
    counts = ", ".join(f"{split} {len(names[split])}" for split in SPLITS)
    print(f"{len(grids)} chorales ({counts}), {len(skipped)} scores skipped (see {options.out / 'splits.json'}), "
          f"{time.monotonic() - begin:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
