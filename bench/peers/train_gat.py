#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Graph attention: heed beside PyTorch Geometric, by turns in one run.

    train_gat.py --data cora.safetensors citeseer.safetensors --json gat.json       # all
    train_gat.py --works layer --threads 2                                          # the layer alone needs no data

heed trains its preset gat_cora; PyTorch Geometric trains the network of its documented example, examples/gat.py: 200 epochs, the test
accuracy where validation accuracy was best first. The layer is GAT's attention along the edges of a random graph, forward and backward.
Outputs and gradients are compared before anything is timed.
"""
import argparse
import csv
import json
import os
import shutil
import statistics
import sys
import time
import warnings
from pathlib import Path

import common

WORKS = ("epoch", "accuracy", "layer")
PYG, ROWS, COMPILED = "PyG", "PyG, CSR", "PyG, compiled"
HEADS, HEAD_DIM = 8, 8
RATE, DECAY, DROPOUT, EPOCHS = 0.005, 5e-4, 0.6, 200  # of the example
CHECK_STEPS = 100  # of heed's run whose predictions are compared
OUTPUT_TOLERANCE, GRADIENT_TOLERANCE = 1e-5, 1e-4  # as shares of the largest number; probabilities as they are


def parser():
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--heed", default=str(common.ROOT / "build/release/heed"), help="the program; default: build/release/heed")
    found.add_argument("--ops", help="heed's operators for Python, for the layer; default: libheed_ops.so of the program's build or prefix")
    found.add_argument("--data", nargs="+", default=[], metavar="FILE", help="citation graphs (Planetoid) as safetensors")
    found.add_argument("--works", nargs="+", choices=WORKS, default=list(WORKS))
    found.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="numbers of threads, one after another; accuracy takes the largest")
    found.add_argument("--rounds", type=int, default=5, help="turns of both")
    found.add_argument("--epochs", type=int, default=30, help="timed epochs of a turn")
    found.add_argument("--warm-up", type=int, default=10, help="epochs before them")
    found.add_argument("--seeds", type=int, default=10, help="runs of each for the accuracy")
    found.add_argument("--nodes", type=int, default=100_000, help="of the layer's graph")
    found.add_argument("--degree", type=int, default=20, help="edges that arrive at each of them")
    found.add_argument("--repeats", type=int, default=5, help="timed passes of a turn of the layer")
    found.add_argument("--compile", action="store_true", help="PyTorch Geometric by torch.compile, too")
    found.add_argument("--quick", action="store_true", help="a small graph, few epochs and seeds: to see that it works, not how fast")
    found.add_argument("--temp", help="where to put runs while measuring; default: the system's folder")
    found.add_argument("--json", metavar="FILE", help="write the numbers there too")
    found.add_argument("--worker", help=argparse.SUPPRESS)
    return found


def settled(args):
    if args.quick:
        args.rounds, args.epochs, args.warm_up, args.seeds = 2, 5, 2, 2
        args.nodes, args.repeats = 2_000, 2
    args.pyg_epochs = 20 if args.quick else EPOCHS
    if set(args.works) - {"layer"} and not args.data:
        raise SystemExit("name the citation graphs (--data FILE ...), or measure the layer alone (--works layer)")
    args.heed = str(Path(args.heed).resolve())
    return args


# --- heed's program

def heed_train(args, data, output, threads, *options, **changes):
    """What `heed train` answers. Names of `changes` have their dot as two underscores."""
    values = {key.replace("__", "."): value for key, value in changes.items()}
    found = common.run([args.heed, "train", "--preset", common.ROOT / "presets/gat_cora.toml", "--data", data, "--output", output, "--threads",
                        threads, "--quiet", "--json", *options, *common.settings(values)], threads)
    return json.loads(found.splitlines()[-1])


def read_metrics(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def heed_epochs(args, data, folder, threads):
    """Seconds of epochs. With a line for each step, train/seconds grows from one to the next by a step and the validation before it."""
    run = folder / "epochs"
    heed_train(args, data, run, threads, training__steps=args.warm_up + args.epochs + 1, training__patience=0, training__log_every=1)
    clock = common.metric(read_metrics(run), "train/seconds")
    shutil.rmtree(run)
    return [after - before for before, after in zip(clock, clock[1:])][args.warm_up:]


def heed_seeds(args, data, folder, threads, seeds):
    """seeds.json's runs: epochs, seconds and test accuracy of each."""
    run = folder / "seeds"
    short = {"training__steps": 50} if args.quick else {}
    heed_train(args, data, run, threads, "--seed", seeds[0], "--seeds", len(seeds), **short)
    runs = json.loads((run / "seeds.json").read_text())["runs"]
    shutil.rmtree(run)
    return [{"seed": one["seed"], "epochs": one["step"], "seconds": one["seconds"], "accuracy": one["test"]["accuracy"]} for one in runs]


