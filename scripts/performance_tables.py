#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rewrites the tables of docs/lab/attention-speed.md from one run: performance_tables.py JSON PAGE. Text outside the two markers stays."""
import json
import sys
from itertools import groupby
from pathlib import Path

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def time(found):
    return f"{found['median_ms']:.1f} ({found['low_ms']:.1f} to {found['high_ms']:.1f})"


def amount(count):
    mebi = count / 2**20
    return f"{mebi / 1024:.2f} GiB" if mebi >= 1024 else f"{mebi:.0f} MiB" if mebi >= 10 else f"{mebi:.1f} MiB"


def machine(found):
    share = 100 * found["gemm_gflops"] / found["peak_gflops"]
    return (f"{found['cpu']}, {found['threads']} threads, kernels `{found['kernels']}`, libtorch {found['torch']}. Multiply-adds between "
            f"registers in float32 reach {found['peak_gflops']:.0f} GFLOP/s, libtorch's product of two 1,024 x 1,024 matrices "
            f"{found['gemm_gflops']:.0f} ({share:.0f} % of that).\n")


def rivals(rows):
    return table(["method", "forward ms", "forward + backward ms", "GFLOP/s", "of peak", "extra memory", "x heed's time", "difference"],
                 [[row["method"], time(row["forward"]), time(row["forward_backward"]), f"{row['gflops']:.0f}",
                   f"{100 * row['share_of_peak']:.0f} %", amount(row["memory_bytes"]), f"{row['times_heed']:.2f}",
                   "-" if row["largest_difference"] is None else f"{row['largest_difference']:.0e}"] for row in rows])


def growth(rows):
    """Each problem that was measured at several sizes, smallest first."""
    parts = []
    series = sorted((row for row in rows if row["dtype"] == "float32"), key=lambda row: (row["problem"], row["method"]))
    for (problem, method), found in groupby(series, key=lambda row: (row["problem"], row["method"])):
        found = sorted(found, key=lambda row: length(row["shape"]))
        if any(row["growth"] is not None for row in found):
            parts += [[problem, method, f"{length(row['shape']):,}", time(row["forward_backward"]), f"{row['gflops']:.0f}",
                       amount(row["memory_bytes"]), "-" if row["growth"] is None else f"{row['growth']:.2f}"] for row in found]
    return table(["problem", "method", "positions", "forward + backward ms", "GFLOP/s", "extra memory", "exponent"], parts) if parts else ""


def length(shape):
    """Sizes from "batch x heads x length x head_dim"."""
    return int(shape.split(" x ")[2].split(",")[0])


def page(found):
    parts = [machine(found)]
    for (problem, shape, dtype), rows in groupby(found["rows"], key=lambda row: (row["problem"], row["shape"], row["dtype"])):
        rows = list(rows)
        if len(rows) > 1:
            title = f"{problem}: {shape}, {dtype}"
            parts += [f"### {title[0].upper()}{title[1:]}\n", rivals(rows)]
    grown = growth(found["rows"])
    if grown:
        parts += ["### Time against the number of positions\n", grown]
    return "\n".join(parts)


def main():
    found = json.loads(Path(sys.argv[1]).read_text())
    path = Path(sys.argv[2])
    before, rest = path.read_text().split(BEGIN)
    path.write_text(before + BEGIN + "\n\n" + page(found) + "\n" + END + rest.split(END)[1])
    print(f"wrote {path}")


if __name__ == "__main__":
    main()
