#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""torch.ops.heed.edge_attention and edge_sum against plain PyTorch: values, gradients, gradcheck, autocast, torch.compile."""

import unittest

import prerequisites

prerequisites.require_torch()

import torch
import torch.nn.functional as F

import heed

TARGETS, SOURCES, HEADS, HEAD_DIM = 7, 6, 3, 5
SOURCE = torch.tensor([0, 5, 2, 2, 4, 1, 0, 3, 5, 5])
TARGET = torch.tensor([3, 3, 0, 6, 6, 6, 1, 1, 1, 1])  # none to 2, 4 and 5
TOLERANCE = {torch.float64: 1e-11, torch.float32: 1e-5, torch.bfloat16: 2e-2}


def formula(query, key, value, edges, *, score="dot", vector=None, relation_key=0, relation_value=0, relation_bias=0, type=None, slope=0.2):
    """A target after the other, as the papers write it."""
    def row(table, e):
        return table if isinstance(table, int) else table[e if type is None else type[e]]

    rows = []
    for i in range(len(query)):
        scores, values = [], []
        for e in range(edges.target_begin[i], edges.target_begin[i + 1]):
            j = edges.source[e].item()
            if score == "dot":
                found = (query[i] * (key[j] + row(relation_key, e))).sum(-1) * query.shape[-1] ** -0.5 + row(relation_bias, e)
            elif score == "gat":
                found = F.leaky_relu(query[i, :, 0] + key[j, :, 0] + row(relation_bias, e), slope)
            else:
                found = (vector * F.leaky_relu(query[i] + key[j] + row(relation_key, e), slope)).sum(-1) + row(relation_bias, e)
            scores.append(found)
            values.append(value[j] + row(relation_value, e))
        if scores:
            weights = torch.softmax(torch.stack(scores), 0)
            rows.append((weights.unsqueeze(-1) * torch.stack(values)).sum(0))
        else:
            rows.append(torch.zeros_like(value[0]))
    return torch.stack(rows)


def cases():
    """(name, shapes of the tensors, options)"""
    types = torch.arange(len(SOURCE), dtype=torch.int32) % 3
    for score in ("dot", "gat", "gatv2"):
        width = 1 if score == "gat" else HEAD_DIM
        shapes = {"query": (TARGETS, HEADS, width), "key": (SOURCES, HEADS, width), "value": (SOURCES, HEADS, HEAD_DIM)}
        if score == "gatv2":
            shapes["vector"] = (HEADS, HEAD_DIM)
        yield score, shapes, dict(score=score)
        for name, rows, more in (("types", 3, dict(type=types)), ("features", len(SOURCE), {})):
            tables = {"relation_value": (rows, HEADS, HEAD_DIM), "relation_bias": (rows, HEADS)}
            if score != "gat":
                tables["relation_key"] = (rows, HEADS, HEAD_DIM)
            yield f"{score}, {name}", shapes | tables, dict(score=score, **more)


def tensors(shapes, dtype):
    return {name: torch.randn(shape, dtype=torch.float64).to(dtype).requires_grad_() for name, shape in shapes.items()}


