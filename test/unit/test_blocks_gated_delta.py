"""Gated DeltaNet against a recurrence in f64, and its phases against each other."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import ml_dtypes
import numpy as np
import pytest

from rlxflow.blocks.activation import silu
from rlxflow.blocks.base import Emit
from rlxflow.blocks.chain import Custom
from rlxflow.blocks.gated_delta import GatedDeltaNet
from rlxflow.blocks.gated_delta_project import unit
from rlxflow.blocks.gated_delta_scan import DeltaInputs, chunked, recurrent
from rlxflow.blocks.short_conv import causal_conv, window_of
from rlxflow.errors import ConfigError
from rlxflow.flow.built import BuiltModel
from rlxflow.flow.model_flow import ModelFlow
from rlxflow.flow.shape import Shape
from rlxflow.ir import ops
from rlxflow.ir.value import Value
from rlxflow.runtime.primitive import BoundModule

D, K, H, I, O, TAPS, EPS = 10, 2, 6, 4, 5, 4, 1e-5  # noqa: E741
C = 2 * K * I + H * O
KERNEL = Path(__file__).resolve().parents[3] / "shared" / "oracle" / "ref" / "gdn_kernel.npz"
Arrays = dict[str, np.ndarray]
pytestmark = pytest.mark.numeric


class Program:
    """A module that is compiled once for all calls; takes inputs, states and weights by name."""

    def __init__(self, built: BuiltModel) -> None:
        self.bound = BoundModule(built.name, built.lowered("stablehlo"))
        self.function = jax.jit(self.bound)

    def __call__(self, held: Mapping[str, np.ndarray]) -> Arrays:
        results = self.function(*(held[port.name] for port in self.bound.arguments))
        names = [port.name for port in self.bound.results]
        return {name: np.asarray(value) for name, value in zip(names, results, strict=True)}


# The rule alone.

RULE = {
    "q": "b t k i",
    "k": "b t k i",
    "v": "b t h o",
    "g": "b t h",
    "beta": "b t h",
    "state": "b h i o",
}
Shapes = tuple[tuple[str, tuple[int, ...]], ...]


def rule(phase: str, held: Arrays, chunk: int = 64, normalise: bool = True) -> Arrays:
    """Runs arrays with the axes of RULE."""
    return program_of_rule(phase, chunk, normalise, tuple((n, held[n].shape) for n in RULE))(held)


@functools.cache
def program_of_rule(phase: str, chunk: int, normalise: bool, shapes: Shapes) -> Program:
    def closure(emit: Emit, _: Value | None) -> Value:
        q, k, v, g, beta, start = (emit.flow_input(name) for name in RULE)
        heads = {"k": q.size("k"), "g": v.size("h") // q.size("k")}
        v, g, beta, start = (ops.split(x, "h", **heads) for x in (v, g, beta, start))
        q, k = (unit(q, "i"), unit(k, "i")) if normalise else (q, k)
        inputs = DeltaInputs(q * q.size("i") ** -0.5, k, v, g, beta)
        if phase == "recurrent":
            y, after = recurrent(inputs, start)
        else:
            y, after = chunked(inputs, start, chunk)
        emit.publish_side_output("final", ops.merge(after, "k g", "h"))
        return ops.merge(y, "k g", "h")

    flow = ModelFlow("rule")
    for name, shape in shapes:
        flow = flow.input(name, Shape(shape, "f32", axes=RULE[name]))
    return Program(flow.stage("rule", Custom(fn=closure)).build())


@pytest.mark.parametrize("phase", ["recurrent", "chunked"])
def test_the_rule_gives_the_numbers_of_the_formula(phase: str) -> None:
    held = {
        "q": np.asarray([[1, 0], [0.6, 0.8]]).reshape(1, 2, 1, 2),
        "k": np.asarray([[0.6, 0.8], [1, 0]]).reshape(1, 2, 1, 2),
        "v": np.asarray([[1, 2], [3, 4]]).reshape(1, 2, 1, 2),
        "g": np.asarray([-0.1, -0.2]).reshape(1, 2, 1),
        "beta": np.asarray([0.5, 0.25]).reshape(1, 2, 1),
        "state": np.zeros((1, 1, 2, 2)),
    }
    made = rule(phase, {k: v.astype(np.float32) for k, v in held.items()}, normalise=False)
    answers = [[0.212132, 0.424264], [0.581611, 0.951090]]
    np.testing.assert_allclose(made["output"].reshape(2, 2), answers, atol=1e-6)
    state = [[0.934214, 1.368429], [0.327492, 0.654985]]
    np.testing.assert_allclose(made["final"].reshape(2, 2), state, atol=1e-6)


@pytest.mark.skipif(not KERNEL.exists(), reason="needs reference arrays outside the repository")
@pytest.mark.parametrize("phase", ["recurrent", "chunked"])
def test_the_rule_gives_the_numbers_of_transformers(phase: str) -> None:
    with np.load(KERNEL) as file:
        held = dict(file)
    states = {"state": held["initial_state"], "zero": np.zeros_like(held["initial_state"])}
    for start, state in states.items():
        made = rule(phase, {**held, "state": state})
        np.testing.assert_allclose(made["output"], held[f"out_{start}"], atol=2e-6)
        np.testing.assert_allclose(made["final"], held[f"final_{start}"], atol=2e-6)


@pytest.mark.skipif(not KERNEL.exists(), reason="needs reference arrays outside the repository")
def test_the_convolution_gives_the_numbers_of_torch() -> None:
    with np.load(KERNEL) as file:
        x, weight, y = file["conv_x"], file["conv_w"], file["conv_y"]

    def closure(emit: Emit, value: Value | None) -> Value | None:
        assert value is not None
        taps = ops.constant(value, weight, "c j")
        return silu(causal_conv(window_of(value, None, weight.shape[1], None), taps))

    shape = Shape((x.shape[0], x.shape[2], x.shape[1]), axes="b t c")
    program = Program(ModelFlow("c").input("x", shape).stage("c", Custom(fn=closure)).build())
    made = program({"x": x.transpose(0, 2, 1)})["output"]
    np.testing.assert_allclose(made.transpose(0, 2, 1), y, atol=2e-6)


@pytest.mark.parametrize("length", [1, 3, 4, 5, 8, 11])
def test_chunks_of_any_length_equal_single_steps(length: int) -> None:
    rng = np.random.default_rng(length)
    sizes = {"q": (K, I), "k": (K, I), "v": (H, O), "g": (H,), "beta": (H,)}
    held = {n: rng.normal(size=(2, length, *s)).astype(np.float32) for n, s in sizes.items()}
    held["g"] = -8 * np.abs(held["g"])  # fades fast: e^(G[t]-G[s]) is large above the diagonal
    held["beta"] = 1 / (1 + np.exp(-held["beta"]))
    held["state"] = rng.normal(size=(2, H, I, O)).astype(np.float32)
    one, other = rule("recurrent", held), rule("chunked", held, chunk=4)
    np.testing.assert_allclose(one["output"], other["output"], atol=2e-6)
    np.testing.assert_allclose(one["final"], other["final"], atol=2e-6)


def test_very_fast_decay_stays_finite() -> None:
    rng = np.random.default_rng(0)
    sizes = {"q": (K, I), "k": (K, I), "v": (H, O), "g": (H,), "beta": (H,)}
    held = {n: np.abs(rng.normal(size=(1, 70, *s))).astype(np.float32) for n, s in sizes.items()}
    held |= {"g": -90 * held["g"], "state": np.ones((1, H, I, O), np.float32)}
    assert all(np.isfinite(x).all() for x in rule("chunked", held).values())


# The whole layer.


def block(**changes: Any) -> GatedDeltaNet:
    numbers = {
        "prefix": "gdn",
        "num_key_heads": K,
        "num_value_heads": H,
        "key_head_dim": I,
        "value_head_dim": O,
        "conv_kernel_dim": TAPS,
        "eps": EPS,
        "packed": False,
    }
    return GatedDeltaNet(**numbers | changes)


def weights(packed: bool = False) -> Arrays:
    rng = np.random.default_rng(3)
    shapes = {
        "in_proj_qkv.weight": (C, D),
        "in_proj_z.weight": (H * O, D),
        "in_proj_b.weight": (H, D),
        "in_proj_a.weight": (H, D),
        "conv1d.weight": (C, 1, TAPS),
        "A_log": (H,),
        "dt_bias": (H,),
        "norm.weight": (O,),
        "out_proj.weight": (D, H * O),
    }
    held = {f"gdn.{n}": 0.5 * rng.normal(size=s).astype(np.float32) for n, s in shapes.items()}
    if not packed:
        return held
    qkv, z, b, a = (held.pop(f"gdn.in_proj_{n}.weight") for n in ("qkv", "z", "b", "a"))
    q, k, v = np.split(qkv, [K * I, 2 * K * I])
    rows: list[np.ndarray] = []
    gates: list[np.ndarray] = []
    r = H // K
    for n in range(K):
        keys, values = slice(n * I, (n + 1) * I), slice(n * r * O, (n + 1) * r * O)
        rows += [q[keys], k[keys], v[values], z[values]]
        gates += [b[n * r : (n + 1) * r], a[n * r : (n + 1) * r]]
    packs = {"gdn.in_proj_qkvz.weight": rows, "gdn.in_proj_ba.weight": gates}
    return held | {name: np.concatenate(parts) for name, parts in packs.items()}


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def expected(x: np.ndarray) -> np.ndarray:
    """[t, d] -> [t, d] for one row: token by token, head by head, in f64."""
    w = {n.removeprefix("gdn."): a.astype(np.float64) for n, a in weights().items()}
    x = x.astype(np.float64)
    raw = np.concatenate([np.zeros((TAPS - 1, C)), x @ w["in_proj_qkv.weight"].T])
    state, rows = np.zeros((H, I, O)), []
    for t, token in enumerate(x):
        mixed = np.einsum("jc,cj->c", raw[t : t + TAPS], w["conv1d.weight"][:, 0])
        mixed = mixed * sigmoid(mixed)
        q, k = mixed[: K * I].reshape(K, I), mixed[K * I : 2 * K * I].reshape(K, I)
        v = mixed[2 * K * I :].reshape(H, O)
        q = q / np.sqrt((q**2).sum(-1, keepdims=True) + 1e-6) / np.sqrt(I)
        k = k / np.sqrt((k**2).sum(-1, keepdims=True) + 1e-6)
        z = (w["in_proj_z.weight"] @ token).reshape(H, O)
        beta = sigmoid(w["in_proj_b.weight"] @ token)
        pace = np.log1p(np.exp(w["in_proj_a.weight"] @ token + w["dt_bias"]))
        answer = np.zeros((H, O))
        for h in range(H):
            key, query = k[h // (H // K)], q[h // (H // K)]
            state[h] *= np.exp(-np.exp(w["A_log"][h]) * pace[h])
            state[h] += np.outer(key, beta[h] * (v[h] - key @ state[h]))
            answer[h] = query @ state[h]
        answer /= np.sqrt((answer**2).mean(-1, keepdims=True) + EPS)
        answer = answer * w["norm.weight"] * z * sigmoid(z)
        rows.append(w["out_proj.weight"] @ answer.reshape(-1))
    return np.stack(rows)


def inputs(rows: int, length: int, seed: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, length, D)).astype(np.float32)


def zeros(rows: int) -> Arrays:
    """Returns the states before the first token."""
    return {
        "l0.conv_state": np.zeros((rows, C, TAPS - 1), np.float32),
        "l0.recurrent_state": np.zeros((rows, H, I, O), np.float32),
    }


def call(made: GatedDeltaNet, x: np.ndarray, **held: np.ndarray) -> Arrays:
    """Runs the layer; `mask` becomes its slot, others are states."""
    program = program_of_layer(made, x.shape, "mask" in held)
    return program({"x": x, **weights(made.packed), **held})


@functools.cache
def program_of_layer(made: GatedDeltaNet, shape: tuple[int, ...], masked: bool) -> Program:
    def publish(emit: Emit, value: Value | None) -> Value | None:
        emit.set_named("tokens", emit.flow_input("mask"))
        return value

    flow = ModelFlow("layer").input("x", Shape(shape))
    if masked:
        flow = flow.input("mask", Shape(shape[:2], "i1"))
        flow = flow.stage("mask", Custom(fn=publish, writes=("tokens",)))
    return Program(flow.stage("gdn", made).build(weights(made.packed)))


STATEFUL: dict[str, Any] = {"state_key": "l0", "chunk_size": 4}
MASKED: dict[str, Any] = {**STATEFUL, "token_mask_slot": "tokens"}


@pytest.mark.parametrize("phase", ["prefill", "decode"])
@pytest.mark.parametrize("packed", [True, False])
def test_the_layer_is_the_recurrence(packed: bool, phase: str) -> None:
    x = inputs(2, 11)
    y = call(block(packed=packed, phase=phase, chunk_size=4), x)["output"]
    np.testing.assert_allclose(y, np.stack([expected(row) for row in x]), atol=1e-5)


def test_a_layer_across_a_border_of_long_chunks() -> None:
    x = inputs(1, 70)
    np.testing.assert_allclose(call(block(), x)["output"][0], expected(x[0]), atol=1e-5)


@pytest.mark.parametrize("first", [1, 2, 7])
@pytest.mark.parametrize("step", [1, 3])
def test_prefill_and_decode_equal_one_long_prefill(first: int, step: int) -> None:
    x = inputs(3, first + 6)
    whole = call(block(**STATEFUL), x, **zeros(3))
    made = call(block(**STATEFUL), x[:, :first], **zeros(3))
    answers = [made.pop("output")]
    for t in range(first, first + 6, step):
        made = call(block(**STATEFUL, phase="decode"), x[:, t : t + step], **made)
        answers.append(made.pop("output"))
    np.testing.assert_allclose(np.concatenate(answers, 1), whole.pop("output"), atol=1e-5)
    for name, state in whole.items():
        np.testing.assert_allclose(made[name], state, atol=1e-5)


def ragged(lengths: list[int], width: int, side: str) -> tuple[np.ndarray, np.ndarray]:
    """Returns inputs with garbage at the pads, and the mask."""
    x, mask = inputs(len(lengths), width) * 100, np.zeros((len(lengths), width), bool)
    for row, length in enumerate(lengths):
        at = slice(0, length) if side == "right" else slice(width - length, width)
        x[row, at], mask[row, at] = inputs(1, length, seed=row)[0], True
    return x, mask


@pytest.mark.parametrize("phase", ["prefill", "decode"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_pads_change_nothing(side: str, phase: str) -> None:
    lengths = [9, 1, 6, 2]
    x, mask = ragged(lengths, 9, side)
    made = call(block(**MASKED, phase=phase), x, mask=mask, **zeros(4))
    for row in range(4):
        alone = call(block(**STATEFUL), x[row : row + 1, mask[row]], **zeros(1))
        np.testing.assert_allclose(made["output"][row, mask[row]], alone["output"][0], atol=1e-5)
        for name in zeros(1):
            np.testing.assert_allclose(made[name][row], alone[name][0], atol=1e-5)


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_second_call_goes_on_before_the_pads(side: str) -> None:
    before = call(block(**STATEFUL), inputs(4, 5), **zeros(4))
    before.pop("output")
    lengths = [4, 1, 0, 2]
    x, mask = ragged(lengths, 4, side)
    made = call(block(**MASKED), x, mask=mask, **before)
    for row in range(4):
        if not lengths[row]:
            for name in before:
                np.testing.assert_array_equal(made[name][row], before[name][row])
            continue
        start = {name: state[row : row + 1] for name, state in before.items()}
        alone = call(block(**STATEFUL), x[row : row + 1, mask[row]], **start)
        np.testing.assert_allclose(made["output"][row, mask[row]], alone["output"][0], atol=1e-5)
        for name in before:
            np.testing.assert_allclose(made[name][row], alone[name][0], atol=1e-5)


def test_left_pads_without_states() -> None:
    x, mask = ragged([3, 7], 7, "left")
    y = call(block(token_mask_slot="tokens"), x, mask=mask)["output"]
    np.testing.assert_allclose(y[0, mask[0]], expected(x[0, mask[0]]), atol=1e-5)
    np.testing.assert_allclose(y[1], expected(x[1]), atol=1e-5)


def test_bf16_keeps_its_window_in_bf16_and_its_state_in_f32() -> None:
    kinds = {"f32": np.dtype(np.float32), "bf16": np.dtype(ml_dtypes.bfloat16)}
    x = inputs(1, 9).astype(kinds["bf16"])
    held = {name: array.astype(kinds["bf16"]) for name, array in weights().items()}
    flow = ModelFlow("layer").input("x", Shape(x.shape, "bf16")).stage("gdn", block(**STATEFUL))
    program = Program(flow.build(held))
    states = {p.name: np.zeros(p.shape, kinds[p.dtype]) for p in program.bound.arguments}
    made = program({**states, **held, "x": x})
    assert made["output"].dtype == made["l0.conv_state"].dtype == kinds["bf16"]
    assert made["l0.recurrent_state"].dtype == kinds["f32"]
    want = expected(x[0])
    assert np.abs(made["output"][0].astype(np.float64) - want).max() < 0.05 * np.abs(want).max()


def test_wrong_sizes_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"\(C1\): expected num_value_heads .*found 5 and 2"):
        block(num_value_heads=5)
    with pytest.raises(ConfigError, match=r"\(C1\).*1 taps"):
        block(conv_kernel_dim=1)
