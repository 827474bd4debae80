#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""torch.ops.heed.* against formulas.py: values, gradients, dropout, gradcheck, autocast, errors."""

import unittest

import prerequisites

prerequisites.require_torch()

import torch

import formulas
import heed
from cases import CASES, IMAGE, LINE, Case, qkv

# Largest difference, by the largest magnitude of what is expected (computed in float64 from the same inputs).
TOLERANCE = {torch.float64: 1e-11, torch.float32: 1e-5, torch.bfloat16: 2e-2}


def difference(got, expected):
    largest = expected.abs().max().clamp_min(1e-30)
    return ((got.double() - expected).abs().max() / largest).item()


class Formulas(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(7)

    def compare(self, case, dtype, **formula_only):
        tensors = case.tensors(dtype)
        exact = {name: tensor.detach().double().requires_grad_() for name, tensor in tensors.items()}
        output = case.operator(**tensors, **case.options)
        options = {name: o for name, o in case.options.items() if name not in ("dropout", "seed", "backend")}
        expected = case.formula(**exact, **options, **formula_only)
        self.assertEqual((output.dtype, output.shape), (dtype, expected.shape))
        self.assertLess(difference(output, expected), TOLERANCE[dtype], "output")
        weights = torch.randn_like(output)
        grads = torch.autograd.grad(output, list(tensors.values()), weights)
        for name, grad, wanted in zip(tensors, grads, torch.autograd.grad(expected, list(exact.values()),
                                                                         weights.double())):
            self.assertEqual((grad.dtype, grad.shape), (dtype, wanted.shape), name)
            if wanted.abs().max() < 1e-12:  # one key alone: its weight is 1 whatever query and key are
                self.assertLess(grad.abs().max().item(), TOLERANCE[dtype], name)
            else:
                self.assertLess(difference(grad, wanted), TOLERANCE[dtype], f"gradient of {name}")

    def test_every_case_equals_its_formula(self):
        for case in CASES:
            for dtype in TOLERANCE:
                with self.subTest(case=case.name, dtype=dtype):
                    self.compare(case, dtype)

    def test_the_tiled_backend_equals_the_formula(self):
        for case in (c for c in CASES if c.operator is heed.dense_attention):
            with self.subTest(case=case.name):
                self.compare(Case(case.name, case.operator, case.formula, case.shapes,
                                  case.options | {"backend": "tiled"}), torch.float32)

    def test_dropped_weights_are_those_that_a_value_of_the_identity_shows(self):
        """Query zero and value the identity give the weights themselves, hence the factors; the same seed then has them."""
        length = 8
        seed = torch.tensor([11])
        dropout = dict(dropout=0.25, seed=seed)
        for operator, formula, options in ((heed.dense_attention, formulas.dense, dict(causal=True)),
                                           (heed.local_1d_attention, formulas.local_1d, LINE)):
            for dtype in TOLERANCE:
                with self.subTest(operator=operator.__name__, dtype=dtype):
                    zero = torch.zeros(2, 3, length, length, dtype=torch.float64)
                    eye = torch.eye(length, dtype=torch.float64).expand_as(zero)
                    plain = formula(zero, zero, eye, **options)
                    dropped = operator(zero.to(dtype), zero.to(dtype), eye.to(dtype), **options, **dropout)
                    factors = (dropped != 0).double() / 0.75
                    torch.testing.assert_close(dropped.double(), plain * factors, rtol=1e-2, atol=1e-6)
                    share = (dropped == 0)[plain > 0].double().mean().item()
                    self.assertTrue(0.1 < share < 0.45, share)
                    self.compare(Case("dropout", operator, formula, qkv(2, 3, length, length), options | dropout), dtype,
                                 factors=factors)

    def test_one_seed_drops_the_same_weights_and_another_does_not(self):
        for case in CASES:
            tensors = case.tensors(torch.float32, requires_grad=False)

            def run(seed):
                return case.operator(**tensors, **case.options, dropout=0.5, seed=torch.tensor([seed]))

            with self.subTest(case=case.name):
                self.assertTrue(torch.equal(run(3), run(3)))
                if case.name != "dense_one_position":
                    self.assertFalse(torch.equal(run(3), run(4)))

    def test_gradients_are_differences_of_values(self):
        for case in (c for c in CASES if c.shapes["query"][2] < 41):
            for dropout in ({}, dict(dropout=0.3, seed=torch.tensor([5]))):
                tensors = case.tensors(torch.float64)

                def function(*values):
                    return case.operator(**dict(zip(tensors, values)), **case.options, **dropout)

                with self.subTest(case=case.name, dropout=bool(dropout)):
                    self.assertTrue(torch.autograd.gradcheck(function, tuple(tensors.values()), fast_mode=True))

    def test_autocast_takes_bfloat16_and_returns_gradients_in_float32(self):
        for case in CASES:
            tensors = case.tensors(torch.float32)
            with self.subTest(case=case.name):
                with torch.autocast("cpu", torch.bfloat16):
                    output = case.operator(**tensors, **case.options)
                halves = {name: tensor.detach().bfloat16() for name, tensor in tensors.items()}
                self.assertEqual(output.dtype, torch.bfloat16)
                self.assertTrue(torch.equal(output, case.operator(**halves, **case.options)))
                for grad in torch.autograd.grad(output.float().sum(), list(tensors.values())):
                    self.assertEqual(grad.dtype, torch.float32)

    def test_no_batch_gives_nothing(self):
        for case in CASES:
            if {"key_lengths", "query_start", "segments"} & set(case.options):
                continue
            tensors = case.tensors(torch.float32, requires_grad=False)
            for name in ("query", "key", "value"):
                tensors[name] = tensors[name][:0].clone().requires_grad_()
            with self.subTest(case=case.name):
                output = case.operator(**tensors, **case.options)
                self.assertEqual(output.shape, tensors["query"].shape)
                self.assertEqual(torch.autograd.grad(output.sum(), tensors["key"])[0].shape, tensors["key"].shape)

    def test_the_block_raster_order_and_its_relation_rows_are_those_of_the_definition(self):
        _, _, y, x, c = formulas.block_raster(5, 4, 2, 2, 3)
        self.assertTrue(torch.equal(heed.local_2d_order(5, 4, 2, 3, channels=2), (y * 4 + x) * 2 + c))
        seen = heed.local_2d_relation_rows(IMAGE["query_height"], IMAGE["query_width"], IMAGE["flange"], 2)
        pitch = 2 * (IMAGE["query_width"] + IMAGE["flange"])
        farthest = ((1 + 2 - 1) * pitch + 1 + 3 - 1) * 2 + 1
        self.assertEqual(seen, 2 * farthest + 1)

    def test_a_second_backward_is_refused_by_name(self):
        for name in ("dense_music", "local_1d", "window_7x7"):
            for dtype in (torch.float32, torch.float64):
                case = next(c for c in CASES if c.name == name)
                tensors = case.tensors(dtype)
                output = case.operator(**tensors, **case.options)
                grad, = torch.autograd.grad(output.square().sum(), tensors["query"], create_graph=True)
                with self.subTest(case=name), self.assertRaisesRegex(RuntimeError, r"attention\].*differentiable once"):
                    grad.sum().backward()

    def test_errors_name_the_operator(self):
        def tensor(*sizes):
            return torch.randn(1, 2, *sizes)

        wrong = [
            (r"\[attention\] key has head_dim 4", lambda: heed.dense_attention(tensor(9, 8), tensor(9, 4), tensor(9, 4))),
            (r"\[attention\] backend must be", lambda: heed.dense_attention(*[tensor(9, 8)] * 3, backend="best")),
            (r"\[attention\] backend fused cannot run",
             lambda: heed.dense_attention(*[tensor(9, 8).double()] * 3, backend="fused")),
            (r"\[local_attention\] block must be", lambda: torch.ops.heed.local_attention(*[tensor(9, 8)] * 3, [1])),
            (r"\[local_attention\] query_block must be positive",
             lambda: heed.local_1d_attention(*[tensor(9, 8)] * 3, query_block=0, memory_before=1)),
            (r"\[window_attention\] size must be odd",
             lambda: heed.window_attention(*[tensor(9, 8)] * 3, height=3, width=3, size=4)),
        ]
        for message, call in wrong:
            with self.subTest(message=message), self.assertRaisesRegex(RuntimeError, message):
                call()

    def test_loading_the_library_again_changes_nothing(self):
        torch.ops.load_library(heed.library_path())
        self.compare(CASES[0], torch.float32)


if __name__ == "__main__":
    unittest.main()