# --- PyTorch Geometric's network

def read_citations(file):
    """A citation graph as its data object, rows normalised as in its example."""
    import torch
    from safetensors.torch import load_file
    from torch_geometric.data import Data
    from torch_geometric.transforms import NormalizeFeatures

    found = load_file(file)
    nodes, features = found["x_shape"].tolist()
    x = torch.zeros(nodes, features)
    row = torch.repeat_interleave(torch.arange(nodes), found["x_indptr"].diff())
    x[row, found["x_indices"].long()] = found["x_values"]
    masks = {name: found[name].bool() for name in ("train_mask", "val_mask", "test_mask")}
    return NormalizeFeatures()(Data(x=x, y=found["y"], edge_index=found["edge_index"], **masks))


def make_network(features, classes, dropout=DROPOUT):
    import torch
    from torch.nn import functional as F
    from torch_geometric.nn import GATConv

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.first = GATConv(features, HEAD_DIM, HEADS, dropout=dropout)
            self.last = GATConv(HEADS * HEAD_DIM, classes, heads=1, concat=False, dropout=dropout)

        def forward(self, x, edge_index):
            x = F.dropout(x, dropout, self.training)
            x = F.elu(self.first(x, edge_index))
            x = F.dropout(x, dropout, self.training)
            return self.last(x, edge_index)

    return Network()


class Trainer:
    """An epoch of the example: a step, then the accuracies of all three parts by one more forward pass."""

    def __init__(self, data, compiled):
        import torch

        self._torch, self._data = torch, data
        self._network = make_network(data.num_features, int(data.y.max()) + 1)
        self._forward = torch.compile(self._network) if compiled else self._network
        self._adam = torch.optim.Adam(self._network.parameters(), lr=RATE, weight_decay=DECAY)
        self._masks = [data.train_mask, data.val_mask, data.test_mask]

    def epoch(self):
        data = self._data
        self._network.train()
        self._adam.zero_grad()
        logits = self._forward(data.x, data.edge_index)
        loss = self._torch.nn.functional.cross_entropy(logits[data.train_mask], data.y[data.train_mask])
        loss.backward()
        self._adam.step()
        float(loss.detach())
        self._network.eval()
        with self._torch.no_grad():
            found = self._forward(data.x, data.edge_index).argmax(-1)
            return [int((found[mask] == data.y[mask]).sum()) / int(mask.sum()) for mask in self._masks]


def time_epochs(job):
    trainer = Trainer(read_citations(job["data"]), job["compiled"])
    return [timed(trainer.epoch) for _ in range(job["warm_up"] + job["epochs"])][job["warm_up"]:]


def train_seeds(job):
    import torch

    data, found = read_citations(job["data"]), []
    for seed in job["seeds"]:
        torch.manual_seed(seed)
        begin, trainer = time.perf_counter(), Trainer(data, compiled=False)
        best, accuracy = 0, 0
        for _ in range(job["epochs"]):
            _, valid, test = trainer.epoch()
            if valid > best:
                best, accuracy = valid, test
        found.append({"seed": seed, "epochs": job["epochs"], "seconds": time.perf_counter() - begin, "accuracy": accuracy})
    return found


# --- the same numbers?

def plain_layer(x, weights, source, target):
    """heed's formula in plain PyTorch, [nodes, heads, head_dim]: the softmax of an edge is among those with its target."""
    import torch
    from torch.nn import functional as F

    hidden = torch.einsum("ni,hdi->nhd", x, weights["weight"])
    asks = (hidden * weights["vector"]).sum(-1) + weights["vector_bias"]
    offers = (hidden * weights["source_vector"]).sum(-1) + weights["source_vector_bias"]
    scores = F.leaky_relu(asks[target] + offers[source], 0.2)
    most = torch.full_like(asks, -torch.inf).index_reduce(0, target, scores.detach(), "amax")
    share = (scores - most[target]).exp()
    share = share / torch.zeros_like(asks).index_add(0, target, share)[target]
    return torch.zeros_like(hidden).index_add(0, target, share.unsqueeze(-1) * hidden[source]) + weights["bias"]


