#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The contracts that PyTorch's dispatcher and torch.compile rest on, for torch.ops.heed.*."""

import unittest

import prerequisites

prerequisites.require_torch()

import torch
from torch._dynamo.testing import CompileCounterWithBackend
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

import heed
from cases import CASES

CHECKED = ("dense_music", "dense_shaw_with_padding", "local_1d_relation", "local_2d", "window_stride_2")


def case_named(name):
    return next(case for case in CASES if case.name == name)


class Recorder(TorchDispatchMode):
    """Keeps the arguments of every heed operator that is called under it."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
        if operator.namespace == "heed":
            self.calls.append((operator, args, kwargs or {}))
        return operator(*args, **(kwargs or {}))


def as_leaf(value):
    floating = isinstance(value, torch.Tensor) and value.is_floating_point()
    return value.detach().requires_grad_() if floating else value


def as_constant(value):
    return value.detach() if isinstance(value, torch.Tensor) else value


def compiled_equals_eager(test, case, tensors, compiled):
    output = case.operator(**tensors, **case.options)
    weights = torch.randn_like(output)
    expected = torch.autograd.grad(output, list(tensors.values()), weights)
    got = compiled(tensors)
    test.assertTrue(torch.equal(got, output))
    test.assertEqual(got.stride(), output.stride())
    for grad, wanted in zip(torch.autograd.grad(got, list(tensors.values()), weights), expected):
        test.assertTrue(torch.equal(grad, wanted))


class Dispatcher(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(7)
        torch._dynamo.reset()

    def test_schema_autograd_meta_and_tracing_agree_with_the_kernels(self):
        for name in CHECKED:
            for dtype in (torch.float32, torch.float64):
                case = case_named(name)
                with Recorder() as recorder:
                    output = case.operator(**case.tensors(dtype), **case.options)
                    output.sum().backward()
                self.assertEqual(len(recorder.calls), 2)  # forward, backward
                forward, backward = recorder.calls
                for operator, args, kwargs in (tree_map(as_leaf, forward), tree_map(as_constant, backward)):
                    with self.subTest(case=name, operator=str(operator), dtype=dtype):
                        torch.library.opcheck(operator, args, kwargs)

    def test_a_compiled_call_is_one_graph_and_equals_the_eager_one(self):
        for name in CHECKED:
            case = case_named(name)
            with self.subTest(case=name):
                compiled = torch.compile(lambda tensors: case.operator(**tensors, **case.options), fullgraph=True,
                                         backend="aot_eager")
                compiled_equals_eager(self, case, case.tensors(torch.float32), compiled)

    def test_one_dynamic_graph_serves_every_length(self):
        for name in ("dense_music", "local_1d_relation"):
            case = case_named(name)
            counter = CompileCounterWithBackend("aot_eager")
            compiled = torch.compile(lambda tensors: case.operator(**tensors, **case.options), fullgraph=True,
                                     dynamic=True, backend=counter)
            for length in (23, 31, 64):
                with self.subTest(case=name, length=length):
                    tensors = {n: torch.randn(*t.shape[:2], length, t.shape[3], requires_grad=True) if t.dim() == 4
                               else t for n, t in case.tensors(torch.float32).items()}
                    compiled_equals_eager(self, case, tensors, compiled)
                    if length == 23:  # torch itself may start over within the first compilation
                        first = counter.frame_count
                    self.assertEqual(counter.frame_count, first)

    def test_a_new_seed_compiles_nothing(self):
        counter = CompileCounterWithBackend("aot_eager")

        @torch.compile(fullgraph=True, backend=counter)
        def compiled(query, seed):
            return heed.dense_attention(query, query, query, causal=True, dropout=0.5, seed=seed)

        query = torch.randn(1, 2, 16, 8)
        first, second, again = (compiled(query, torch.tensor([seed])) for seed in (1, 2, 1))
        self.assertTrue(torch.equal(first, again))
        self.assertFalse(torch.equal(first, second))
        self.assertEqual(counter.frame_count, 1)


if __name__ == "__main__":
    unittest.main()
