#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/stories: a reader of its own follows each story and finds the answer that stands beside it.

    stories_test.py path/to/stories
"""
import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile

TASKS = ("one-fact", "two-facts", "three-facts", "yes-no", "counting", "lists")
SIZES = {"train": 160, "valid": 40, "test": 48}
MOVE = re.compile(r"(\w+) (?:went to|walked to|hurried to|is now in) the (\w+)")
TAKE = re.compile(r"(\w+) (?:took|picked up|grabbed) the (\w+)")
DROP = re.compile(r"(\w+) (?:put down|left|dropped) the (\w+)(?: there)?")
GIVE = re.compile(r"(\w+) (?:gave|handed) the (\w+) to (\w+)")


class Reader:
    """Knows of each person the place and the things, and of each thing all places, by the sentences alone."""

    def __init__(self, story):
        self.place, self.track = {}, collections.defaultdict(list)
        self.owner = {}  # thing: person, in the order of getting
        assert story.endswith(".")
        for sentence in story[:-1].split(". "):
            self.read(sentence)

    def read(self, sentence):
        if found := MOVE.fullmatch(sentence):
            person, place = found.groups()
            assert self.place.get(person) != place, sentence
            self.place[person] = place
            for thing in self.things(person):
                self.track[thing].append(place)
        elif found := TAKE.fullmatch(sentence):
            person, thing = found.groups()
            assert thing not in self.owner, sentence
            assert not self.track[thing] or self.track[thing][-1] == self.place[person], sentence
            self.owner[thing] = person
            if not self.track[thing]:
                self.track[thing].append(self.place[person])
        elif found := GIVE.fullmatch(sentence):
            person, thing, receiver = found.groups()
            assert self.owner.pop(thing) == person and self.place[person] == self.place[receiver], sentence
            self.owner[thing] = receiver
        else:
            found = DROP.fullmatch(sentence)
            assert found, sentence
            assert self.owner.pop(found[2]) == found[1], sentence

    def things(self, person):
        return [thing for thing, owner in self.owner.items() if owner == person]

    def answer(self, question):
        if found := re.fullmatch(r"Where is (\w+)\?", question):
            return self.place[found[1]]
        if found := re.fullmatch(r"Where is the (\w+)\?", question):
            return self.track[found[1]][-1]
        if found := re.fullmatch(r"Where was the (\w+) before the (\w+)\?", question):
            track = self.track[found[1]]
            assert track.count(found[2]) == 1, question
            return track[track.index(found[2]) - 1]
        if found := re.fullmatch(r"Is (\w+) in the (\w+)\?", question):
            return "yes" if self.place[found[1]] == found[2] else "no"
        if found := re.fullmatch(r"How many things does (\w+) have\?", question):
            return ("none", "one", "two", "three")[len(self.things(found[1]))]
        found = re.fullmatch(r"What does (\w+) have\?", question)
        assert found, question
        return ", ".join(self.things(found[1])) or "nothing"


def run(script, *options):
    return subprocess.run([sys.executable, script, *map(str, options)], capture_output=True, encoding="utf-8")


def write(script, folder, *options):
    sizes = [word for part, size in SIZES.items() for word in (f"--{part}", size)]
    done = run(script, folder, *sizes, *options)
    assert done.returncode == 0, done.stderr
    return {part: (folder / f"{part}.jsonl").read_text(encoding="utf-8") for part in SIZES}, done.stdout


def parsed(text):
    return [json.loads(line) for line in text.splitlines()]


def every_answer_follows_from_its_story(parts):
    for story in (story for text in parts.values() for story in parsed(text)):
        assert list(story) == ["task", "story", "question", "answer"], story
        assert Reader(story["story"]).answer(story["question"]) == story["answer"], story


def events(story):
    """The events of a story, whatever verbs tell them."""
    return tuple((rule.pattern, *found.groups()) for sentence in story[:-1].split(". ")
                 for rule in (MOVE, TAKE, DROP, GIVE) if (found := rule.fullmatch(sentence)))


def no_events_are_told_twice(parts, tasks=TASKS):
    for task in tasks:
        told = [events(story["story"]) for text in parts.values() for story in parsed(text) if story["task"] == task]
        assert len(told) == len(set(told)) == sum(SIZES.values()), task


def answers_are_dealt_out_evenly(parts):
    for part, text in parts.items():
        for task in TASKS:
            answers = collections.Counter(story["answer"] for story in parsed(text) if story["task"] == task)
            assert answers.total() == SIZES[part], (task, part, answers)
            expected = {"yes-no": 2, "counting": 4, "lists": None}.get(task, 8)
            if expected:
                assert set(answers.values()) == {SIZES[part] // expected} and len(answers) == expected, (task, part, answers)
            else:
                assert answers.most_common(1)[0][1] <= SIZES[part] / 4, (task, part, answers)


def a_guess_by_length_is_no_better_than_by_chance(parts):
    """Of the stories of each answer the mean number of sentences is near that of all."""
    for task in ("yes-no", "counting"):
        lengths = collections.defaultdict(list)
        for story in parsed(parts["train"]):
            if story["task"] == task:
                lengths[story["answer"]].append(story["story"].count("."))
        means = [sum(values) / len(values) for values in lengths.values()]
        assert max(means) - min(means) < 2, (task, means)


def the_baseline_is_printed(parts, output):
    rows = {line.split()[0]: line for line in output.splitlines()[1:]}
    assert list(rows) == list(TASKS), output
    for task, share in (("one-fact", "12.5 %"), ("yes-no", "50.0 %"), ("counting", "25.0 %")):
        assert share in rows[task], rows[task]


def the_same_seed_gives_the_same_stories(script, folder, parts):
    again, _ = write(script, folder / "again")
    assert again == parts
    other, _ = write(script, folder / "other", "--seed", 2)
    assert all(other[part] != parts[part] for part in parts)
    fewer, _ = write(script, folder / "fewer", "--tasks", "counting,one-fact", "--train", 8)
    kept = [[story for story in parsed(text) if story["task"] in ("counting", "one-fact")] for text in (parts["test"], fewer["test"])]
    assert sorted(map(str, kept[0])) == sorted(map(str, kept[1])), "test depends on --train or --tasks"
    assert len(parsed(fewer["train"])) == 16


def bad_options_are_refused(script, folder):
    for options, words in ((["--tasks", "jokes"], "one-fact, two-facts"), (["--sentences", "9-3"], "the least first"),
                           (["--train", "-1"], "number of stories"), (["--sentences", "few"], "write 6-16")):
        done = run(script, folder, *options)
        assert done.returncode == 2 and words in done.stderr, done.stderr
    done = run(script, folder / "none", "--tasks", "three-facts", "--sentences", "1-2")
    assert done.returncode == 1 and "raise --sentences" in done.stderr, done.stderr
    assert not (folder / "none").exists()
    (folder / "file").write_text("")
    done = run(script, folder / "file" / "below", "--train", 1, "--valid", 1, "--test", 1)
    assert done.returncode == 1 and "below" in done.stderr and "Traceback" not in done.stderr, done.stderr


def main(script):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        parts, output = write(script, folder / "first")
        every_answer_follows_from_its_story(parts)
        no_events_are_told_twice(parts)
        # Of stories this short chance alone repeats some.
        no_events_are_told_twice(write(script, folder / "short", "--tasks", "one-fact", "--sentences", "2-2")[0], ["one-fact"])
        answers_are_dealt_out_evenly(parts)
        a_guess_by_length_is_no_better_than_by_chance(parts)
        the_baseline_is_printed(parts, output)
        the_same_seed_gives_the_same_stories(script, folder, parts)
        bad_options_are_refused(script, folder)


if __name__ == "__main__":
    main(sys.argv[1])
