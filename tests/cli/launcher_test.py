#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How `heed` starts: what waiting threads do, what child processes see, what it says where its library is missing."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from program import HEED

ROOT = Path(__file__).resolve().parents[2]
LIBGOMP_DEFAULT = "300000"
CHOICES = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")


def environment(**more):
    """Ours without the user's choices, and `more`."""
    return {**{name: value for name, value in os.environ.items() if name not in CHOICES}, **more}


def start(*arguments, program=HEED, **more):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=120, env=environment(**more))


def spin_count(**more):
    """What OpenMP's runtime says that it has read."""
    said = start("--version", OMP_DISPLAY_ENV="VERBOSE", **more).stderr
    return re.search(r"GOMP_SPINCOUNT = '(\d+)'", said).group(1)


class Launcher(unittest.TestCase):
    def test_threads_spin_briefly_where_the_user_set_nothing(self):
        self.assertLess(int(spin_count()), 100000)

    def test_the_users_spin_count_stays(self):
        self.assertEqual(spin_count(GOMP_SPINCOUNT="12345"), "12345")
        self.assertEqual(spin_count(GOMP_SPINCOUNT=LIBGOMP_DEFAULT), LIBGOMP_DEFAULT)

    def test_the_users_wait_policy_stays(self):
        self.assertEqual(spin_count(OMP_WAIT_POLICY="PASSIVE"), "0")
        self.assertGreater(int(spin_count(OMP_WAIT_POLICY="ACTIVE")), int(LIBGOMP_DEFAULT))

    def test_info_says_what_waiting_threads_do(self):
        def line(**more):
            return next(line for line in start("info", **more).stdout.splitlines() if line.startswith("waiting threads"))
        self.assertIn("spin " + spin_count(), line())
        self.assertIn("GOMP_SPINCOUNT=77", line(GOMP_SPINCOUNT="77"))
        self.assertIn("OMP_WAIT_POLICY=PASSIVE", line(OMP_WAIT_POLICY="PASSIVE"))

    def test_child_processes_see_the_environment_as_the_user_left_it(self):
        for given in ({}, {"GOMP_SPINCOUNT": "500"}, {"OMP_WAIT_POLICY": "PASSIVE"}):
            done = start("--version", LD_PRELOAD=self.library_that_runs_env(), **given)
            if "ASan runtime does not come first" in done.stderr:
                self.skipTest("AddressSanitizer allows no other library before it")
            seen = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
            self.assertIn("PATH", seen)
            self.assertEqual({name: seen[name] for name in CHOICES if name in seen}, given)

    def library_that_runs_env(self):
        """Loaded with heed, it starts `env` when heed ends."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        library = Path(folder.name) / "env.so"
        source = "#include <stdlib.h>\n__attribute__((destructor)) static void run(void) { unsetenv(\"LD_PRELOAD\"); if (system(\"env\")) abort(); }\n"
        subprocess.run(["g++", "-shared", "-fPIC", "-xc", "-", "-o", library], input=source, text=True, check=True)
        return str(library)

    def test_exit_codes_pass_through(self):
        self.assertEqual(start("--version").returncode, 0)
        self.assertEqual(start("info", "--model", "no-such-model").returncode, 2)
        self.assertEqual(start("no-such-verb").returncode, 2)

    def test_a_signal_ends_it_as_a_signal(self):
        process = subprocess.Popen([HEED, "translate", "--model", ROOT / "models/tatoeba-en-de"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdin.write(b"Good morning.\n")
        process.stdin.flush()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, -signal.SIGTERM)

    def test_a_missing_library_is_said_with_what_to_do(self):
        with tempfile.TemporaryDirectory() as folder:
            alone = shutil.copy(HEED, Path(folder) / "heed")
            done = start("--version", program=alone)
        self.assertEqual(done.returncode, 1)
        self.assertIn("libheed_program.so", done.stderr)
        self.assertIn("together", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
