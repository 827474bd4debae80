#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes flawed MIDI files, each with the sound file that it must be read as.

    flawed_midi.py FOLDER     writes KIND-NN.mid and KIND-NN.sound.mid, always the same

A flaw is put into a random piece of one to three tracks. docs/music-formats.md, "Flawed files", has the rules.
"""

import pathlib
import random
import struct
import sys

FILES_OF_A_KIND = 15
END = (0, b"\xff\x2f\0")
UNDEFINED = (0xF4, 0xF5, 0xF9, 0xFD)
SYSTEM = (0xF1, 0xF2, 0xF3, 0xF6, 0xF8, 0xFA, 0xFB, 0xFC, 0xFE)


def number(value, padding=0):
    out = [value & 0x7F]
    while value := value >> 7:
        out.insert(0, 0x80 | value & 0x7F)
    return bytes([0x80] * padding + out)


def chunk(tag, body, more=0):
    return tag + struct.pack(">I", len(body) + more) + body


def body_of(track):
    return b"".join(number(delta) + event for delta, event in track)


class Piece:
    """A valid piece: tracks of (delta, bytes of an event), each channel event with its status byte."""

    def __init__(self, rng):
        self.rng = rng
        self.division = rng.choice([24, 96, 480])
        self.tracks = [self.make_track(i) for i in range(rng.randint(1, 3))]
        self.kind = 0 if len(self.tracks) == 1 else 1

    def make_track(self, index):
        rng = self.rng
        track = [(0, b"\xff\x03\x05part" + bytes([0x80 + index]))]
        if index == 0:
            track.append((0, b"\xff\x51\x03" + struct.pack(">I", rng.randint(200000, 900000))[1:]))
            track.append((0, bytes([0xFF, 0x58, 4, rng.randint(2, 7), 2, 24, 8])))
        channel = rng.choice([0, 1, index])
        for _ in range(rng.randint(12, 60)):
            delta = rng.choice([0, 1, 12, 30, 200])
            pitch = 60 + rng.randrange(8)
            what = rng.randrange(10)
            if what < 5:
                event = bytes([0x90 | channel, pitch, rng.choice([0, 1, 64, 127])])
            elif what < 8:
                event = bytes([0x80 | channel, pitch, 64])
            elif what == 8:
                event = bytes([0xB0 | channel, 64, rng.choice([0, 127])])
            else:
                event = bytes([0xE0 | channel, 1, 64])
            track.append((delta + (event[0] < 0xA0), event))  # the comparison is naive about notes of no length
        # The last notes surely have a length, whatever a flaw does to the others.
        for pitch in (80, 84):
            track += [(5, bytes([0x90 | channel, pitch, 70])), (50, bytes([0x80 | channel, pitch, 0]))]
        return track + [END]

    def file(self, tracks=None, kind=None, division=None, claim=None, lengths=None, bodies=None, between=b""):
        tracks = self.tracks if tracks is None else tracks
        bodies = bodies or [body_of(track) for track in tracks]
        header = struct.pack(">HHH", self.kind if kind is None else kind, len(bodies) if claim is None else claim,
                             self.division if division is None else division)
        more = lengths or [0] * len(bodies)
        return chunk(b"MThd", header) + between.join(chunk(b"MTrk", b, m) for b, m in zip(bodies, more))

    def with_track(self, index, track):
        return [track if i == index else other for i, other in enumerate(self.tracks)]

    def pick(self, least=0x80, most=0xEF):
        """Returns a track and the index of one of its channel events, not one of the last four."""
        index = self.rng.randrange(len(self.tracks))
        track = self.tracks[index]
        events = [i for i, (_, event) in enumerate(track[:-5]) if least <= event[0] <= most]
        return index, track, self.rng.choice(events)

    def replaced(self, event_of):
        """Returns the piece twice, with an event of a track replaced: (flawed, sound)."""
        index, track, at = self.pick()
        flawed, sound = event_of(*track[at])
        return tuple(self.file(self.with_track(index, track[:at] + part + track[at + 1:])) for part in (flawed, sound))


def high_data_bytes(piece):
    flawed, sound = [], []
    for track in piece.tracks:
        flawed.append([])
        sound.append([])
        for delta, event in track:
            wrong = bytearray(event)
            if event[0] < 0xF0 and piece.rng.random() < 0.2:
                wrong[piece.rng.randint(1, len(event) - 1)] |= 0x80
            flawed[-1].append((delta, bytes(wrong)))
            right = bytes(wrong[:1]) + bytes(min(b, 127) for b in wrong[1:]) if event[0] < 0xF0 else event
            sound[-1].append((delta, right))
    return piece.file(flawed), piece.file(sound)


def flipped_bits(piece):
    """One bit of some data bytes, low ones too; the file may be valid."""
    flawed, sound = [], []
    for track in piece.tracks:
        flawed.append([])
        sound.append([])
        for delta, event in track:
            wrong = bytearray(event)
            if event[0] < 0xF0 and piece.rng.random() < 0.3:
                wrong[piece.rng.randint(1, len(event) - 1)] ^= 1 << piece.rng.randrange(8)
            flawed[-1].append((delta, bytes(wrong)))
            right = bytes(wrong[:1]) + bytes(min(b, 127) for b in wrong[1:]) if event[0] < 0xF0 else event
            sound[-1].append((delta, right))
    return piece.file(flawed), piece.file(sound)


def running_status_after_sysex(piece):
    exclusive = (0, b"\xf0\x03\x7e\x09\xf7")
    return piece.replaced(lambda delta, event: ([(delta, event), exclusive, (7, event[1:])],
                                                [(delta, event), exclusive, (7, event)]))


def data_without_status(piece):
    index = piece.rng.randrange(len(piece.tracks))
    track = piece.tracks[index]
    at = next(i for i, (_, event) in enumerate(track) if event[0] < 0xF0)
    junk = bytes(piece.rng.randrange(128) for _ in range(piece.rng.randint(1, 9)))
    wrong = track[:at] + [(track[at][0], junk + track[at][1])] + track[at + 1:]
    return piece.file(piece.with_track(index, wrong)), piece.file()


def undefined_status(piece):
    status = bytes([piece.rng.choice(UNDEFINED)])
    return piece.replaced(lambda delta, event: ([(3, status), (delta, event)], [(delta + 3, event)]))


def system_message(piece):
    status = piece.rng.choice(SYSTEM)
    data = bytes([status] + [piece.rng.randrange(128)] * {0xF1: 1, 0xF2: 2, 0xF3: 1}.get(status, 0))
    return piece.replaced(lambda delta, event: ([(3, data), (delta, event)], [(delta + 3, event)]))


def long_number(piece):
    index, track, at = piece.pick()
    padding = number(track[at][0], piece.rng.randint(4, 9))
    wrong = body_of(track[:at]) + padding + track[at][1] + body_of(track[at + 1:])
    bodies = [wrong if i == index else body_of(other) for i, other in enumerate(piece.tracks)]
    return piece.file(bodies=bodies), piece.file()


def cut_file(piece):
    """The file ends in the last track: whole events before the cut count, and a whole delta does."""
    track = piece.tracks[-1]
    body = body_of(track)
    cut = piece.rng.randint(len(body) // 2, len(body) - 1)
    flawed = piece.file()[:cut - len(body)]
    kept, used = [], 0
    for delta, event in track:
        start = len(number(delta))
        if used + start + len(event) > cut:
            kept.append((delta if used + start <= cut else 0, END[1]))
            break
        kept.append((delta, event))
        used += start + len(event)
    return flawed, piece.file(piece.tracks[:-1] + [kept])


def too_long(piece):
    index = piece.rng.randrange(len(piece.tracks))
    more = piece.rng.choice([1, 4, 7, 100, 70000])
    return piece.file(lengths=[more * (i == index) for i in range(len(piece.tracks))]), piece.file()


def too_short(piece):
    index = piece.rng.randrange(len(piece.tracks))
    less = -piece.rng.randint(1, len(body_of(piece.tracks[index])) // 2)
    return piece.file(lengths=[less * (i == index) for i in range(len(piece.tracks))]), piece.file()


def claims_fewer(piece):
    return piece.file(claim=piece.rng.randrange(len(piece.tracks))), piece.file()


def claims_more(piece):
    return piece.file(claim=len(piece.tracks) + piece.rng.choice([1, 2, 300])), piece.file()


def meta(kind, *body):
    return (0, bytes([0xFF, kind, len(body), *body]))


def tempo_of_more_bytes(piece):
    """Zeros before a tempo that three bytes hold."""
    tempo = list(struct.pack(">I", piece.rng.randint(200000, 900000))[1:])
    zeros = [0] * piece.rng.randint(1, 3)
    return piece.replaced(lambda delta, event: ([meta(0x51, *zeros, *tempo), (delta, event)],
                                                [meta(0x51, *tempo), (delta, event)]))


def tempo_of_nothing(piece):
    wrong = piece.rng.choice([meta(0x51, 0, 0, 0), meta(0x51, 7), meta(0x51, 7, 0xA1), meta(0x51), meta(0x51, 9, 1, 1, 1)])
    return piece.replaced(lambda delta, event: ([wrong, (delta, event)], [(delta, event)]))


def time_signature_of_nothing(piece):
    wrong = piece.rng.choice([meta(0x58, 0, 2, 24, 8), meta(0x58, 4, 9, 24, 8), meta(0x58, 4, 255, 24, 8), meta(0x58, 4)])
    return piece.replaced(lambda delta, event: ([wrong, (delta, event)], [(delta, event)]))


def key_signature_of_nothing(piece):
    wrong = piece.rng.choice([meta(0x59, 9, 0), meta(0x59, 0, 7), meta(0x59, 0x80, 1), meta(0x59)])
    return piece.replaced(lambda delta, event: ([wrong, (delta, event)], [(delta, event)]))


def length_beyond_the_track(piece):
    index, track, at = piece.pick()
    wrong = piece.rng.choice([b"\xff\x01\xff\xff\xff\x7f", b"\xf0\xff\xff\x7f\x01", b"\xff\x51\xff\xff\x03\x07"])
    flawed = piece.file(piece.with_track(index, track[:at] + [(3, wrong)] + track[at:]))
    return flawed, piece.file(piece.with_track(index, track[:at] + [(3, END[1])]))


def bytes_between_tracks(piece):
    piece.tracks.append(piece.make_track(1))
    piece.kind = 1
    return piece.file(between=bytes(piece.rng.choice([1, 3, 40]))), piece.file()


def unknown_chunks(piece):
    """Allowed by the standard; mido reads none."""
    piece.tracks.append(piece.make_track(1))
    piece.kind = 1
    return piece.file(between=chunk(b"XFIH", b"MTrk and more")), piece.file()


def bytes_before_the_header(piece):
    return bytes(piece.rng.choice([1, 128, 1000])) + piece.file(), piece.file()


def inside_riff(piece):
    body = b"RMID" + piece.rng.choice([b"", b"LIST\x03\0\0\0abc\0"])
    whole = piece.file()
    body += b"data" + struct.pack("<I", len(whole) + piece.rng.choice([0, 0, 99])) + whole
    return b"RIFF" + struct.pack("<I", len(body)) + body, whole


def division_of_zero(piece):
    return piece.file(division=piece.rng.choice([0, 0xE700])), piece.file(division=480)


def unknown_type(piece):
    return piece.file(kind=piece.rng.choice([3, 7, 256])), piece.file(kind=1)


KINDS = (high_data_bytes, flipped_bits, running_status_after_sysex, data_without_status, undefined_status, system_message,
         long_number, cut_file, too_long, too_short, claims_fewer, claims_more, tempo_of_more_bytes, tempo_of_nothing,
         time_signature_of_nothing, key_signature_of_nothing, length_beyond_the_track, bytes_between_tracks,
         unknown_chunks, bytes_before_the_header, inside_riff, division_of_zero, unknown_type)


def flawed_files():
    """Yields (kind, name, flawed bytes, sound bytes)."""
    for make in KINDS:
        for seed in range(FILES_OF_A_KIND):
            flawed, sound = make(Piece(random.Random(f"{make.__name__} {seed}")))
            yield make.__name__, f"{make.__name__}-{seed:02}", flawed, sound


def write(folder):
    """Writes the files and returns (kind, flawed path, sound path) of each."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for kind, name, flawed, sound in flawed_files():
        pair = (folder / f"{name}.mid", folder / f"{name}.sound.mid")
        for path, content in zip(pair, (flawed, sound)):
            path.write_bytes(content)
        paths.append((kind, *pair))
    return paths


if __name__ == "__main__":
    print(len(write(sys.argv[1])), "files")