def plain_network(data, layers):
    import torch

    itself = torch.arange(data.num_nodes)
    source, target = (torch.cat([ends, itself]) for ends in data.edge_index)
    hidden = torch.nn.functional.elu(plain_layer(data.x, layers[0], source, target).flatten(1))
    return plain_layer(hidden, layers[1], source, target).mean(1)


def layers_of(file):
    """heed's weights of both layers by name, ready for gradients; its matrices [in, heads, head_dim] become [heads, head_dim, in]."""
    from safetensors.torch import load_file

    found = [{}, {}]
    for name, weight in load_file(file).items():
        _, layer, of = name.split(".")
        found[int(layer)][of] = (weight.movedim(0, -1).contiguous() if of == "weight" else weight).requires_grad_()
    return found


def places_in(convolution):
    """Parameters of theirs, by the names that heed has."""
    return {"weight": convolution.lin.weight, "vector": convolution.att_dst, "source_vector": convolution.att_src, "bias": convolution.bias}


def take_weights(network, layers):
    import torch

    with torch.no_grad():
        for convolution, weights in zip((network.first, network.last), layers):
            for name, parameter in places_in(convolution).items():
                parameter.copy_(weights[name].reshape(parameter.shape))


def difference(found, expected):
    """The largest, as a share of the largest number expected."""
    return ((found - expected).abs().max() / expected.abs().max()).item()


def check_network(job):
    """Their network and the plain formula at heed's first weights, then their answers at heed's trained ones."""
    import torch

    data = read_citations(job["data"])
    network = make_network(data.num_features, int(data.y.max()) + 1, dropout=0)

    def loss_of(logits):
        return torch.nn.functional.cross_entropy(logits[data.train_mask], data.y[data.train_mask])

    first = layers_of(job["first"])
    take_weights(network, first)
    theirs, plain = network(data.x, data.edge_index), plain_network(data, first)
    loss, plain_loss = loss_of(theirs), loss_of(plain)
    loss.backward()
    plain_loss.backward()
    gradients = [difference(parameter.grad, weights[name].grad.reshape(parameter.shape))
                 for convolution, weights in zip((network.first, network.last), first) for name, parameter in places_in(convolution).items()]
    norm = torch.cat([weight.grad.flatten() for weights in first for weight in weights.values()]).norm()
    take_weights(network, layers_of(job["trained"]))
    with torch.no_grad():
        probabilities = network(data.x, data.edge_index).softmax(-1)
    with open(job["predictions"], newline="") as file:
        rows = list(csv.DictReader(file))
    ours = torch.tensor([[float(row[str(label)]) for label in range(probabilities.shape[1])] for row in rows])
    return {"logits": difference(theirs.detach(), plain.detach()), "gradients": max(gradients), "loss": abs(loss.item() / job["loss"] - 1),
            "norm": abs(norm.item() / job["norm"] - 1), "probabilities": (ours - probabilities).abs().max().item()}


def without_score_biases(run, output):
    """A copy of a model whose scores have no biases: GATConv has none."""
    from safetensors.torch import load_file, save_file

    shutil.copytree(run, output, ignore=shutil.ignore_patterns("checkpoints"))
    weights = load_file(output / "model.safetensors")
    for name, weight in weights.items():
        if name.endswith("vector_bias"):
            weight.zero_()
    save_file(weights, output / "model.safetensors")


def check_data(args, data, folder):
    threads = max(args.threads)
    still = {f"model__{name}_dropout": 0 for name in ("input", "attention", "value")}
    begun, trained, plain, predictions = (folder / name for name in ("begun", "trained", "plain", "predictions.csv"))
    heed_train(args, data, begun, threads, training__steps=1, training__weight_decay=0, training__log_every=1, training__keep_checkpoints=2,
               **still)
    heed_train(args, data, trained, threads, training__steps=CHECK_STEPS)
    without_score_biases(trained, plain)
    common.run([args.heed, "predict", "--model", plain, "--data", data, "--probabilities", "--output", predictions, "--threads", threads,
                "--quiet"], threads)
    metrics = read_metrics(begun)
    found = in_worker("check_network", threads, data=data, first=str(begun / "checkpoints/step-0/model.safetensors"),
                      trained=str(plain / "model.safetensors"), predictions=str(predictions), loss=common.metric(metrics, "train/loss")[0],
                      norm=common.metric(metrics, "train/gradient_norm")[0])
    for name in (begun, trained, plain):
        shutil.rmtree(name)
    say_differences(Path(data).stem, found)
    return found


