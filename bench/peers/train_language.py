#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A training step of a language model on characters: heed beside the same model in PyTorch, in one run.

heed trains the preset shakespeare_transformer. The PyTorch twin has its weights, its relative attention (the Music Transformer's, by its
skewing, as the mask of scaled_dot_product_attention), dropout at the same places and one fused AdamW. First both take three steps from the
same weights without dropout: losses and gradients must agree. Then they take turns.
"""
import argparse
import json
import math
import os
import random
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import common

CHARACTERS = "".join(map(chr, [10, *range(32, 96)]))  # as many as tinyshakespeare has
RATE, CHECK_STEPS = 1e-5, 3  # so small that rounding does not grow from step to step
# Of losses, in nats a character, and of the gradient's norm as a share of it.
TOLERANCE = {"fp32": 1e-4, "bf16": 5e-2}


def parser():
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--heed", default=str(common.ROOT / "build/release/heed"), help="the program; default: build/release/heed")
    found.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="of both; default: all cores")
    found.add_argument("--rounds", type=int, default=3, help="turns of both")
    found.add_argument("--steps", type=int, default=5, help="timed steps of a turn")
    found.add_argument("--warm-up", type=int, default=2, help="steps before them")
    found.add_argument("--precisions", nargs="+", choices=TOLERANCE, default=list(TOLERANCE))
    found.add_argument("--position", choices=["music", "sinusoidal"], default="music", help="sinusoidal: PyTorch's attention needs no mask")
    found.add_argument("--crop", type=int, default=256, help="characters of an example")
    found.add_argument("--batch-size", type=int, default=16)
    found.add_argument("--compile", action="store_true", help="torch.compile too")
    found.add_argument("--check-only", action="store_true", help="compare what is computed, time nothing")
    found.add_argument("--json", metavar="FILE", help="write the numbers there too")
    found.add_argument("--worker", help=argparse.SUPPRESS)
    return found


# --- heed

def random_text(seed, characters):
    draw = random.Random(seed)
    return "".join(draw.choices(CHARACTERS, k=characters - len(CHARACTERS))) + CHARACTERS  # every character occurs


def heed_train(args, folder, characters, **changes):
    """Run folder and metrics of a run on random text of so many characters. Names of `changes` have their dot as two underscores."""
    for name, seed in (("train", 1), ("valid", 2)):
        (folder / f"{name}.txt").write_text(random_text(seed, characters if name == "train" else args.crop - 1))
    values = {"data.crop": args.crop, "data.batch_size": args.batch_size, "data.documents": "file", "vocabulary.kind": "characters",
              "model.position": args.position, "training.log_every": 1, "training.validate_every": 1_000_000,
              "training.checkpoint_every": 1_000_000, "training.patience": 0}
    values |= {key.replace("__", "."): value for key, value in changes.items()}
    output = folder / "run"
    common.run([args.heed, "train", "--preset", common.ROOT / "presets/shakespeare_transformer.toml", "--data", folder, "--output", output,
                "--threads", args.threads, "--quiet", *common.settings(values)], args.threads)
    return output, [json.loads(line) for line in (output / "metrics.jsonl").read_text().splitlines()]


# --- the twin

def skew(scores):
    """[..., length, distances from the longest to 0] to [..., length, length]: column j of row i is the score of distance i - j."""
    import torch

    rows, heads, length, _ = scores.shape
    return torch.nn.functional.pad(scores, (1, 0)).view(rows, heads, length + 1, length)[:, :, 1:]


def make_twin(model, vocabulary):
    import torch
    from torch import nn
    from torch.nn import functional as F

    d_model, heads, p = model["d_model"], model["heads"], model["dropout"]
    head_dim = d_model // heads
    relative = model["position"] == "music"

    class Layer(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention_norm, self.feed_forward_norm = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
            self.query_key_value, self.output = nn.Linear(d_model, 3 * d_model), nn.Linear(d_model, d_model)
            self.expand, self.contract = nn.Linear(d_model, model["d_ff"]), nn.Linear(model["d_ff"], d_model)
            if relative:
                self.relation_key = nn.Parameter(torch.randn(heads, model["max_relative_distance"], head_dim) * head_dim**-0.5)

        def attend(self, x, future):
            rows, length, _ = x.shape
            query, key, value = self.query_key_value(x).view(rows, length, 3, heads, head_dim).permute(2, 0, 3, 1, 4)
            if relative:
                relation = skew(query @ self.relation_key[:, -length:].transpose(1, 2)) * head_dim**-0.5
                found = F.scaled_dot_product_attention(query, key, value, attn_mask=relation.masked_fill(future, -math.inf))
            else:
                found = F.scaled_dot_product_attention(query, key, value, is_causal=True)
            return self.output(found.transpose(1, 2).reshape(rows, length, d_model))

        def forward(self, x, future):
            x = x + F.dropout(self.attend(self.attention_norm(x), future), p, self.training)
            inside = F.dropout(F.gelu(self.expand(self.feed_forward_norm(x))), p, self.training)
            return x + F.dropout(self.contract(inside), p, self.training)

    class Twin(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens = nn.Embedding(vocabulary, d_model)
            nn.init.normal_(self.tokens.weight, 0, d_model**-0.5)
            self.layers, self.norm = nn.ModuleList(Layer() for _ in range(model["layers"])), nn.LayerNorm(d_model)
            if not relative:
                self.register_buffer("positions", torch.from_numpy(common.sinusoids(model["max_length"], d_model)))

        def forward(self, tokens):
            length = tokens.shape[1]
            x = self.tokens(tokens) * d_model**0.5
            if not relative:
                x = x + self.positions[:length]
            x = F.dropout(x, p, self.training)
            future = torch.ones(length, length, dtype=torch.bool).triu(1)
            for layer in self.layers:
                x = layer(x, future)
            return F.linear(self.norm(x), self.tokens.weight)

    return Twin()


def take_weights(twin, file):
    """heed's weights: the same names but for the layers, whose attention is one module more."""
    from safetensors.torch import load_file

    state = {}
    for name, weight in load_file(file).items():
        parts = name.split(".")
        if parts[0] == "layers":
            parts = [part for part in parts if part != "attention"]
        state[".".join(parts)] = weight
    missing, unexpected = twin.load_state_dict(state, strict=False)
    if set(missing) - {"positions"} or unexpected:
        raise SystemExit(f"heed's weights have other names: missing {missing}, unexpected {unexpected}")


