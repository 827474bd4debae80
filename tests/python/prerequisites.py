# SPDX-License-Identifier: Apache-2.0
"""Ends a test with 77 (skipped), saying why, where this Python cannot load libheed_ops."""

import os
import pathlib
import sys


def require_torch():
    try:
        import torch
    except ImportError as error:
        print(f"skipped: {sys.executable} has no torch ({error})")
        sys.exit(77)
    root = os.environ.get("HEED_TORCH_ROOT")
    here = pathlib.Path(torch.__file__).resolve().parent
    if root and pathlib.Path(root).resolve() != here:
        print(f"skipped: libheed_ops is built with libtorch at {root}, this Python has {here}")
        sys.exit(77)
