#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares heed's MIDI reader with mido, an independent one: the same notes from the same files.

    mido_compare.py path/to/midi_dump [FILE...]

Without files: hand-made ones, one written by heed, and some of the ASAP performances if present (HEED_TEST_DATA, or
../shared/data). mido parses the bytes; pairing, pedal and tempo are implemented naively here. Exits 77 (skipped) if mido
is not installed.
"""

import json
import os
import pathlib
import random
import subprocess
import sys
import tarfile
import tempfile

try:
    import mido
except ImportError:
    print("skipped: no mido in this Python; pip install mido")
    sys.exit(77)

ASAP_FILES = 16
ROOT = pathlib.Path(__file__).resolve().parents[3]


def timeline(midi):
    """Returns (tick, not a pedal, track, message) in the order in which heed processes them."""
    events = []
    for track_index, track in enumerate(midi.tracks):
        tick = 0
        for message in track:
            tick += message.time
            pedal = message.type == "control_change" and message.control == 64
            events.append((tick, not pedal, track_index, message))
    return sorted(events, key=lambda e: e[:3])


def seconds_at(midi, tick, tempos):
    seconds, last, tempo = 0.0, 0, 500000
    for change, new_tempo in tempos:
        if change >= tick:
            break
        seconds += mido.tick2second(change - last, midi.ticks_per_beat, tempo)
        last, tempo = change, new_tempo
    return seconds + mido.tick2second(tick - last, midi.ticks_per_beat, tempo)


def read_notes(path, pedal=True):
    """Returns notes as (start, end, pitch, velocity), sorted."""
    midi = mido.MidiFile(path)
    events = timeline(midi)
    tempos = [(tick, m.tempo) for tick, _, _, m in events if m.type == "set_tempo"]
    down, held, done, pedals = {}, {}, [], {}
    last = 0

    def finish(note, tick):
        if tick > note[0]:
            done.append((note[0], tick, note[1], note[2]))

    def let_go(key, tick):
        note = down.pop(key)
        if pedal and pedals.get(key[1]):
            held.setdefault(key[1:], []).append((note, tick))
        else:
            finish(note, tick)

    for tick, _, track, message in events:
        if message.type == "end_of_track":
            for key in [k for k in down if k[0] == track]:
                let_go(key, tick)
        if message.is_meta or message.type == "sysex" or message.channel == 9:
            continue
        channel = message.channel
        if message.type in ("note_on", "note_off") or message.is_cc(64) or message.type == "program_change":
            last = tick
        if message.type == "note_on" and message.velocity > 0:
            for note, _ in held.pop((channel, message.note), []):
                finish(note, tick)
            key = (track, channel, message.note)
            if key in down:
                finish(down[key], tick)
            down[key] = (tick, message.note, message.velocity)
        elif message.type in ("note_on", "note_off"):
            if (track, channel, message.note) in down:
                let_go((track, channel, message.note), tick)
        elif message.is_cc(64):
            pedals[channel] = message.value >= 64
            if not pedals[channel]:
                for key in [k for k in held if k[0] == channel]:
                    for note, _ in held.pop(key):
                        finish(note, tick)
    for notes in held.values():
        for note, let_go_tick in notes:
            finish(note, max(let_go_tick, last))
    cache = {tick: seconds_at(midi, tick, tempos) for note in done for tick in note[:2]}
    return sorted((cache[s], cache[e], p, v) for s, e, p, v in done)


def compare(dump, files, pedal):
    arguments = [dump] + ([] if pedal else ["--no-pedal"]) + [str(f) for f in files]
    lines = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout.splitlines()
    count = 0
    for file, line in zip(files, lines, strict=True):
        found = json.loads(line)
        assert "error" not in found, found
        ours = sorted(tuple(note[:4]) for note in found["notes"])
        theirs = read_notes(file, pedal)
        assert len(ours) == len(theirs), f"{file}: {len(ours)} notes, mido has {len(theirs)}"
        for a, b in zip(ours, theirs):
            close = abs(a[0] - b[0]) < 1e-6 and abs(a[1] - b[1]) < 1e-6
            assert close and a[2:] == b[2:], f"{file}: {a}, mido has {b}"
        count += len(ours)
    return count


def make_file(path, seed):
    """Writes random messages with mido: overlaps, pedals, tempo changes, sysex, several tracks and channels."""
    rng = random.Random(seed)
    midi = mido.MidiFile(type=seed % 2, ticks_per_beat=rng.choice([24, 96, 480, 32767]))
    for _ in range(1 if midi.type == 0 else rng.randint(1, 4)):
        track = mido.MidiTrack()
        midi.tracks.append(track)
        for _ in range(rng.randint(0, 400)):
            time = rng.choice([0, 1, 1, 7, 50, 300, 20000 // (1 + seed % 9)])
            channel = rng.choice([0, 0, 1, 9])
            kind = rng.randrange(20)
            if kind < 9:
                message = mido.Message("note_on", channel=channel, note=60 + rng.randrange(6),
                                       velocity=rng.choice([0, 1, 64, 127]), time=time + 1)
            elif kind < 15:
                message = mido.Message("note_off", channel=channel, note=60 + rng.randrange(6), time=time + 1)
            elif kind == 15:
                message = mido.Message("control_change", channel=channel, control=64,
                                       value=rng.choice([0, 63, 64, 127]), time=time)
            elif kind == 16:
                message = mido.MetaMessage("set_tempo", tempo=rng.randint(1000, 2000000), time=time)
            elif kind == 17:
                message = mido.Message("sysex", data=[1, 2, 3], time=time)
            elif kind == 18:
                message = mido.Message("pitchwheel", channel=channel, pitch=100, time=time)
            else:
                message = mido.MetaMessage("text", text="x" * rng.randrange(200), time=time)
            track.append(message)
        track.append(mido.MetaMessage("end_of_track", time=rng.choice([0, 1000])))
    midi.save(path)


def asap_files(folder):
    data = pathlib.Path(os.environ.get("HEED_TEST_DATA", ROOT / ".." / "shared" / "data"))
    archive = data / "asap" / "asap-performances.tar.gz"
    if not archive.exists():
        print(f"no {archive}; set HEED_TEST_DATA to compare real performances as well")
        return []
    files = []
    with tarfile.open(archive) as tar:
        small = [m for m in tar if m.name.endswith(".mid") and m.size < 40000]
        for index, member in enumerate(small[:: max(1, len(small) // ASAP_FILES)]):
            path = folder / f"asap{index}.mid"
            path.write_bytes(tar.extractfile(member).read())
            files.append(path)
    return files


def main():
    dump, files = sys.argv[1], sys.argv[2:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if not files:
            for seed in range(60):
                files.append(folder / f"random{seed}.mid")
                make_file(files[-1], seed)
            files.append(folder / "written.mid")
            subprocess.run([dump, "--write", files[-1]], check=True)
            files += asap_files(folder)
        for pedal in (True, False):
            notes = compare(dump, files, pedal)
            print(f"{notes} notes of {len(files)} files are the same, pedal {'on' if pedal else 'off'}")


if __name__ == "__main__":
    main()