class Trainer:
    """The mean loss of a batch, clipping and AdamW of one fused operator: what heed does in a step."""

    def __init__(self, twin, training, precision, compiled=False):
        import torch

        self._torch, self._twin, self._bf16, self._clip = torch, twin, precision == "bf16", training["clip_norm"]
        self._forward = torch.compile(twin) if compiled else twin
        self._adam = torch.optim.AdamW(twin.parameters(), lr=RATE, betas=(training["beta1"], training["beta2"]), eps=training["epsilon"],
                                       weight_decay=training["weight_decay"], fused=True)
        self.norm = 0

    def loss(self, stream):
        torch = self._torch
        with torch.autocast("cpu", torch.bfloat16, enabled=self._bf16):
            logits = self._forward(stream[:, :-1])
            return torch.nn.functional.cross_entropy(logits.flatten(0, 1).float(), stream[:, 1:].flatten())

    def step(self, stream):
        self._twin.train()
        loss = self.loss(stream)
        self._adam.zero_grad()
        loss.backward()
        gradients = [parameter.grad for parameter in self._twin.parameters()]
        norms = self._torch.stack([self._torch.linalg.vector_norm(one) for one in gradients])
        self.norm = self._torch.linalg.vector_norm(norms).item()
        if self._clip > 0:
            self._torch.nn.utils.clip_grad_norm_(self._twin.parameters(), self._clip)
        self._adam.step()
        return loss.item()

    def validation(self, stream):
        self._twin.eval()
        with self._torch.no_grad():
            return self.loss(stream).item()


def read_stream(run, file):
    """A text as heed reads it: its characters between the marks of documents."""
    import torch

    characters = json.loads((run / "characters.json").read_text())["characters"]
    token = {character: number + 2 for number, character in enumerate(characters)}
    return torch.tensor([[0] + [token[character] for character in file.read_text()] + [0]])


def worker(job):
    """The twin's own process: what it finds as JSON on stdout."""
    import torch

    torch.set_num_threads(job["threads"])
    torch.manual_seed(1)
    run = Path(job["run"])
    config = tomllib.loads((run / "config.toml").read_text())
    vocabulary = 2 + len(CHARACTERS)
    twin = make_twin(config["model"], vocabulary)
    trainer = Trainer(twin, config["training"], job["precision"], job.get("compiled", False))
    if job["do"] == "check":
        take_weights(twin, run / "checkpoints/step-0/model.safetensors")
        train, valid = (read_stream(run, run.parent / f"{part}.txt") for part in ("train", "valid"))
        found = {"valid": [trainer.validation(valid)], "loss": [], "norm": []}
        for _ in range(CHECK_STEPS):
            found["loss"].append(trainer.step(train))
            found["norm"].append(trainer.norm)
            found["valid"].append(trainer.validation(valid))
    else:
        stream = torch.randint(2, vocabulary, (job["batch_size"], job["crop"] + 1))
        found = []
        for _ in range(job["warm_up"] + job["steps"]):
            begin = time.perf_counter()
            trainer.step(stream)
            found.append(time.perf_counter() - begin)
    print(json.dumps(found))


