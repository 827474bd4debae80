#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cached greedy generation at GPT-2 small's shape: heed beside Hugging Face's transformers, CTranslate2 and llama.cpp, by turns in one run.

    gpt2_generation.py --llama-cpp FOLDER       # FOLDER: where `npm install node-llama-cpp` was run; without it llama.cpp is left out

One random GPT-2 (12 layers, width 768, 50,257 tokens) in the form that each program takes: heed imports the folder that transformers
writes, CTranslate2 converts it, llama.cpp gets GGUF files. A sequence has a prompt of 32 tokens and 128 new ones; the time counts both,
in llama.cpp the new tokens alone, since its binding says no other time. Speed does not depend on the values of weights. The floor is the
time in which all threads read every weight once a token, as `heed bench` measures it beside its own runs.
"""
import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import common

LAYERS, WIDTH, HEADS, VOCABULARY, POSITIONS = 12, 768, 12, 50257, 1024
PROMPT, NEW = 32, 128
END = "<|endoftext|>"


def arguments():
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--heed", default=str(common.ROOT / "build/release/heed"), help="the program; default: build/release/heed")
    found.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="numbers of threads, one after another")
    found.add_argument("--sequences", type=int, nargs="+", default=[1, 16], help="sequences together")
    found.add_argument("--rounds", type=int, default=3, help="turns of every program")
    found.add_argument("--rivals", nargs="+", default=["transformers", "ctranslate2", "llama.cpp"])
    found.add_argument("--llama-cpp", metavar="FOLDER", help="folder with node_modules/node-llama-cpp")
    found.add_argument("--models", metavar="FOLDER", help="keeps the models of the rivals there, and takes them from there")
    found.add_argument("--json", metavar="FILE", help="write the numbers there too")
    found.add_argument("--measure", nargs=4, metavar=("RIVAL", "MODEL", "THREADS", "SEQUENCES"), help=argparse.SUPPRESS)
    return found.parse_args()


def byte_alphabet():
    """GPT-2's characters for the bytes: printable ones stand for themselves."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [chr(byte) for byte in shown] + [chr(256 + i) for i in range(256 - len(shown))]


def vocabulary():
    """A byte-level BPE of the right size: every merge joins two bytes."""
    letters = byte_alphabet()
    merges = [(left, right) for left in letters for right in letters][: VOCABULARY - 256 - 1]
    return [*letters, *(left + right for left, right in merges), END], merges


def write_vocabulary(folder):
    tokens, merges = vocabulary()
    (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}, ensure_ascii=False), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{left} {right}\n" for left, right in merges), encoding="utf-8")


def make_transformers(folder):
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    GPT2LMHeadModel(GPT2Config()).save_pretrained(folder)
    write_vocabulary(folder)


def make_ctranslate2(folder, source):
    from ctranslate2.converters import TransformersConverter

    for name, quantization in (("float32", None), ("int8", "int8")):
        TransformersConverter(str(source)).convert(str(folder / f"ctranslate2-{name}"), quantization=quantization)


