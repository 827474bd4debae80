#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares heed's MIDI reader with mido, an independent one: the same notes from the same files.

    mido_compare.py path/to/midi_dump [FILE...]

Without files: hand-made ones, one written by heed, some of the ASAP performances if present (HEED_TEST_DATA, or
../shared/data), and the flawed files of flawed_midi.py. mido parses the bytes; pairing, pedal and tempo are implemented
naively here. A flawed file must give the notes that mido finds in its sound form, and those that mido finds in the
flawed form, where it reads that: the kinds in DEPARTURES are the exceptions. Exits 77 (skipped) if mido is not installed.
"""

import json
import os
import pathlib
import random
import subprocess
import sys
import tarfile
import tempfile

import flawed_midi

try:
    import mido
except ImportError:
    print("skipped: no mido in this Python; pip install mido")
    sys.exit(77)

ASAP_FILES = 16
# Where mido reads a flawed file in another way than heed does (docs/music-formats.md, "Flawed files").
DEPARTURES = {
    "running_status_after_sysex": "takes the data byte as the length of another system exclusive message",
    "too_short": "reads no further than the length says, if an event ends there",
    "claims_fewer": "leaves out the tracks that the header does not claim",
    "tempo_of_more_bytes": "takes the first three bytes",
    "tempo_of_nothing": "plays all that follows a tempo of zero at one time",
}
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


def read_notes(path, pedal=True, clip=False):
    """Returns notes as (start, end, pitch, velocity), sorted."""
    midi = mido.MidiFile(path, clip=clip)
    if midi.ticks_per_beat <= 0:
        raise ValueError("mido has no times for such a division")
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
        if message.is_meta or getattr(message, "channel", 9) == 9:
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


def dump_notes(dump, files, *options):
    """Returns what heed reads: for each file the parsed line of midi_dump."""
    arguments = [dump, *options] + [str(f) for f in files]
    lines = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout.splitlines()
    return [json.loads(line) for line in lines]


def difference(found, theirs):
    """Returns what differs between a line of midi_dump and the notes of mido; "" if they are the same."""
    if "error" in found:
        return found["error"]
    ours = sorted(tuple(note[:4]) for note in found["notes"])
    if len(ours) != len(theirs):
        return f"{len(ours)} notes, mido has {len(theirs)}"
    for a, b in zip(ours, theirs):
        if abs(a[0] - b[0]) > 1e-6 or abs(a[1] - b[1]) > 1e-6 or a[2:] != b[2:]:
            return f"{a}, mido has {b}"
    return ""


def compare(dump, files, pedal):
    count = 0
    for file, found in zip(files, dump_notes(dump, files, *([] if pedal else ["--no-pedal"])), strict=True):
        differs = difference(found, read_notes(file, pedal))
        assert not differs, f"{file}: {differs}"
        assert found["flaws"] == 0, f"{file}: {found['flaws']} flaws in a sound file"
        count += len(found["notes"])
    return count


def mido_reads(path):
    """Returns the notes that mido finds in a flawed file, None if it refuses it."""
    try:
        return read_notes(path, clip=True)
    except Exception:  # of a dozen kinds, KeySignatureError and ValueError among them
        return None


def compare_flawed(dump, folder):
    files = flawed_midi.write(folder)
    same, departing = {}, set()
    for (kind, flawed, sound), found in zip(files, dump_notes(dump, [f for _, f, _ in files]), strict=True):
        differs = difference(found, read_notes(sound))
        assert not differs, f"{flawed.name}: {differs}"
        theirs = mido_reads(flawed)
        if theirs is None:
            continue
        differs = difference(found, theirs)
        if differs and kind in DEPARTURES:
            departing.add(kind)
            continue
        assert not differs, f"{flawed.name}, as mido reads it: {differs}"
        same[kind] = same.get(kind, 0) + 1
    assert departing == set(DEPARTURES), f"mido reads {set(DEPARTURES) - departing} as heed does"
    print(f"{len(files)} flawed files are read as their sound forms; mido reads {sum(same.values())} of them, all the same: {same}")


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
        if len(sys.argv) == 2:
            compare_flawed(dump, folder / "flawed")


if __name__ == "__main__":
    main()