def in_worker(args, **job):
    job |= {"threads": args.threads, "crop": args.crop, "batch_size": args.batch_size}
    return json.loads(common.run([sys.executable, __file__, "--worker", json.dumps(job)], args.threads))


# --- both

def check(args, folder, precision):
    """Trains both for a few steps from heed's first weights on a text of one crop, without dropout; the largest differences."""
    folder.mkdir()
    run, metrics = heed_train(args, folder, args.crop - 1, data__batch_size=1, training__steps=CHECK_STEPS, training__validate_every=1,
                              training__precision=precision, training__schedule="constant", training__warmup_steps=0,
                              training__weight_decay=0, training__learning_rate=RATE, training__keep_checkpoints=CHECK_STEPS + 1,
                              model__dropout=0)
    theirs = in_worker(args, do="check", run=str(run), precision=precision)
    ours = {"valid": common.metric(metrics, "valid/nll"), "loss": common.metric(metrics, "train/loss"),
            "norm": common.metric(metrics, "train/gradient_norm")}
    if any(len(ours[name]) != len(theirs[name]) for name in ours):
        raise SystemExit(f"another number of figures: heed {ours}, PyTorch {theirs}")
    difference = {name: max(abs(a - b) for a, b in zip(ours[name], theirs[name])) for name in ("valid", "loss")}
    difference["norm"] = max(abs(a - b) / b for a, b in zip(ours["norm"], theirs["norm"]))
    print(f"{precision}: {CHECK_STEPS} steps from the same weights: validation {ours['valid'][0]:.6f} to {ours['valid'][-1]:.6f} nats; largest "
          f"difference of validation {difference['valid']:.1e}, of training loss {difference['loss']:.1e}, of the gradient's norm "
          f"{difference['norm']:.1e} of it", flush=True)
    if max(difference["valid"], difference["loss"], difference["norm"] / 10) > TOLERANCE[precision]:
        raise SystemExit(f"heed and PyTorch differ by more than {TOLERANCE[precision]}: heed {ours}, PyTorch {theirs}")
    return run, difference


def rivals(args, checked):
    tokens = args.batch_size * args.crop

    def heed(precision):
        def measure():
            with tempfile.TemporaryDirectory() as folder:
                _, metrics = heed_train(args, Path(folder), 16 * tokens, training__steps=args.warm_up + args.steps,
                                        training__precision=precision)
            return [tokens / rate for rate in common.metric(metrics, "train/tokens_per_second")][args.warm_up:]
        return measure

    def pytorch(precision, compiled):
        return lambda: in_worker(args, do="time", run=str(checked), precision=precision, compiled=compiled, warm_up=args.warm_up,
                                 steps=args.steps)[args.warm_up:]

    found = {}
    for precision in args.precisions:
        found["heed", precision] = heed(precision)
        found["PyTorch, eager", precision] = pytorch(precision, False)
        if args.compile:
            found["PyTorch, compiled", precision] = pytorch(precision, True)
    return found


def main():
    args = parser().parse_args()
    if args.worker:
        return worker(json.loads(args.worker))
    with tempfile.TemporaryDirectory(prefix="heed-peers-") as folder:
        checks = {one: check(args, Path(folder) / f"check-{one}", one) for one in args.precisions}
        # The twin that is timed has dropout, as the preset does.
        timed = Path(folder) / "timed"
        timed.mkdir()
        run, _ = heed_train(args, timed, args.crop, data__batch_size=1, training__steps=1)
        found = {} if args.check_only else common.by_turns(rivals(args, run), args.rounds)
        model = tomllib.loads((run / "config.toml").read_text())["model"]
    if args.check_only:
        return
    computer = common.machine(args)
    rows = common.rival_rows(found, args.batch_size * args.crop)
    print()
    common.print_machine(computer)
    print(f"Training step: {model['layers']} layers, width {model['d_model']}, {model['heads']} heads, feed-forward {model['d_ff']}, positions "
          f"{args.position}, {args.batch_size} x {args.crop} characters.\n")
    print(common.table(["rival", "precision", "ms a step", "characters/s", "x heed's time"],
                       [[row["rival"], row["precision"], common.milliseconds(row), f"{row['tokens_per_second']:,.0f}",
                         f"{row['times_heed']:.2f}"] for row in rows]))
    if args.json:
        differences = {precision: difference for precision, (_, difference) in checks.items()}
        Path(args.json).write_text(json.dumps({"machine": computer, "model": model, "crop": args.crop, "batch_size": args.batch_size,
                                               "differences": differences, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
