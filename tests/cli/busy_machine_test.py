#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `heed info` says of waiting threads, and that what the user says of them in the environment stays."""
import os
import subprocess
import unittest

from program import HEED

CHOICES = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")


def info(threads, **more):
    environment = {name: value for name, value in os.environ.items() if name not in CHOICES}
    done = subprocess.run([HEED, "info", "--threads", str(threads)], capture_output=True, text=True, timeout=120, check=True,
                          env=environment | {"OMP_DISPLAY_ENV": "VERBOSE"} | more)
    return next(line for line in done.stdout.splitlines() if line.startswith("waiting threads")), done.stderr


class BusyMachine(unittest.TestCase):
    @unittest.skipIf(len(os.sched_getaffinity(0)) < 2, "one core")
    def test_threads_spin_or_sleep_where_the_user_set_nothing(self):
        line, openmp = info(2)
        self.assertIn("spin while the machine is idle", line)
        self.assertIn("GOMP_SPINCOUNT = '300000'", openmp)

    def test_the_users_choice_stays(self):
        line, openmp = info(2, GOMP_SPINCOUNT="12345")
        self.assertIn("in the environment", line)
        self.assertIn("GOMP_SPINCOUNT = '12345'", openmp)
        line, openmp = info(2, OMP_WAIT_POLICY="PASSIVE")
        self.assertIn("in the environment", line)
        self.assertIn("GOMP_SPINCOUNT = '0'", openmp)

    def test_one_thread_and_too_many_need_nothing(self):
        self.assertIn("one thread", info(1)[0])
        self.assertIn("more threads than cores", info(len(os.sched_getaffinity(0)) + 1)[0])


if __name__ == "__main__":
    unittest.main(verbosity=2)