def say_differences(what, found):
    common.say(f"{what}: largest differences: " + ", ".join(f"{name} {value:.1e}" for name, value in found.items()))
    bound = {name: GRADIENT_TOLERANCE if "gradients" in name or name == "norm" else OUTPUT_TOLERANCE for name in found}
    wrong = [name for name, value in found.items() if not value <= bound[name]]
    if wrong:
        raise SystemExit(f"{what}: heed and PyTorch Geometric differ by more than {bound[wrong[0]]}: {', '.join(wrong)}")


# --- the layer

class Layer:
    """GAT's layer 64 to 8 x 8 of both on one random graph, whose edges are sorted by target, and attention alone from given scores."""

    def __init__(self, job):
        import torch
        from torch_geometric.nn import GATConv

        warnings.filterwarnings("ignore", category=UserWarning)
        torch.manual_seed(1)
        nodes, width = job["nodes"], HEADS * HEAD_DIM
        self._torch = torch
        self._source = torch.randint(nodes, (nodes, job["degree"])).sort(1)[0].flatten()
        self._target = torch.arange(nodes).repeat_interleave(job["degree"])
        self._edge_index = torch.stack([self._source, self._target])
        self._rows = torch.sparse_csr_tensor(torch.arange(nodes + 1) * job["degree"], self._source, torch.ones(len(self._source)), (nodes, nodes))
        self._x, self._output_grad = torch.randn(nodes, width), torch.randn(nodes, width)
        self._gat = GATConv(width, HEAD_DIM, HEADS, add_self_loops=False)
        torch.nn.init.uniform_(self._gat.bias, -1, 1)
        self._leaves = [torch.randn(size).requires_grad_() for size in ((nodes, HEADS), (nodes, HEADS), (nodes, HEADS, HEAD_DIM))]
        self._module = torch.compile(self._gat) if job.get("rival") == COMPILED else self._gat

    def load_heed(self, ops):
        os.environ["HEED_OPS_LIBRARY"] = ops
        sys.path.insert(0, str(common.ROOT / "python"))
        import heed

        self._heed = heed
        self._edges = heed.sort_edges(self._source, self._target, len(self._x))

    def forward(self, rival, part):
        asks, offers, value = self._leaves
        if rival == "heed" and part == "layer":
            gat = self._gat
            hidden = gat.lin(self._x).view(-1, HEADS, HEAD_DIM)
            asks, offers = ((hidden * vector).sum(-1, keepdim=True) for vector in (gat.att_dst, gat.att_src))
            return self._heed.edge_attention(asks, offers, hidden, self._edges, score="gat").flatten(1) + gat.bias
        if rival == "heed":
            return self._heed.edge_attention(asks.unsqueeze(-1), offers.unsqueeze(-1), value, self._edges, score="gat").flatten(1)
        edges = self._rows if rival == ROWS else self._edge_index
        if part == "layer":
            return self._module(self._x, edges)
        alpha = self._gat.edge_updater(edges, alpha=(offers, asks), edge_attr=None, size=None)
        return self._gat.propagate(edges, x=(value, value), alpha=alpha, size=None).flatten(1)

    def both(self, rival, part):
        """Forward and backward: the output and every gradient."""
        leaves = list(self._gat.parameters()) if part == "layer" else self._leaves
        output = self.forward(rival, part)
        return [output, *self._torch.autograd.grad(output, leaves, self._output_grad)]


def check_layer(job):
    layer = Layer(job)
    layer.load_heed(job["ops"])
    found = {}
    for part in ("layer", "attention"):
        expected = layer.both(PYG, part)
        for rival in ("heed", ROWS):
            output, *gradients = layer.both(rival, part)
            found[f"{part}: outputs, {rival}"] = difference(output.detach(), expected[0].detach())
            found[f"{part}: gradients, {rival}"] = max(difference(*pair) for pair in zip(gradients, expected[1:]))
    return found


def memory(name):
    """A line of /proc/self/status, in bytes."""
    line = next(line for line in open("/proc/self/status") if line.startswith(name + ":"))
    return int(line.split()[1]) * 1024