class Edges(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(7)
        self.edges = heed.sort_edges(SOURCE, TARGET, SOURCES, TARGETS)

    def assert_close(self, got, expected, dtype, name):
        self.assertEqual((got.dtype, got.shape), (dtype, expected.shape), name)
        largest = max(expected.abs().max().item(), 1e-2)
        self.assertLess((got.double() - expected).abs().max().item() / largest, TOLERANCE[dtype], name)

    def test_every_case_equals_its_formula(self):
        for name, shapes, options in cases():
            for dtype in TOLERANCE:
                given = tensors(shapes, dtype)
                exact = {key: tensor.detach().double().requires_grad_() for key, tensor in given.items()}
                output, expected = heed.edge_attention(**given, edges=self.edges, **options), formula(**exact, edges=self.edges, **options)
                with self.subTest(case=name, dtype=dtype):
                    self.assert_close(output, expected, dtype, "output")
                    weights = torch.randn_like(output)
                    grads = torch.autograd.grad(output, list(given.values()), weights)
                    wanted = torch.autograd.grad(expected, list(exact.values()), weights.double())
                    for key, grad, want in zip(given, grads, wanted):
                        self.assert_close(grad, want, dtype, f"gradient of {key}")

    def test_gradients_are_differences_of_values(self):
        for name, shapes, options in cases():
            given = tensors(shapes, torch.float64)
            with self.subTest(case=name):
                self.assertTrue(torch.autograd.gradcheck(
                    lambda *values: heed.edge_attention(**dict(zip(given, values)), edges=self.edges, dropout=0.3,
                                                        seed=torch.tensor([5]), **options),
                    tuple(given.values()), fast_mode=True))

    def test_sums_are_products_with_the_matrix_of_weights(self):
        for dtype in TOLERANCE:
            for heads in (HEADS, 1):
                given = tensors({"value": (SOURCES, HEADS, HEAD_DIM), "weights": (len(SOURCE), heads)}, dtype)
                exact = {key: tensor.detach().double().requires_grad_() for key, tensor in given.items()}
                matrix = torch.zeros(TARGETS, SOURCES, HEADS, dtype=torch.float64).index_put(
                    (TARGET[self.edges.order], SOURCE[self.edges.order]), exact["weights"].expand(-1, HEADS), accumulate=True)
                expected = torch.einsum("tsh,shd->thd", matrix, exact["value"])
                output = heed.edge_sum(**given, edges=self.edges)
                self.assert_close(output, expected, dtype, "output")
                for key in given:
                    grad, = torch.autograd.grad(output.sum(), given[key], retain_graph=True)
                    want, = torch.autograd.grad(expected.sum(), exact[key], retain_graph=True)
                    self.assert_close(grad, want, dtype, f"gradient of {key}")

    def test_autocast_takes_bfloat16_and_returns_gradients_in_float32(self):
        for name, shapes, options in cases():
            given = tensors(shapes, torch.float32)
            with self.subTest(case=name):
                with torch.autocast("cpu", torch.bfloat16):
                    output = heed.edge_attention(**given, edges=self.edges, **options)
                self.assertEqual(output.dtype, torch.bfloat16)
                for grad in torch.autograd.grad(output.float().sum(), list(given.values())):
                    self.assertEqual(grad.dtype, torch.float32)

    def test_operators_stay_whole_in_a_compiled_graph(self):
        name, shapes, options = next(cases())
        given = tensors(shapes, torch.float32)

        @torch.compile(fullgraph=True, backend="aot_eager")
        def layer(query, key, value, edges):
            found = heed.edge_attention(query, key, value, edges, **options)
            return heed.edge_sum(found[:SOURCES], torch.ones(len(SOURCE), 1), edges)

        output = layer(**given, edges=self.edges)
        expected = heed.edge_sum(heed.edge_attention(**given, edges=self.edges)[:SOURCES], torch.ones(len(SOURCE), 1), self.edges)
        torch.testing.assert_close(output, expected)
        output.sum().backward()
        self.assertIsNotNone(given["query"].grad)

    def test_a_second_backward_and_wrong_edges_are_refused(self):
        given = tensors(next(cases())[1], torch.float32)
        output = heed.edge_attention(**given, edges=self.edges)
        grad, = torch.autograd.grad(output.square().sum(), given["query"], create_graph=True)
        with self.assertRaisesRegex(RuntimeError, "differentiable once"):
            grad.sum().backward()
        with self.assertRaisesRegex(RuntimeError, r"\[edge_attention\] source of edge 1 is 5, there are 5 nodes"):
            heed.sort_edges(SOURCE, TARGET, 5, TARGETS)
        with self.assertRaisesRegex(RuntimeError, r"\[edge_sum\] weights must be \[10, 3 or 1\]"):
            heed.edge_sum(given["value"], torch.ones(3, 1), self.edges)


if __name__ == "__main__":
    unittest.main()
