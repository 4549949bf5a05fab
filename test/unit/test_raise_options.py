"""What the raiser is asked for, what it says, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rlxflow.errors import PassError
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import stages
from rlxflow.passes.inline_stages import InlineStages
from rlxflow.passes.parse import parse_pass
from rlxflow.passes.raise_stages import RaiseStages
from rlxflow.passes.raising.sampling import FUNCTIONS, POINTS, classify
from rlxflow.runtime.checkpoint import open_checkpoint
from rlxflow.runtime.primitive import BoundModule

INPUTS = Path(__file__).resolve().parents[1] / "passes" / "Inputs"
ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle" / "checkpoints"
SILU = "(%x: tensor<3x5xf32>) -> tensor<3x5xf32>"


def lowered(function, *arguments) -> IrModule:
    return IrModule.parse(jax.jit(function).lower(*arguments).as_text(debug_info=True))


def blocks(module: IrModule) -> list[str]:
    return [stage.block for stage in stages(module)]


def test_an_unknown_block_names_the_nearest() -> None:
    with pytest.raises(PassError, match=r"did you mean `attention`"):
        RaiseStages(blocks=("atention",))


def test_only_what_was_asked_for_is_raised() -> None:
    module = lowered(lambda w, x: jax.nn.silu(x @ w), jnp.zeros((5, 4)), jnp.zeros((3, 5)))
    parse_pass("rlx-raise-stages{blocks=activation}").run(module)
    assert blocks(module) == ["silu"]
    RaiseStages(blocks=("linear",)).run(module)
    assert blocks(module) == ["linear", "silu"]


def test_the_report_goes_to_a_file(tmp_path: Path) -> None:
    module = lowered(lambda x: x * jnp.tanh(x), jnp.zeros((3, 5)))
    file = tmp_path / "report.txt"
    RaiseStages(report=str(file)).run(module)
    text = file.read_text()
    assert text.startswith("raised 0 stages\nnot raised, though alike: 1\n")
    assert "tanh: a function of one value with `tanh` is none of the known" in text


def test_functions_are_seen_through_and_dropped() -> None:
    module = lowered(lambda x: jax.nn.silu(x) + jax.nn.silu(2 * x), jnp.zeros((3, 5)))
    assert "func.func private @silu" in module.text()
    RaiseStages().run(module)
    assert blocks(module) == ["silu", "silu"]
    assert "private" not in module.text()


def test_a_fence_stays_a_call() -> None:
    module = IrModule.parse(f"""
func.func public @main{SILU} {{
  %0 = call @a(%x) {{mhlo.frontend_attributes = {{inlineable = "false"}}}}
      : (tensor<3x5xf32>) -> tensor<3x5xf32>
  return %0 : tensor<3x5xf32>
}}
func.func private @a{SILU} {{
  %0 = stablehlo.logistic %x : tensor<3x5xf32>
  return %0 : tensor<3x5xf32>
}}""")
    RaiseStages().run(module)
    assert "call @a" in module.text()


def test_one_value_as_keys_and_values_is_taken_twice() -> None:
    def model(q, k):
        scores = jnp.einsum("bthe,bshe->bhts", q, k)
        return jnp.einsum("bhts,bshe->bthe", jax.nn.softmax(scores), k)

    module = lowered(model, jnp.zeros((2, 5, 3, 4)), jnp.zeros((2, 7, 3, 4)))
    RaiseStages().run(module)
    (stage,) = stages(module)
    assert stage.block == "attention"
    assert [value.type.shape for value in stage.op.operands] == [
        [2, 5, 3, 4],
        [2, 7, 3, 4],
        [2, 7, 3, 4],
    ]


@pytest.mark.parametrize(("batch", "tokens"), [(1, 1), (1, 5), (3, 1)])
def test_axes_of_size_1_are_told_apart(batch: int, tokens: int) -> None:
    arguments = jnp.zeros((batch, tokens, 4, 8)), *[jnp.zeros((batch, 16, 2, 8))] * 2
    module = lowered(jax.nn.dot_product_attention, *arguments)
    RaiseStages().run(module)
    (stage,) = stages(module)
    text = str(stage.op.attributes["params"])
    assert 'layout = "bthe,bshe,bshe->bthe"' in text
    assert "num_attention_heads = 4 : i64, num_key_value_heads = 2 : i64" in text


def test_layers_of_a_scan_are_looked_into() -> None:
    def model(weights, x):
        return jax.lax.scan(lambda x, w: (jax.nn.gelu(x @ w), None), x, weights)[0]

    module = lowered(model, jnp.zeros((3, 5, 5)), jnp.zeros((2, 5)))
    RaiseStages().run(module)
    module.verify()
    assert sorted(blocks(module)) == ["gelu_tanh", "linear"]


@pytest.mark.skipif(not ORACLE.is_dir(), reason="needs the checkpoints of the oracle")
def test_stages_of_our_own_are_opened_on_request_only() -> None:
    checkpoint = open_checkpoint(ORACLE / "llama", weights=None)
    module = checkpoint.build(checkpoint.flow(checkpoint.phase_request("prefill"))).module
    before = blocks(module)
    RaiseStages().run(module)
    assert blocks(module) == before
    RaiseStages(inside=True).run(module)
    module.verify()
    found = blocks(module)
    assert [found.count(block) for block in ("attention", "rope", "linear")] == [3, 6, 13]
    assert found.count("rms_norm") == before.count("rms_norm")
    again = module.clone()
    RaiseStages(inside=True).run(again)
    assert blocks(again) == found


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_activation_is_told_from_all_others(name: str) -> None:
    values = FUNCTIONS[name](POINTS)
    assert classify(values, 1e-4) == name
    assert classify(values * 1.001, 1e-4) == ""
    assert classify(values + 1e-3, 1e-4) == ""


def test_what_pytorch_exported_computes_the_same() -> None:
    before = IrModule.parse((INPUTS / "torch_llama.mlir").read_text())
    after = before.clone()
    assert len(RaiseStages().find(after).found) == 57
    InlineStages().run(after)
    rng = np.random.default_rng(5)
    given = [
        rng.integers(0, 50, port.shape).astype(np.int32)
        if port.dtype.startswith("i")
        else rng.normal(0.1, 0.4, port.shape).astype(np.float32)
        for port in before.arguments()
    ]
    first, second = (np.asarray(jax.jit(BoundModule("m", m))(*given)[0]) for m in (before, after))
    assert np.isfinite(first).all()
    assert first.std() > 0.1
    assert first.tobytes() == second.tobytes()
