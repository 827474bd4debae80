# SPDX-License-Identifier: Apache-2.0
"""The heed program as a process, for the tests of its verbs."""
import json
import os
import subprocess

HEED = os.environ["HEED"]


def run(*arguments, code=0, text=None, cwd=None):
    """What it did with `text` on stdin; another exit code than `code` (None: any) fails with everything it said."""
    done = subprocess.run([HEED, *map(str, arguments)], input=text, capture_output=True, text=True, cwd=cwd, timeout=300)
    if code is not None and done.returncode != code:
        raise AssertionError(f"heed {' '.join(map(str, arguments))}\nexit {done.returncode}, not {code}\n{done.stdout}\n{done.stderr}")
    return done


def result(*arguments, **options):
    """The JSON object that is the last line of stdout."""
    return json.loads(run(*arguments, "--json", **options).stdout.splitlines()[-1])


def sets(assignments):
    return [word for assignment in assignments for word in ("--set", assignment)]
