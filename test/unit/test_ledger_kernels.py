"""Calls of our kernels are counted by their sizes; of other custom calls nothing is counted."""

from __future__ import annotations

import pytest

from rlxflow.inspect.build import make_ledger
from rlxflow.inspect.machine import Machine

TEXT = """HloModule jit_f, is_scheduled=true

ENTRY %main (p0: f32[3,8]) -> RESULT {
  %p0 = OPERAND0 parameter(0)
  %p1 = OPERAND1 parameter(1)
  %p2 = OPERAND2 parameter(2)
  ROOT %c = RESULT custom-call(%p0, %p1, %p2), custom_call_target="TARGET", \
api_version=API_VERSION_TYPED_FFI, metadata={op_name="a/b"}, backend_config={CONFIG}
}
"""


def counted(
    target: str, operands: tuple[str, str, str], result: str, config: str
) -> tuple[int, int, int]:
    """Returns operations, transcendentals and bytes read."""
    text = TEXT.replace("TARGET", target).replace("RESULT", result).replace("CONFIG", config)
    for i, shape in enumerate(operands):
        text = text.replace(f"OPERAND{i}", shape)
    total = make_ledger(text, "x").total
    return total.flops, total.transcendentals, total.read


@pytest.mark.parametrize(
    ("target", "operands", "result", "config", "expected"),
    [
        (
            "rlxflow.linear.v1",
            ("f32[3,8]{1,0}", "u8[640]{0}", "u8[320]{0}"),
            "(f32[3,5]{1,0}, f32[3,2]{1,0}, u8[64]{0})",
            'formats = "bf16,q8_0", in_dim = 8 : i64, out_dims = array<i64: 5, 2>',
            (2 * 3 * 8 * 7, 0, 96 + 960),
        ),
        (
            "rlxflow.linear_glu.v1",
            ("f32[3,8]{1,0}", "u8[640]{0}", "u8[320]{0}"),
            "(f32[3,5]{1,0}, u8[64]{0})",
            'act = "silu", formats = "bf16,q8_0", in_dim = 8 : i64, out_dim = 5 : i64',
            (2 * 3 * 8 * 10 + 15, 15, 96 + 960),
        ),
        (
            "rlxflow.attend_decode.v1",
            ("f32[2,1,3,2,4]{4,3,2,1,0}", "f32[2,3,4,11]{3,2,1,0}", "f32[2,3,11,4]{3,2,1,0}"),
            "(f32[2,1,3,2,4]{4,3,2,1,0}, u8[64]{0})",
            "scale = 5.0e-01 : f32, softcap = 0.0 : f32, window = 0 : i64",
            (4 * 48 * 11, 12 * 11, 4 * (48 + 2 * 264)),
        ),
        (
            "rlxflow.attend_prefill.v1",
            ("f32[2,5,3,2,4]{4,3,2,1,0}", "f32[2,7,3,4]{3,2,1,0}", "f32[2,7,3,4]{3,2,1,0}"),
            "(f32[2,5,3,2,4]{4,3,2,1,0}, u8[64]{0})",
            "scale = 5.0e-01 : f32",
            (4 * 240 * 7, 60 * 7, 4 * (240 + 2 * 168)),
        ),
        (
            "rlxflow.embed_rows.v1",
            ("s32[3]{0}", "u8[4096]{0}", "s32[]"),
            "f32[3,8]{1,0}",
            'format = "q8_0", in_dim = 8 : i64, out_dim = 64 : i64',
            (0, 0, 12 + 3 * 64),
        ),
        (
            "somebody.elses",
            ("f32[3,8]{1,0}", "u8[640]{0}", "u8[320]{0}"),
            "f32[3,5]{1,0}",
            "in_dim = 8 : i64, out_dims = array<i64: 5>",
            (0, 0, 96 + 960),
        ),
    ],
)
def test_a_call_is_counted_by_its_sizes(
    target: str,
    operands: tuple[str, str, str],
    result: str,
    config: str,
    expected: tuple[int, int, int],
) -> None:
    assert counted(target, operands, result, config) == expected


@pytest.mark.parametrize(("experts", "read"), [(10, 420), (4, 700)])
def test_of_experts_only_those_that_can_be_chosen_are_read(experts: int, read: int) -> None:
    """Three tokens choose two each; the weights are the last operand."""
    text = TEXT.replace("(%p0, %p1, %p2)", "(%p0, %p1, %p1, %p2)")
    text = text.replace("RESULT", "(f32[3,8]{1,0}, u8[64]{0})").replace("OPERAND2", "u8[700]{0}")
    text = text.replace("TARGET", "rlxflow.experts.v1").replace("OPERAND1", "s32[3,2]{1,0}")
    config = f'formats = "f32,f32", num_experts = {experts} : i64, in_dim = 8 : i64, inner_dim = 5'
    text = text.replace("OPERAND0", "f32[3,8]{1,0}").replace("CONFIG", f"{config} : i64")
    total = make_ledger(text, "x").total
    assert total.read == 96 + 24 + 24 + read
    # Three products, an activation times up, and answers times shares, added.
    assert total.flops == 6 * (3 * 2 * 8 * 5 + 5 + 2 * 8)
    assert total.transcendentals == 6 * 5


def test_xla_is_compared_on_what_it_counts() -> None:
    text = TEXT.replace("RESULT", "(f32[3,5]{1,0}, u8[64]{0})").replace("OPERAND2", "u8[8]{0}")
    text = text.replace("TARGET", "rlxflow.linear.v1").replace("OPERAND1", "u8[640]{0}")
    config = 'formats = "bf16", in_dim = 8 : i64, out_dims = array<i64: 5>'
    ledger = make_ledger(text.replace("OPERAND0", "f32[3,8]{1,0}").replace("CONFIG", config), "x")
    assert ledger.total.flops == 240
    assert ledger.agreement.flops == 0
    assert ledger.agreement.unknown > 0


@pytest.mark.parametrize(
    ("formats", "seconds"),
    [("bf16", 560.0), ("q8_0", 140.0), ("bf16,q8_0", 140.0), ("int8", 140.0), ("f32,f16", 560.0)],
)
def test_weights_in_blocks_are_multiplied_as_int16(formats: str, seconds: float) -> None:
    """A call with both is limited by the faster: a limit has to be one."""
    text = TEXT.replace("TARGET", "rlxflow.linear.v1").replace(
        "RESULT", "(f32[3,35]{1,0}, u8[9]{0})"
    )
    config = f'formats = "{formats}", in_dim = 8 : i64, out_dims = array<i64: 35>'
    text = text.replace("CONFIG", config).replace("OPERAND0", "f32[3,8]{1,0}")
    text = text.replace("OPERAND1", "u8[640]{0}").replace("OPERAND2", "u8[320]{0}")
    machine = Machine("slow", 1e9, {"f32": 3.0, "int16": 12.0}, 1e9)
    assert make_ledger(text, "x", machine=machine).total.predicted_s == pytest.approx(seconds)