def time_layer(job):
    layer = Layer(job)
    if job["rival"] == "heed":
        layer.load_heed(job["ops"])
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again here
    before = memory("VmRSS")
    seconds = [timed(lambda: layer.both(job["rival"], job["part"])) for _ in range(1 + job["repeats"])][1:]
    return {"seconds": seconds, "bytes": memory("VmHWM") - before}


def operators(args):
    if args.ops:
        return str(Path(args.ops).resolve())
    folder = Path(args.heed).parent
    places = [folder / "rooms", folder.parent / "lib", folder.parent / "lib64"]
    found = [str(place / "libheed_ops.so") for place in places if (place / "libheed_ops.so").exists()]
    if not found:
        raise SystemExit(f"libheed_ops.so is not in {', '.join(str(place) for place in places)}: build heed, or name it with --ops")
    return found[0]


# --- workers: processes of their own

def timed(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def worker(job):
    import torch

    torch.set_num_threads(job["threads"])
    torch.manual_seed(1)
    print(json.dumps({work.__name__: work for work in (check_network, check_layer, time_epochs, train_seeds, time_layer)}[job["do"]](job)))


def in_worker(do, threads, **job):
    command = [sys.executable, __file__, "--worker", json.dumps({"do": do, "threads": threads, **job})]
    return json.loads(common.run(command, threads).splitlines()[-1])


# --- turns

def epoch_rows(args, folder):
    rivals = {}
    for data in args.data:
        for threads in args.threads:
            case = (Path(data).stem, threads)
            rivals["heed", *case] = lambda data=data, threads=threads: heed_epochs(args, data, folder, threads)
            for rival in [PYG] + [COMPILED] * args.compile:
                rivals[rival, *case] = lambda data=data, threads=threads, rival=rival: in_worker(
                    "time_epochs", threads, data=data, compiled=rival == COMPILED, warm_up=args.warm_up, epochs=args.epochs)
    found = common.by_turns(rivals, args.rounds)
    return [{"rival": rival, "data": data, "threads": threads, **common.summary(seconds),
             "times_heed": statistics.median(seconds) / statistics.median(found["heed", data, threads])}
            for (rival, data, threads), seconds in found.items()]


def accuracy_rows(args, folder):
    """Both train the same number of seeds in each of as many turns as rounds, or fewer."""
    threads, runs, each = max(args.threads), {}, -(-args.seeds // args.rounds)
    parts = [list(range(first, min(first + each, 1 + args.seeds))) for first in range(1, 1 + args.seeds, each)]
    for number, seeds in enumerate(parts):
        for data in args.data:
            name = Path(data).stem
            runs.setdefault(("heed", name), []).extend(heed_seeds(args, data, folder, threads, seeds))
            runs.setdefault((PYG, name), []).extend(in_worker("train_seeds", threads, data=data, seeds=seeds, epochs=args.pyg_epochs))
            common.say(f"accuracy, turn {number + 1} of {len(parts)}, {name}: " + ", ".join(
                f"{rival} {statistics.mean(run['accuracy'] for run in runs[rival, name]):.4f}" for rival in ("heed", PYG)))
    return [{"rival": rival, "data": data, "threads": threads, **spread([run["accuracy"] for run in found]),
             "epochs": statistics.median(run["epochs"] for run in found), **common.summary([run["seconds"] for run in found]), "runs": found}
            for (rival, data), found in runs.items()]


def spread(values):
    return {"accuracy": statistics.mean(values), "deviation": statistics.stdev(values) if len(values) > 1 else 0}


def layer_rows(args, ops):
    rivals, most = {}, {}

    def measure(rival, part, threads):
        found = in_worker("time_layer", threads, rival=rival, part=part, ops=ops, **graph(args), repeats=args.repeats)
        # The compiler's memory is not the layer's.
        most[rival, part, threads] = None if rival == COMPILED else max(most.get((rival, part, threads), 0), found["bytes"])
        return found["seconds"]

    for part in ("layer", "attention"):
        for threads in args.threads:
            for rival in ["heed", PYG, ROWS] + [COMPILED] * (args.compile and part == "layer"):
                rivals[rival, part, threads] = lambda case=(rival, part, threads): measure(*case)
    found = common.by_turns(rivals, args.rounds)
    return [{"rival": name[0], "part": name[1], "threads": name[2], **common.summary(seconds), "bytes": most[name],
             "edges_per_second": args.nodes * args.degree / statistics.median(seconds),
             "times_heed": statistics.median(seconds) / statistics.median(found["heed", *name[1:]])} for name, seconds in found.items()]


def graph(args):
    return {"nodes": args.nodes, "degree": args.degree}


# --- what it prints

def machine(args):
    found = common.machine(argparse.Namespace(heed=args.heed, threads=max(args.threads)))
    del found["ctranslate2"]
    return found | {name: common.installed(name) for name in ("torch_geometric", "torch_scatter", "torch_sparse", "pyg_lib")}


def print_machine(found):
    extras = [f"{name} {found[name]}" for name in ("torch_scatter", "torch_sparse", "pyg_lib") if found[name] != "not installed"]
    print(f"{found['cpu']}; heed's kernels {found['kernels']}, libtorch {found['libtorch']}; PyTorch {found['pytorch']}, PyTorch Geometric "
          f"{found['torch_geometric']} ({', '.join(extras) or 'no extensions'}). Threads: {found['threads']}; float32 multiply-adds reach "
          f"{found['peak_gflops']:.0f} GFLOP/s, libtorch's product of 1024 x 1024 {found['gemm_gflops']:.0f}.")


def fine_milliseconds(row):
    return f"{1e3 * row['median_s']:.2f} ({1e3 * row['low_s']:.2f} to {1e3 * row['high_s']:.2f})"


def print_epochs(rows):
    print("\nAn epoch of training: a step and a validation.\n")
    print(common.table(["data", "threads", "rival", "ms an epoch", "x heed's time"],
                       [[row["data"], row["threads"], row["rival"], fine_milliseconds(row), f"{row['times_heed']:.1f}"] for row in rows]))


def print_accuracy(rows):
    print(f"\nTest accuracy of {len(rows[0]['runs'])} seeds, mean and standard deviation: each by its own rule for when to stop and what to keep.\n")
    print(common.table(["data", "rival", "accuracy, %", "epochs, median", "seconds a seed"],
                       [[row["data"], row["rival"], f"{100 * row['accuracy']:.2f} ± {100 * row['deviation']:.2f}", f"{row['epochs']:.0f}",
                         f"{row['median_s']:.1f} ({row['low_s']:.1f} to {row['high_s']:.1f})"] for row in rows]))


def print_layer(args, rows):
    print(f"\nGAT, {HEADS} heads of {HEAD_DIM}, {args.nodes * args.degree:,} edges of {args.nodes:,} nodes, forward and backward: the whole layer "
          "(projection, scores, attention, bias), and attention alone.\n")
    print(common.table(["work", "threads", "rival", "ms", "M edges/s", "MB", "x heed's time"],
                       [[row["part"], row["threads"], row["rival"], common.milliseconds(row), f"{row['edges_per_second'] / 1e6:.2f}",
                         f"{row['bytes'] / 1e6:,.0f}" if row["bytes"] else "-", f"{row['times_heed']:.1f}"] for row in rows]))


def main():
    args = parser().parse_args()
    if args.worker:
        return worker(json.loads(args.worker))
    args = settled(args)
    found = {"options": {name: getattr(args, name) for name in ("threads", "rounds", "epochs", "warm_up", "pyg_epochs", "seeds", "nodes",
                                                                "degree", "repeats", "quick")}, "differences": {}}
    with common.work_folder(args) as folder:
        if set(args.works) - {"layer"}:
            for data in args.data:
                found["differences"][Path(data).stem] = check_data(args, data, folder)
        if "layer" in args.works:
            ops = operators(args)
            found["differences"]["layer"] = in_worker("check_layer", max(args.threads), ops=ops, **graph(args))
            say_differences("layer", found["differences"]["layer"])
        if "epoch" in args.works:
            found["epoch"] = epoch_rows(args, folder)
        if "layer" in args.works:
            found["layer"] = layer_rows(args, ops)
        if "accuracy" in args.works:
            found["accuracy"] = accuracy_rows(args, folder)
    found["machine"] = machine(args)
    print_machine(found["machine"])
    if args.quick:
        print("\n--quick: too short to say how fast or how good anything is.")
    if "epoch" in found:
        print_epochs(found["epoch"])
    if "layer" in found:
        print_layer(args, found["layer"])
    if "accuracy" in found:
        print_accuracy(found["accuracy"])
    if args.json:
        Path(args.json).write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