def make_gguf(folder, source):
    """The weights under llama.cpp's names; matrices [out, in]."""
    import gguf
    import numpy as np
    from gguf import quants
    from safetensors.numpy import load_file

    weights = {name.removeprefix("transformer."): array for name, array in load_file(source / "model.safetensors").items()}
    tokens, merges = vocabulary()
    layer = {"ln_1": "attn_norm", "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output", "ln_2": "ffn_norm", "mlp.c_fc": "ffn_up",
             "mlp.c_proj": "ffn_down"}
    names = {"wte": "token_embd", "wpe": "position_embd", "ln_f": "output_norm"}
    names |= {f"h.{i}.{ours}": f"blk.{i}.{theirs}" for i in range(LAYERS) for ours, theirs in layer.items()}
    for kind, number in ((gguf.GGMLQuantizationType.F32, 0), (gguf.GGMLQuantizationType.F16, 1), (gguf.GGMLQuantizationType.Q8_0, 7)):
        out = gguf.GGUFWriter(folder / f"{kind.name}.gguf", "gpt2")
        out.add_block_count(LAYERS)
        out.add_context_length(POSITIONS)
        out.add_embedding_length(WIDTH)
        out.add_feed_forward_length(4 * WIDTH)
        out.add_head_count(HEADS)
        out.add_layer_norm_eps(1e-5)
        out.add_file_type(number)
        out.add_tokenizer_model("gpt2")
        out.add_tokenizer_pre("gpt-2")
        out.add_token_list(tokens)
        out.add_token_types([1] * (VOCABULARY - 1) + [3])
        out.add_token_merges([f"{left} {right}" for left, right in merges])
        out.add_bos_token_id(VOCABULARY - 1)
        out.add_eos_token_id(VOCABULARY - 1)
        for stem, name in names.items():
            for ending in ("weight", "bias"):
                array = weights.get(f"{stem}.{ending}")
                if array is None:
                    continue
                array = np.ascontiguousarray(array.T if ".c_" in stem and array.ndim == 2 else array)
                if array.ndim == 2 and stem != "wpe" and kind.name != "F32":
                    out.add_tensor(f"{name}.{ending}", quants.quantize(array, kind), raw_dtype=kind)
                else:
                    out.add_tensor(f"{name}.{ending}", array)
        out.write_header_to_file()
        out.write_kv_data_to_file()
        out.write_tensors_to_file()
        out.close()


def models(args, folder):
    """Makes what is missing of the models; returns {(rival, weights): its model}."""
    source = folder / "transformers"
    if not (source / "merges.txt").exists():
        common.say("making a random GPT-2")
        make_transformers(source)
    found = {("transformers", "float32"): source} if "transformers" in args.rivals else {}
    if "ctranslate2" in args.rivals:
        if not (folder / "ctranslate2-int8").exists():
            common.say("converting it for CTranslate2")
            make_ctranslate2(folder, source)
        found |= {("ctranslate2", name): folder / f"ctranslate2-{name}" for name in ("float32", "int8")}
    if "llama.cpp" in args.rivals and args.llama_cpp:
        if not (folder / "Q8_0.gguf").exists():
            common.say("converting it for llama.cpp")
            make_gguf(folder, source)
        found |= {("llama.cpp", name): folder / f"{name}.gguf" for name in ("F32", "F16", "Q8_0")}
    return found


def prompt():
    return [(7919 * i + 11) % (VOCABULARY - 1) for i in range(PROMPT)]


def measure_transformers(model, threads, sequences):
    import torch
    from transformers import GPT2LMHeadModel

    torch.set_num_threads(threads)
    net, tokens = GPT2LMHeadModel.from_pretrained(model).eval(), torch.tensor([prompt()] * sequences)

    def generate(new):
        with torch.no_grad():
            return net.generate(tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=new, min_new_tokens=new, do_sample=False, pad_token_id=0)

    generate(4)
    begin = time.perf_counter()
    assert generate(NEW).shape == (sequences, PROMPT + NEW)
    return sequences * NEW / (time.perf_counter() - begin)


def measure_ctranslate2(model, threads, sequences):
    import ctranslate2

    kind = "int8" if str(model).endswith("int8") else "float32"
    generator = ctranslate2.Generator(str(model), device="cpu", compute_type=kind, intra_threads=threads, inter_threads=1)
    tokens = vocabulary()[0]
    words = [[tokens[i] for i in prompt()]] * sequences

    def generate(new):
        return generator.generate_batch(words, max_length=new, min_length=new, beam_size=1, include_prompt_in_result=False)

    generate(4)
    begin = time.perf_counter()
    found = generate(NEW)
    seconds = time.perf_counter() - begin
    assert len(found) == sequences and all(len(each.sequences_ids[0]) == NEW for each in found)
    return sequences * NEW / seconds


