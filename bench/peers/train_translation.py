#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A training step of translation: heed beside PyTorch's nn.Transformer, in one run on the same shapes."""
import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import common

RATE, CHECK_STEPS = 1e-5, 3  # so small that rounding does not grow from step to step
# Of losses, in nats a token, and of the gradient's norm as a share of it.
TOLERANCE = {"fp32": 1e-4, "bf16": 5e-2}


def pytorch_model(shape, norm, dropout, attention_dropout, weights=None):
    """heed's Transformer made of nn.Transformer: scaled embeddings that all sides share, sinusoids, a norm at the end of a stack only
    where norms come first."""
    import torch
    from torch import nn

    class Translator(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens = nn.Embedding(shape.vocabulary, shape.d_model)
            nn.init.normal_(self.tokens.weight, 0, shape.d_model**-0.5)
            self.core = nn.Transformer(shape.d_model, shape.heads, shape.layers, shape.layers, shape.d_ff, dropout, batch_first=True,
                                       norm_first=norm == "pre")
            if norm == "post":
                self.core.encoder.norm = self.core.decoder.norm = None
            for module in self.core.modules():
                if isinstance(module, nn.MultiheadAttention):
                    module.dropout = attention_dropout
            self.dropout = nn.Dropout(dropout)
            self.register_buffer("positions", torch.from_numpy(common.sinusoids(shape.length, shape.d_model)))
            self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(shape.length))

        def embed(self, tokens):
            return self.dropout(self.tokens(tokens) * shape.d_model**0.5 + self.positions)

        def forward(self, source, target):
            hidden = self.core(self.embed(source), self.embed(target), tgt_mask=self.mask, tgt_is_causal=True)
            return nn.functional.linear(hidden, self.tokens.weight)

    model = Translator()
    if weights is not None:
        state = {name: torch.from_numpy(value) for name, value in named_as_pytorch(weights, shape, norm).items()}
        missing, unexpected = model.load_state_dict(state, strict=False)
        assert set(missing) == {"positions", "mask"} and not unexpected, f"missing {missing}, unexpected {unexpected}"
    return model


def named_as_pytorch(weights, shape, norm):
    """heed's weights under the names of the module above."""
    state = {"tokens.weight": weights["tokens.weight"]}

    def take(to, name):
        for part in ("weight", "bias"):
            state[f"core.{to}.{part}"] = weights[f"{name}.{part}"]

    def attention(to, inputs, output):
        for part in ("weight", "bias"):
            state[f"core.{to}.in_proj_{part}"] = np.concatenate([weights[f"{name}.{part}"] for name in inputs])
        take(f"{to}.out_proj", output)

    for side in ("encoder", "decoder"):
        for i in range(shape.layers):
            to, name = f"{side}.layers.{i}", f"{side}.{i}"
            attention(f"{to}.self_attn", [f"{name}.attention.query_key_value"], f"{name}.attention.output")
            norms = ["attention_norm", "feed_forward_norm"]
            if side == "decoder":
                cross = f"{name}.cross_attention"
                attention(f"{to}.multihead_attn", [f"{cross}.query", f"{cross}.key_value"], f"{cross}.output")
                norms.insert(1, "cross_attention_norm")
            for number, one in enumerate(norms, 1):
                take(f"{to}.norm{number}", f"{name}.{one}")
            take(f"{to}.linear1", f"{name}.expand")
            take(f"{to}.linear2", f"{name}.contract")
        if norm == "pre":
            take(f"{side}.norm", f"{side}_norm")
    return state


class PyTorchTrainer:
    """Summed loss over targets, Adam of one fused operator: what heed does in a step but for the gradient's norm, which heed logs."""

    def __init__(self, model, precision, compiled=False):
        import torch

        self._torch, self._model, self._bf16 = torch, model, precision == "bf16"
        self._forward = torch.compile(model) if compiled else model
        self._adam = torch.optim.Adam(model.parameters(), lr=RATE, betas=(0.9, 0.98), eps=1e-9, fused=True)

    def loss(self, batch, label_smoothing):
        torch = self._torch
        source, target_input, target_output = batch
        with torch.autocast("cpu", torch.bfloat16, enabled=self._bf16):
            logits = self._forward(source, target_input)
            return torch.nn.functional.cross_entropy(logits.flatten(0, 1).float(), target_output.flatten(), label_smoothing=label_smoothing)

    def step(self, batch):
        self._model.train()
        loss = self.loss(batch, 0.1)
        self._adam.zero_grad()
        loss.backward()
        self._adam.step()
        return loss.item()

    def gradient_norm(self):
        gradients = [parameter.grad for parameter in self._model.parameters()]
        return self._torch.linalg.vector_norm(self._torch.stack([self._torch.linalg.vector_norm(one) for one in gradients])).item()

    def validation(self, batch):
        self._model.eval()
        with self._torch.no_grad():
            return self.loss(batch, 0).item()


