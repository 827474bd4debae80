#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares heed's reading and writing of GPT-2 files with Hugging Face's transformers, and with the gguf package that
llama.cpp's converters use: the same logits and the same greedy tokens.

    gpt2_compare.py path/to/gpt2_dump path/to/heed

The models are small and random, with biases and norms away from their first values. The real small GPT of
llm-viz is compared with its published activations if it is present (HEED_TEST_DATA, or ../shared/data). Exits 77
(skipped) if transformers, safetensors or gguf is not installed.
"""

import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
try:
    import gguf
    import numpy
    import torch
    from gguf import quants
    from safetensors.torch import load_file, save_file
    from transformers import GPT2Config, GPT2LMHeadModel
    from transformers.utils import logging
except ImportError as error:
    print(f"skipped: {error.name} is missing in this Python; pip install transformers gguf")
    sys.exit(77)

logging.disable_progress_bar()
DUMP = HEED = None  # paths of gpt2_dump and of the program
DATA = pathlib.Path(os.environ.get("HEED_TEST_DATA", pathlib.Path(__file__).resolve().parents[3] / "shared/data"))
SMALL = dict(vocab_size=61, n_positions=40, n_embd=64, n_layer=3, n_head=4, bos_token_id=0, eos_token_id=None)
TOLERANCE = 1e-4
NEW = 20  # tokens generated
CONV1D = ("attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight")


def random_model(**changes):
    torch.manual_seed(3)
    model = GPT2LMHeadModel(GPT2Config(**{**SMALL, **changes})).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.add_(torch.randn_like(parameter) * (0.2 if parameter.dim() == 1 else 0.1))
    return model


def dump(*arguments, fails=False):
    done = subprocess.run([DUMP, *map(str, arguments)], capture_output=True, text=True)
    assert (done.returncode != 0) == fails, done.stderr
    return done.stderr


class Comparison(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        generator = torch.Generator().manual_seed(5)
        self.tokens = torch.randint(SMALL["vocab_size"], (3, 15), generator=generator)
        save_file({"tokens": self.tokens}, self.folder / "tokens.safetensors")

    def ours(self, path, new=NEW):
        dump("logits", path, self.folder / "tokens.safetensors", self.folder / "out.safetensors", new)
        return load_file(self.folder / "out.safetensors")

    def check(self, path, model, tolerance=TOLERANCE):
        ours = self.ours(path)
        with torch.no_grad():
            logits = model(self.tokens).logits
            greedy = model.generate(self.tokens, max_new_tokens=NEW, min_new_tokens=NEW, do_sample=False, pad_token_id=0,
                                    attention_mask=torch.ones_like(self.tokens))
        self.assertGreater(logits.std(), 0.3)
        self.assertLess((ours["logits"] - logits).abs().max(), tolerance)
        self.assertLess((ours["stepped"] - logits).abs().max(), tolerance)
        self.assertTrue(ours["generated"].equal(greedy[:, self.tokens.size(1):]))

    def refusal(self, path):
        return dump("logits", path, self.folder / "tokens.safetensors", self.folder / "out.safetensors", NEW, fails=True)

    def saved(self, model, name="model"):
        path = self.folder / name
        model.save_pretrained(path)
        return path


class HuggingFaceFolder(Comparison):
    def rewritten(self, model, change, name="changed", **config):
        """The saved model with `change` made to its tensors and some keys of its config."""
        path = self.saved(model, name)
        tensors = change(dict(load_file(path / "model.safetensors")))
        save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, path / "model.safetensors")
        settings = json.loads((path / "config.json").read_text())
        (path / "config.json").write_text(json.dumps({**settings, **config}))
        return path

    def test_as_transformers_saves_it(self):
        model = random_model()
        self.check(self.saved(model), model)

    def test_published_form_with_masks_and_without_prefix(self):
        def publish(tensors):
            out = {key.removeprefix("transformer."): tensor for key, tensor in tensors.items()}
            for layer in range(SMALL["n_layer"]):
                out[f"h.{layer}.attn.bias"] = torch.ones(1, 1, 40, 40).tril().bool()
                out[f"h.{layer}.attn.masked_bias"] = torch.tensor(-1e4)
            return out

        model = random_model()
        self.check(self.rewritten(model, publish), model)

    def test_half_precision(self):
        for dtype in (torch.float16, torch.bfloat16):
            model = random_model().to(dtype)
            self.check(self.saved(model, str(dtype)), model.float())

    def test_other_sizes_activations_and_epsilon(self):
        for activation in ("gelu", "relu", "gelu_pytorch_tanh"):
            model = random_model(activation_function=activation, n_inner=50, layer_norm_epsilon=1e-2)
            self.check(self.saved(model, activation), model)

    def test_an_output_layer_of_its_own(self):
        model = random_model(tie_word_embeddings=False)
        self.check(self.saved(model), model)
        # and when the config says nothing
        path = self.rewritten(model, lambda tensors: tensors, "silent")
        settings = json.loads((path / "config.json").read_text())
        settings.pop("tie_word_embeddings")
        (path / "config.json").write_text(json.dumps(settings))
        self.check(path, model)

    def test_an_output_layer_that_repeats_the_embeddings(self):
        model = random_model()
        path = self.rewritten(model, lambda tensors: {**tensors, "lm_head.weight": tensors["transformer.wte.weight"].clone()})
        self.check(path, model)

    def test_linear_layers_as_min_gpt_has_them(self):
        model = random_model()

        def transpose(tensors):
            return {key: tensor.t() if key.endswith(CONV1D) else tensor for key, tensor in tensors.items()}

        self.check(self.rewritten(model, transpose), model)

    def test_settings_that_change_the_arithmetic_are_refused_by_name(self):
        model = random_model()
        for key, value in (("scale_attn_by_inverse_layer_idx", True), ("reorder_and_upcast_attn", True),
                           ("scale_attn_weights", False), ("add_cross_attention", True), ("activation_function", "silu"),
                           ("quantization_config", {"bits": 8}), ("n_head", 5), ("n_layer", 0), ("model_type", "gpt_neo")):
            path = self.rewritten(model, lambda tensors: tensors, key, **{key: value})
            message = self.refusal(path)
            self.assertIn("attention heads" if key == "n_head" else value if key == "model_type" else key, message)
            self.assertIn("config.json", message)

    def test_weights_that_do_not_fit_are_named(self):
        model = random_model()

        def change(tensors):
            del tensors["transformer.h.1.ln_2.bias"]
            tensors["transformer.h.9.ln_2.bias"] = torch.ones(64)
            tensors["transformer.wpe.weight"] = torch.ones(40, 63)
            return tensors

        message = self.refusal(self.rewritten(model, change))
        self.assertIn("missing: transformer.h.1.ln_2.bias", message)
        self.assertIn("extra: transformer.h.9.ln_2.bias", message)
        self.assertIn("misshapen: transformer.wpe.weight is [40, 63] where the model has [40, 64]", message)

        def integers(tensors):
            return {**tensors, "transformer.ln_f.bias": torch.ones(64, dtype=torch.int32)}

        self.assertIn("'transformer.ln_f.bias' is I32", self.refusal(self.rewritten(model, integers)))
        path = self.rewritten(model, lambda tensors: tensors, "untied", tie_word_embeddings=False)
        self.assertIn("missing: lm_head.weight", self.refusal(path))
        self.assertIn("holds no 'wte.weight'", self.refusal(self.rewritten(model, lambda tensors: {"a": torch.ones(1)}, "other")))

    def test_folders_that_hold_no_model(self):
        empty = self.folder / "empty"
        empty.mkdir()
        self.assertIn("has no config.json", self.refusal(empty))
        (empty / "config.json").write_text("{")
        self.assertIn("not valid JSON", self.refusal(empty))
        (empty / "config.json").write_text("{}")
        self.assertIn("has no model.safetensors", self.refusal(empty))

    def test_what_heed_exports_is_what_transformers_reads(self):
        for changes in ({}, {"tie_word_embeddings": False}, {"activation_function": "gelu", "n_inner": 50}):
            model = random_model(**changes)
            out = self.folder / f"exported{len(changes)}"
            out.mkdir()
            dump("export", self.saved(model, f"source{len(changes)}"), out)
            again = GPT2LMHeadModel.from_pretrained(out).eval()
            expected, found = model.state_dict(), again.state_dict()
            self.assertEqual(expected.keys(), found.keys())
            for name, tensor in expected.items():
                self.assertTrue(tensor.equal(found[name]), name)
            with torch.no_grad():
                self.assertTrue(model(self.tokens).logits.equal(again(self.tokens).logits))
            for key in ("n_inner", "activation_function", "layer_norm_epsilon", "n_positions"):
                self.assertEqual(getattr(again.config, key), getattr(model.config, key) or 4 * 64)


def written_gguf(folder, model, kind, tied=True, tokens=None, merges=("a b",)):
    """A file with matrices of this type; the model's weights become what the file holds."""
    names = {"wte": "token_embd", "wpe": "position_embd", "ln_f": "output_norm", "ln_1": "attn_norm", "attn.c_attn": "attn_qkv",
             "attn.c_proj": "attn_output", "ln_2": "ffn_norm", "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down"}
    path, config = folder / f"{kind.name}.gguf", model.config
    out = gguf.GGUFWriter(path, "gpt2")
    out.add_block_count(config.n_layer)
    out.add_context_length(config.n_positions)
    out.add_embedding_length(config.n_embd)
    out.add_feed_forward_length(4 * config.n_embd)
    out.add_head_count(config.n_head)
    out.add_layer_norm_eps(config.layer_norm_epsilon)
    out.add_tokenizer_model("gpt2")
    out.add_tokenizer_pre("gpt-2")
    out.add_token_list(tokens or [f"<{i}>" for i in range(config.vocab_size)])
    out.add_token_merges(list(merges))
    out.add_token_types([1] * config.vocab_size)
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and tied:
            continue
        inner = name.removeprefix("transformer.")
        conv1d = name.endswith(CONV1D)
        key = "output.weight" if name == "lm_head.weight" else None
        if key is None:
            stem, ending = inner.rsplit(".", 1)
            block, stem = (f"blk.{stem.split('.')[1]}.", stem.split(".", 2)[2]) if stem.startswith("h.") else ("", stem)
            key = f"{block}{names[stem]}.{ending}"
        values = (tensor.t() if conv1d else tensor).contiguous().numpy()
        if values.ndim == 2:
            packed = quants.quantize(values, kind)
            out.add_tensor(key, packed, raw_dtype=kind)
            values = torch.from_numpy(numpy.array(quants.dequantize(packed, kind)))
            tensor.copy_(values.t() if conv1d else values)
        else:
            out.add_tensor(key, values)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()
    return path


