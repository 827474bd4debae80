# SPDX-License-Identifier: Apache-2.0
"""What the comparisons share: the shapes, the made-up language, heed driven by its command line, its weights for others, turns and tables."""
import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
MARKS = 4  # <unk> <s> </s> <pad>, the first pieces of heed's vocabularies
FIRST_CHARACTER = 0x4E00  # of 20,992 that SentencePiece's normalisation leaves alone


@dataclass(frozen=True)
class Shape:
    d_model: int
    heads: int
    d_ff: int
    layers: int  # of the encoder, and of the decoder
    batch: int  # sentence pairs of a training step
    length: int  # tokens of each side, mark counted
    vocabulary: int = 8000


SHAPES = {"base": Shape(512, 8, 2048, 6, 32, 32), "tiny": Shape(128, 4, 256, 4, 128, 16),
          "smoke": Shape(32, 2, 64, 2, 8, 12, 400)}  # to see that it works, not how fast


def parser(description):
    found = argparse.ArgumentParser(description=description)
    found.add_argument("--heed", default=str(ROOT / "build/release/heed"), help="the program; default: build/release/heed")
    found.add_argument("--shape", choices=SHAPES, default="base")
    found.add_argument("--norm", choices=["post", "pre"], default="post", help="norms after or before each sublayer")
    found.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="of every rival; default: all cores")
    found.add_argument("--rounds", type=int, default=3, help="turns of every rival")
    found.add_argument("--temp", help="where to put models and runs while measuring; default: the system's folder")
    found.add_argument("--json", metavar="FILE", help="write the numbers there too")
    return found


@contextmanager
def work_folder(args):
    with tempfile.TemporaryDirectory(prefix="heed-peers-", dir=args.temp) as folder:
        yield Path(folder)


def say(text):
    print(text, file=sys.stderr, flush=True)


def environment(threads):
    """The same for all: OpenMP's number of threads."""
    return {**os.environ, "OMP_NUM_THREADS": str(threads)}


def run(command, threads):
    """stdout of a process that must succeed."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, env=environment(threads))
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(str(part) for part in command)[:500]}\nended with {done.returncode}:\n{done.stderr[-4000:]}")
    return done.stdout


def settings(values):
    return [part for key, value in values.items() for part in ("--set", f"{key}={value}")]


def installed(package):
    """The version of a package, or that it is not there: not every comparison needs every rival."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def machine(args):
    """The peak of float32 multiply-adds and libtorch's product of 1024 x 1024 matrices, as `heed bench` finds them."""
    row = "window 3 x 3, .*float32: fused$"
    found = json.loads(run([args.heed, "bench", "attention", "--rows", row, "--repeats", 3, "--threads", args.threads, "--quiet", "--json"],
                           args.threads).splitlines()[-1])
    keep = ("cpu", "kernels", "threads", "peak_gflops", "gemm_gflops")
    return {key: found[key] for key in keep} | {"libtorch": found["torch"], "pytorch": version("torch"), "ctranslate2": installed("ctranslate2")}


# A made-up language: every word is one Chinese character, and no two stand together as one piece, because the vocabulary has room for
# the marks, the blank that SentencePiece puts before a line, and the characters alone. So a line of n - 1 characters is n pieces.

def sentences(rng, shape, lengths):
    """A line for each length, in pieces."""
    words = shape.vocabulary - MARKS - 1
    return ["".join(chr(FIRST_CHARACTER + i) for i in rng.integers(0, words, length - 1)) for length in lengths]


def every_word(shape, pieces):
    """Lines of so many pieces that hold every word."""
    words = [chr(FIRST_CHARACTER + i) for i in range(shape.vocabulary - MARKS - 1)]
    step = pieces - 1
    words += words[: -len(words) % step]
    return ["".join(words[i:i + step]) for i in range(0, len(words), step)]


def write_lines(path, lines):
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def prepare(args, folder, shape, train, valid, vocabulary=None):
    """What `heed prepare` makes of (source lines, target lines); `vocabulary`: a prepared folder whose pieces are taken."""
    raw, prepared = folder / "raw", folder / "prepared"
    raw.mkdir(parents=True)
    for name, sides in (("train", train), ("valid", valid)):
        for language, lines in zip(("en", "de"), sides):
            write_lines(raw / f"{name}.{language}", lines)
    values = {"data.source_language": "en", "data.target_language": "de", "vocabulary.size": shape.vocabulary,
              "vocabulary.model": "bpe", "vocabulary.character_coverage": 1}
    if vocabulary:
        values["vocabulary.file"] = vocabulary
    run([args.heed, "prepare", "--task", "translation", "--data", raw, "--output", prepared, "--quiet", *settings(values)], args.threads)
    pieces = load_pieces(prepared)
    assert pieces.get_piece_size() == shape.vocabulary, f"the vocabulary has {pieces.get_piece_size()} pieces"
    return prepared