def read_batch(folder, split):
    """All pairs of a split as the one batch that heed makes of them."""
    import torch

    pieces = common.load_pieces(folder)
    rows = {side: pieces.encode((folder / f"{split}.{side}").read_text(encoding="utf-8").splitlines()) for side in ("source", "target")}
    begin, end = pieces.bos_id(), pieces.eos_id()
    return (torch.tensor([row + [end] for row in rows["source"]]), torch.tensor([[begin] + row for row in rows["target"]]),
            torch.tensor([row + [end] for row in rows["target"]]))


def worker(job):
    """A rival's own process: what it finds as JSON on stdout."""
    import torch

    torch.set_num_threads(job["threads"])
    torch.manual_seed(1)
    shape = common.Shape(**job["shape"])
    if job["do"] == "check":
        _, weights = common.load_run(job["weights"])
        trainer = PyTorchTrainer(pytorch_model(shape, job["norm"], 0, 0, weights), job["precision"])
        train, valid = (read_batch(Path(job["data"]), split) for split in ("train", "valid"))
        found = {"valid": [trainer.validation(valid)], "loss": [], "norm": []}
        for _ in range(CHECK_STEPS):
            found["loss"].append(trainer.step(train))
            found["norm"].append(trainer.gradient_norm())
            found["valid"].append(trainer.validation(valid))
    else:
        trainer = PyTorchTrainer(pytorch_model(shape, job["norm"], 0.1, job["attention_dropout"]), job["precision"], job["compiled"])
        batch = tuple(torch.randint(common.MARKS, shape.vocabulary, (shape.batch, shape.length)) for _ in range(3))
        found = []
        for _ in range(job["warm_up"] + job["steps"]):
            begin = time.perf_counter()
            trainer.step(batch)
            found.append(time.perf_counter() - begin)
    print(json.dumps(found))


def in_worker(args, **job):
    job |= {"threads": args.threads, "shape": vars(common.SHAPES[args.shape]), "norm": args.norm}
    return json.loads(common.run([sys.executable, __file__, "--worker", json.dumps(job)], args.threads))


def check(args, folder, shape, precision, vocabulary):
    """Trains both for a few steps from heed's first weights on one batch without dropout; largest differences."""
    rng = np.random.default_rng(2)
    length = shape.length - 1
    sides = [[common.sentences(rng, shape, [length] * shape.batch) for _ in range(2)] for _ in range(2)]
    folder.mkdir()
    data = common.prepare(args, folder, shape, *sides, vocabulary)
    output = folder / "run"
    metrics = common.heed_train(args, data, output, shape, training__steps=CHECK_STEPS, training__validate_every=1,
                                training__precision=precision, training__schedule="constant", training__warmup_steps=0,
                                training__learning_rate=RATE, model__dropout=0)
    first = folder / "first"
    first.mkdir()
    (first / "config.toml").write_bytes((output / "config.toml").read_bytes())
    (output / "checkpoints/step-0/model.safetensors").rename(first / "model.safetensors")
    theirs = in_worker(args, do="check", weights=str(first), data=str(data), precision=precision)
    ours = {"valid": common.metric(metrics, "valid/nll"), "loss": common.metric(metrics, "train/loss"),
            "norm": common.metric(metrics, "train/gradient_norm")}
    assert all(len(ours[name]) == len(theirs[name]) for name in ours), f"{ours} and {theirs}"
    difference = {name: max(abs(a - b) for a, b in zip(ours[name], theirs[name])) for name in ("valid", "loss")}
    norms = [abs(a - b) / b for a, b in zip(ours["norm"], theirs["norm"])]
    difference["norm"] = norms[0]
    # Adam's first steps are as long for a gradient that is nothing but rounding as for any other: the weights part a little.
    difference["later norms"] = max(norms[1:]) / 10
    print(f"{precision}: {CHECK_STEPS} steps from the same weights: validation {ours['valid'][0]:.6f} to {ours['valid'][-1]:.6f} nats; "
          f"largest difference of validation {difference['valid']:.1e}, of training loss {difference['loss']:.1e}, of the gradient's norm "
          f"{norms[0]:.1e} of it, after Adam's steps {max(norms[1:]):.1e}", flush=True)
    if max(difference.values()) > TOLERANCE[precision]:
        raise SystemExit(f"heed and PyTorch differ by more than {TOLERANCE[precision]}: heed {ours}, PyTorch {theirs}")
    return difference