class GgufFile(Comparison):
    """GGUF files as gguf-py writes them."""

    def test_every_type(self):
        kinds = gguf.GGMLQuantizationType
        for kind in (kinds.F32, kinds.F16, kinds.BF16, kinds.Q8_0):
            model = random_model()
            path = written_gguf(self.folder, model, kind)
            with self.subTest(kind.name):
                self.check(path, model)

    def test_an_output_layer(self):
        model = random_model(tie_word_embeddings=False)
        path = written_gguf(self.folder, model, gguf.GGMLQuantizationType.F32, tied=False)
        self.check(path, model)

    def test_a_type_that_heed_does_not_read(self):
        path = written_gguf(self.folder, random_model(), gguf.GGMLQuantizationType.Q4_0)
        self.assertIn("has type Q4_0; heed reads F32, F16, BF16 and Q8_0", self.refusal(path))


def byte_vocabulary():
    """GPT-2's letters for the 256 bytes, two merges and a mark."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [*map(chr, shown), *(chr(256 + i) for i in range(68)), "he", "hey", "<|endoftext|>"], ["h e", "he y"]


def heed(*arguments, code=0):
    done = subprocess.run([HEED, *map(str, arguments), "--quiet"], capture_output=True, text=True)
    assert done.returncode == code, (done.returncode, done.stderr)
    return done.stdout if code == 0 else done.stderr


class Program(Comparison):
    """`heed import` and `heed export`."""

    def exported(self, source):
        heed("import", source, "--output", self.folder / "run")
        heed("export", "--model", self.folder / "run", "--output", self.folder / "out")
        return self.folder / "out"

    def check_equal(self, path, model):
        again = GPT2LMHeadModel.from_pretrained(path).eval()
        with torch.no_grad():
            self.assertTrue(model(self.tokens).logits.equal(again(self.tokens).logits))
        tokens, merges = byte_vocabulary()
        self.assertEqual(json.loads((path / "vocab.json").read_text()), {token: i for i, token in enumerate(tokens)})
        self.assertEqual((path / "merges.txt").read_text().splitlines()[1:], merges)
        self.assertEqual(again.config.eos_token_id, len(tokens) - 1)

    def test_a_folder_comes_back_equal(self):
        tokens, merges = byte_vocabulary()
        model = random_model(vocab_size=len(tokens))
        path = self.saved(model)
        self.assertIn("vocab.json", heed("import", path, "--output", self.folder / "none", code=3))
        self.assertFalse((self.folder / "none").exists())
        (path / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
        (path / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
        self.check_equal(self.exported(path), model)
        self.assertIn("exists already", heed("import", path, "--output", self.folder / "run", code=2))
        self.assertIn("does not exist", heed("import", self.folder / "nothing", "--output", self.folder / "new", code=2))

    def test_a_gguf_file_comes_back_equal(self):
        tokens, merges = byte_vocabulary()
        model = random_model(vocab_size=len(tokens))
        path = written_gguf(self.folder, model, gguf.GGMLQuantizationType.F16, tokens=tokens, merges=merges)
        self.check_equal(self.exported(path), model)


class RealModel(Comparison):
    """The GPT that sorts six letters, with the activations that its publisher printed."""

    MODEL, ACTIVATIONS = DATA / "gpt/gpt-nano-sort-model.json", DATA / "gpt/gpt-nano-sort-activations.json"

    @staticmethod
    def tensor(entry):
        return torch.frombuffer(bytearray(base64.b64decode(entry["data"])), dtype=torch.float32).view(entry["shape"]).clone()

    @unittest.skipUnless(MODEL.exists() and ACTIVATIONS.exists(), "the model is not there")
    def test_its_logits_are_the_published_ones_and_it_sorts(self):
        source, activations = json.loads(self.MODEL.read_text()), json.loads(self.ACTIVATIONS.read_text())
        path, sizes = self.folder / "nano", source["config"]
        path.mkdir()
        save_file({key: self.tensor(entry) for key, entry in source.items() if key != "config"}, path / "model.safetensors")
        kept = {key: sizes[key] for key in ("n_layer", "n_head", "n_embd", "vocab_size")}
        (path / "config.json").write_text(json.dumps({"model_type": "gpt2", "n_positions": sizes["block_size"], **kept}))
        save_file({"tokens": self.tensor(activations["idx"]).long()}, self.folder / "tokens.safetensors")
        ours, expected = self.ours(path, 1), self.tensor(activations["lm_head"])
        self.assertLess((ours["logits"] - expected).abs().max(), TOLERANCE)
        self.assertLess((ours["stepped"] - expected).abs().max(), TOLERANCE)
        letters = torch.randint(3, (200, 6), generator=torch.Generator().manual_seed(1))
        save_file({"tokens": letters}, self.folder / "tokens.safetensors")
        self.assertTrue(self.ours(path, 6)["generated"].equal(letters.sort(1).values))


if __name__ == "__main__":
    DUMP, HEED = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main()