def load_pieces(folder, side="source"):
    """The vocabulary of a run folder or of prepared data."""
    import sentencepiece

    joint = Path(folder) / "vocabulary.model"
    return sentencepiece.SentencePieceProcessor(model_file=str(joint if joint.exists() else Path(folder) / f"{side}.model"))


def check_pieces(pieces, lines, lengths):
    for line, tokens, length in zip(lines, pieces.encode(lines), lengths):
        assert len(tokens) == length and min(tokens) >= MARKS, f"{line!r} is {len(tokens)} pieces in place of {length}: {tokens}"


def training_corpus(args, folder, shape, batches=8):
    """Prepared pairs of shape.length - 1 pieces on either side, so that every batch is shape.batch x shape.length."""
    rng = np.random.default_rng(1)
    length = shape.length - 1
    source = every_word(shape, length)
    count = -(-max(len(source), batches * shape.batch) // shape.batch) * shape.batch
    source += sentences(rng, shape, [length] * (count - len(source)))
    target = sentences(rng, shape, [length] * count)
    valid = [sentences(rng, shape, [length] * shape.batch) for _ in range(2)]
    prepared = prepare(args, folder, shape, (source, target), valid)
    pieces = load_pieces(prepared)
    for lines in (source, target, *valid):
        check_pieces(pieces, lines, [length] * len(lines))
    return prepared


def heed_train(args, data, output, shape, **changes):
    """The metrics of a run, one dict a line. Names of `changes` have their dot as two underscores."""
    values = {"model.d_model": shape.d_model, "model.heads": shape.heads, "model.d_ff": shape.d_ff, "model.encoder_layers": shape.layers,
              "model.decoder_layers": shape.layers, "model.norm": args.norm, "data.max_sentences": shape.batch,
              "data.max_tokens": 4 * shape.batch * shape.length, "training.optimizer": "adam", "training.log_every": 1,
              "training.validate_every": 1_000_000, "training.checkpoint_every": 1_000_000}
    values |= {key.replace("__", "."): value for key, value in changes.items()}
    run([args.heed, "train", "--preset", ROOT / "presets/transformer_base.toml", "--data", data, "--output", output, "--threads",
         args.threads, "--quiet", *settings(values)], args.threads)
    metrics = [json.loads(line) for line in (output / "metrics.jsonl").read_text().splitlines()]
    card = tomllib.loads((output / "data.toml").read_text())["train"]
    expected = card["pairs"] * (shape.length - 1)
    assert card["source_tokens"] == card["target_tokens"] == expected, f"not the shape wanted: {card}"
    assert all(abs(line["train/epoch"] * card["pairs"] - line["step"] * shape.batch) < 1e-6 for line in metrics if "train/epoch" in line), \
        "not the batches wanted"
    return metrics


def metric(metrics, name):
    return [line[name] for line in metrics if name in line]


class HeedTranslator:
    """`heed translate` as a process that stays: lines in, lines out, the model loaded once."""

    def __init__(self, args, model, *options):
        command = [args.heed, "translate", "--model", model, "--parts", "fit", "--threads", args.threads, "--quiet",
                   *options]
        self._process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         env=environment(args.threads))

    def translate(self, lines):
        """heed takes what is in the pipe when it looks: one write that the pipe holds whole is one batch of lines."""
        data = "".join(line + "\n" for line in lines).encode()
        assert len(data) < 65536, "more than a pipe holds"
        self._process.stdin.write(data)
        self._process.stdin.flush()
        found = [self._process.stdout.readline() for _ in lines]
        if not found[-1].endswith(b"\n"):
            raise SystemExit(f"heed translate ended with {self._process.wait()}")
        return [line.decode().rstrip("\n") for line in found]

    def timed(self, lines):
        begin = time.perf_counter()
        self.translate(lines)
        return time.perf_counter() - begin

    def close(self):
        self._process.stdin.close()
        self._process.wait()


def sinusoids(rows, d_model):
    """heed's: sine and cosine of a frequency side by side."""
    frequency = np.exp(np.arange(0, d_model, 2, dtype=np.float32) * np.float32(-math.log(10000.0) / d_model))
    angle = np.arange(rows, dtype=np.float32)[:, None] * frequency
    return np.stack([np.sin(angle), np.cos(angle)], -1).reshape(rows, d_model).astype(np.float32)


def load_run(folder):
    """Config of the model and weights of a run folder, as float32 also where they are stored as bfloat16."""
    from safetensors.torch import load_file

    config = tomllib.loads((Path(folder) / "config.toml").read_text())
    assert config["task"] == "translation" and config["model"]["kind"] == "transformer", "no Transformer for translation"
    weights = load_file(Path(folder) / "model.safetensors")
    return config["model"], {name: weight.float().numpy() for name, weight in weights.items()}