def flops(shape):
    """Of a step: the matrix products of the forward pass, twice that backward; a multiply-add is two. Nothing computed again is counted."""
    d, ff, tokens = shape.d_model, shape.d_ff, shape.batch * shape.length
    encoder = 4 * d * d + 2 * d * ff + 2 * shape.length * d
    decoder = 8 * d * d + 2 * d * ff + shape.length * d + 2 * shape.length * d  # causal attention sees half
    return 3 * 2 * tokens * (shape.layers * (encoder + decoder) + d * shape.vocabulary)


def rivals(args, folder, shape, data):
    def heed(precision):
        def measure():
            with tempfile.TemporaryDirectory(dir=folder) as output:
                metrics = common.heed_train(args, data, Path(output) / "run", shape, training__steps=args.warm_up + args.steps,
                                            training__precision=precision, training__keep_checkpoints=1,
                                            model__attention_dropout=args.attention_dropout)
            rates = common.metric(metrics, "train/tokens_per_second")  # of target tokens
            return [shape.batch * shape.length / rate for rate in rates][args.warm_up:]
        return measure

    def pytorch(precision, compiled):
        return lambda: in_worker(args, do="time", precision=precision, compiled=compiled, warm_up=args.warm_up, steps=args.steps,
                                 attention_dropout=args.attention_dropout)[args.warm_up:]

    found = {}
    for precision in args.precisions:
        found["heed", precision] = heed(precision)
        found["PyTorch, eager", precision] = pytorch(precision, False)
        if args.compile:
            found["PyTorch, compiled", precision] = pytorch(precision, True)
    return found


def main():
    parser = common.parser(__doc__)
    parser.add_argument("--precisions", nargs="+", choices=["fp32", "bf16"], default=["fp32", "bf16"])
    parser.add_argument("--steps", type=int, default=5, help="timed steps of a round")
    parser.add_argument("--warm-up", type=int, default=2, help="steps before them")
    parser.add_argument("--attention-dropout", type=float, default=0, help="on attention weights, of both; nn.Transformer's own is 0.1")
    parser.add_argument("--compile", action="store_true", help="torch.compile too")
    parser.add_argument("--check-only", action="store_true", help="compare what is computed, time nothing")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        return worker(json.loads(args.worker))

    shape = common.SHAPES[args.shape]
    with common.work_folder(args) as folder:
        data = common.training_corpus(args, folder / "corpus", shape)
        differences = {one: check(args, folder / f"check-{one}", shape, one, data) for one in args.precisions}
        if args.check_only:
            return common.write_json(args, shape, {"differences": differences})
        computer = common.machine(args)
        found = common.by_turns(rivals(args, folder, shape, data), args.rounds)

    work, tokens = flops(shape), shape.batch * shape.length
    rows = common.rival_rows(found, tokens)
    for row in rows:
        row["gflops"] = work / row["median_s"] / 1e9
        row["share_of_peak"] = row["gflops"] / computer["peak_gflops"]
    print()
    common.print_machine(computer)
    print(f"Training step, {args.shape}: d {shape.d_model}, {shape.heads} heads, ff {shape.d_ff}, {shape.layers} + {shape.layers} layers, "
          f"vocabulary {shape.vocabulary}, {shape.batch} pairs of {shape.length} + {shape.length} tokens; {work / 1e9:.0f} GFLOP by formula.\n")
    print(common.table(["rival", "precision", "ms a step", "target tokens/s", "GFLOP/s", "of peak", "x heed's time"],
                       [[row["rival"], row["precision"], common.milliseconds(row), f"{row['tokens_per_second']:,.0f}", f"{row['gflops']:.0f}",
                         f"{100 * row['share_of_peak']:.0f} %", f"{row['times_heed']:.2f}"] for row in rows]))
    common.write_json(args, shape, {"machine": computer, "steps": args.steps, "warm_up": args.warm_up, "differences": differences,
                                    "attention_dropout": args.attention_dropout, "gflop_a_step": work / 1e9, "rows": rows})


if __name__ == "__main__":
    main()