LLAMA_CPP = """
import {getLlama} from 'node-llama-cpp';
const [file, threads, count, prompt] = [process.argv[2], +process.argv[3], +process.argv[4], JSON.parse(process.argv[5])];
const llama = await getLlama({gpu: false, build: 'never', maxThreads: threads, logLevel: 'error'});
const context = await (await llama.loadModel({modelPath: file})).createContext({contextSize: 1024, threads});
const sequence = context.getSequence();
let seen = 0, begin = 0;
for await (const token of sequence.evaluate(prompt, {temperature: 0, yieldEogToken: true})) {
  if (seen++ === 0) begin = performance.now();
  if (seen > count) break;
}
console.log(count * 1000 / (performance.now() - begin));
process.exit(0);
"""


def measure_llama_cpp(args, model, threads):
    script = Path(args.llama_cpp) / "heed_gpt2.mjs"
    script.write_text(LLAMA_CPP)
    return float(common.run(["node", script, model, threads, NEW, json.dumps(prompt())], threads).split()[-1])


def measure_heed(args, threads, sequences, weights):
    command = [args.heed, "bench", "generation", "--position", "learned", "--repeats", 1, "--length", NEW, "--prompt", PROMPT, "--greedy",
               "--layers", LAYERS, "--d-model", WIDTH, "--heads", HEADS, "--d-ff", 4 * WIDTH, "--vocabulary", VOCABULARY, "--pieces",
               sequences, "--weights", weights, "--threads", threads, "--quiet", "--json"]
    return json.loads(common.run(command, threads).splitlines()[-1])["rows"][0]


def measured(args, rival, model, threads, sequences):
    """Tokens a second, by a process of its own, so that no program keeps threads beside another."""
    if rival == "llama.cpp":
        return measure_llama_cpp(args, model, threads)
    return float(common.run([sys.executable, __file__, "--measure", rival, model, threads, sequences], threads).split()[-1])


def turns(args, rivals, threads, sequences, found):
    for weights in ("float32", "bfloat16", "int8"):
        row = measure_heed(args, threads, sequences, weights)
        found.setdefault(("heed", weights, sequences, threads), []).append(row)
    for (rival, weights), model in rivals.items():
        if rival == "llama.cpp" and sequences != 1:
            continue  # the binding's own batching is not measured
        rate = measured(args, rival, model, threads, sequences)
        found.setdefault((rival, weights, sequences, threads), []).append({"tokens_per_second": rate})


def print_table(found):
    rows = []
    for (name, weights, sequences, threads), runs in sorted(found.items(), key=lambda item: (item[0][2], item[0][3])):
        rates = sorted(run["tokens_per_second"] for run in runs)
        middle = rates[len(rates) // 2]
        floor = runs[0].get("share_of_floor")
        share = "" if floor is None else f"{100 * sorted(run['share_of_floor'] for run in runs)[len(runs) // 2]:.0f} %"
        rows.append((sequences, threads, name, weights, f"{middle:.1f} ({rates[0]:.1f} to {rates[-1]:.1f})", share))
    print(common.table(("sequences", "threads", "program", "weights", "tokens/s", "of the floor"), rows))


def main():
    args = arguments()
    if args.measure:
        rival, model, threads, sequences = args.measure
        measure = {"transformers": measure_transformers, "ctranslate2": measure_ctranslate2}[rival]
        return print(measure(model, int(threads), int(sequences)))
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    args.temp, found = None, {}
    with common.work_folder(args) as folder:
        if args.models:
            folder = Path(args.models)
            folder.mkdir(parents=True, exist_ok=True)
        rivals = models(args, folder)
        for number in range(args.rounds):
            for sequences in args.sequences:
                for threads in args.threads:
                    common.say(f"round {number + 1} of {args.rounds}: {sequences} sequences, {threads} threads")
                    turns(args, rivals, threads, sequences, found)
        print_table(found)
    if args.json:
        Path(args.json).write_text(json.dumps({" ".join(map(str, key)): runs for key, runs in found.items()}, indent=1) + "\n")


if __name__ == "__main__":
    main()