def convert_to_ctranslate2(folder, output, longest=1024):
    """A run folder as CTranslate2's model: the same weights, pieces and marks. Source lines get their end mark from CTranslate2."""
    from ctranslate2.specs import common_spec, transformer_spec

    model, weights = load_run(folder)
    if model["position"] not in ("sinusoidal", "learned"):
        raise SystemExit(f"positions \"{model['position']}\" have another form in CTranslate2")
    activation = {"relu": common_spec.Activation.RELU, "gelu": common_spec.Activation.GELU}[model["activation"]]
    spec = transformer_spec.TransformerSpec.from_config((model["encoder_layers"], model["decoder_layers"]), model["heads"],
                                                        pre_norm=model["norm"] == "pre", activation=activation)

    def linear(to, name):
        to.weight, to.bias = weights[name + ".weight"], weights[name + ".bias"]

    def norm(to, name):
        to.gamma, to.beta = weights[name + ".weight"], weights[name + ".bias"]

    def layer(to, name):
        linear(to.self_attention.linear[0], name + ".attention.query_key_value")
        linear(to.self_attention.linear[1], name + ".attention.output")
        norm(to.self_attention.layer_norm, name + ".attention_norm")
        if hasattr(to, "attention"):
            linear(to.attention.linear[0], name + ".cross_attention.query")
            linear(to.attention.linear[1], name + ".cross_attention.key_value")
            linear(to.attention.linear[2], name + ".cross_attention.output")
            norm(to.attention.layer_norm, name + ".cross_attention_norm")
        linear(to.ffn.linear_0, name + ".expand")
        linear(to.ffn.linear_1, name + ".contract")
        norm(to.ffn.layer_norm, name + ".feed_forward_norm")

    def stack(to, name, positions):
        to.position_encodings.encodings = (sinusoids(longest, model["d_model"]) if model["position"] == "sinusoidal" else weights[positions])
        for i, one in enumerate(to.layer):
            layer(one, f"{name}.{i}")
        if model["norm"] == "pre":
            norm(to.layer_norm, f"{name}_norm")

    stack(spec.encoder, "encoder", "source_positions.weight")
    stack(spec.decoder, "decoder", "positions.weight")
    tokens = weights["tokens.weight"]
    spec.encoder.embeddings[0].weight = weights.get("source_tokens.weight", tokens)
    spec.decoder.embeddings.weight = tokens
    spec.decoder.projection.weight = weights.get("output.weight", tokens)
    spec.decoder.projection.bias = weights.get("output.bias", np.zeros(len(tokens), np.float32))
    for side, register in (("source", spec.register_source_vocabulary), ("target", spec.register_target_vocabulary)):
        pieces = load_pieces(folder, side)
        register([pieces.id_to_piece(i) for i in range(pieces.get_piece_size())])
    spec.config.bos_token = spec.config.decoder_start_token = "<s>"
    spec.config.eos_token, spec.config.unk_token, spec.config.add_source_eos = "</s>", "<unk>", True
    spec.validate()
    spec.optimize()
    output.mkdir()
    spec.save(str(output))
    return output


def by_turns(rivals, rounds, pause=0.5):
    """{name: function giving a list of seconds}: every rival once a round, so that a drift of the machine hits all. The pause lets the
    threads of the one before fall asleep."""
    found = {name: [] for name in rivals}
    for number in range(rounds):
        for name, measure in rivals.items():
            time.sleep(pause)
            found[name] += measure()
            say(f"round {number + 1} of {rounds}: {', '.join(str(part) for part in name)}: {statistics.median(found[name]):.3f} s")
    return found


def summary(seconds):
    return {"median_s": statistics.median(seconds), "low_s": min(seconds), "high_s": max(seconds), "samples": len(seconds)}


def rival_rows(found, tokens):
    """{(rival, precision): seconds of a step of so many tokens}: a dict for each, beside heed in the same precision."""
    return [{"rival": name, "precision": precision, **summary(seconds), "tokens_per_second": tokens / statistics.median(seconds),
             "times_heed": statistics.median(seconds) / statistics.median(found["heed", precision])}
            for (name, precision), seconds in found.items()]


def milliseconds(found):
    return f"{1e3 * found['median_s']:.1f} ({1e3 * found['low_s']:.1f} to {1e3 * found['high_s']:.1f})"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def print_machine(found):
    print(f"{found['cpu']}, {found['threads']} threads; heed's kernels {found['kernels']}, libtorch {found['libtorch']}; PyTorch "
          f"{found['pytorch']}, CTranslate2 {found['ctranslate2']}. Float32 multiply-adds reach {found['peak_gflops']:.0f} GFLOP/s, "
          f"libtorch's product of 1024 x 1024 {found['gemm_gflops']:.0f}.\n")


def write_json(args, shape, values):
    if args.json:
        options = {key: value for key, value in vars(args).items() if key in ("norm", "threads", "rounds")}
        Path(args.json).write_text(json.dumps({"shape": {"name": args.shape, **asdict(shape)}, "options": options, **values}, indent=1) + "\n")
