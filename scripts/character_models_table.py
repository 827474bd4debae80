#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The table of scripts/character_models: character_models_table.py RUNS NAME, or with --rate MODEL the learning rate that its short runs
found best (nothing if there are none). Every figure comes from a file of a run."""
import collections
import re
import statistics
import sys

from result_files import RUNS, finished, parameters, setting, table

MODELS = {
    "lstm": "LSTM", "awd_lstm": "AWD-LSTM", "transformer_absolute": "Transformer, sinusoids",
    "transformer_relative": "Transformer, relative attention", "r_transformer": "R-Transformer", "sha_rnn": "SHA-RNN", "sru": "SRU++"}


def best_rate(name, model):
    found = []
    for run in RUNS.glob(f"{name}-rate-{model}-*"):
        done = finished(run.name)
        if done:
            found.append((done["best_nll"], run.name.rsplit("-", 1)[1]))
    return min(found)[1] if found else ""


def runs_by_budget(name):
    """(minutes, model) to the names of finished runs."""
    found = collections.defaultdict(list)
    for run in sorted(RUNS.glob(f"{name}-*")):
        parts = re.fullmatch(rf"{re.escape(name)}-({'|'.join(MODELS)})-([0-9.]+)-([0-9]+)", run.name)
        if parts and finished(run.name):
            found[float(parts[2]), parts[1]].append(run.name)
    return found


def row(minutes, model, runs):
    losses = [finished(run)["best_nll"] for run in runs]
    spread = f" ± {statistics.stdev(losses):.4f}" if len(losses) > 1 else ""
    steps = [finished(run)["step"] for run in runs]
    return [f"{minutes:g}", MODELS[model], f"{parameters(runs[0]):,}", f"{float(setting(runs[0], 'learning_rate')):g}",
            f"{statistics.mean(steps):,.0f}", len(runs), f"{statistics.mean(losses):.4f}{spread}"]


def main():
    name = sys.argv[2]
    if "--rate" in sys.argv:
        print(best_rate(name, sys.argv[-1]))
        return
    found = runs_by_budget(name)
    if not found:
        sys.exit(f"no finished runs {name}-MODEL-MINUTES-SEED below {RUNS}/: train them first, see scripts/character_models")
    mean_loss = {key: statistics.mean(finished(run)["best_nll"] for run in runs) for key, runs in found.items()}
    order = sorted(found, key=lambda key: (key[0], mean_loss[key]))
    print(table(["minutes", "model", "parameters", "learning rate", "steps", "seeds", "valid nats a character"],
                [row(*key, found[key]) for key in order]), end="")


main()
