"""The verifier as a library: the first violation raised, all of them listed in order."""

import pytest

from rlxflow.errors import VerifyError
from rlxflow.ir.module import IrModule
from rlxflow.ir.verifier import Violation, verify_rlx, violations

TEXT = """
func.func public @main(%x: tensor<4x7xf32> {rlx.input = "x", rlx.param = "x"}) {
  "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>, %b: tensor<4x7xf32>):
    %0 = stablehlo.negate %x : tensor<4x7xf32> loc("neg")
    "rlx.yield"() : () -> ()
  }) {block = "B", mode = #rlx.mode<auto>, name = "n"} : (tensor<4x7xf32>) -> ()
  return
}
"""


def test_all_violations_are_listed_in_order():
    """What is wrong inside a body comes before what is wrong at its border, as in rlx-opt."""
    assert violations(IrModule.parse(TEXT)) == [
        Violation(
            "F1",
            "-:2:1",
            "'func.func' op (F1) argument #0 must carry at most one name: "
            "'rlx.input' and 'rlx.param'",
        ),
        Violation("C2", "-:3:3", "'rlx.stage' op (C2) block must match [a-z][a-z0-9_]*: \"B\""),
        Violation("C7", "neg", "'stablehlo.negate' op using value defined outside the region"),
        Violation(
            "C5",
            "-:3:3",
            "'rlx.stage' op (C5) number of block arguments must match the number of operands: "
            "2 != 1",
        ),
    ]


def test_the_first_violation_is_raised():
    with pytest.raises(VerifyError, match=r"^-:2:1: 'func.func' op \(F1\)"):
        verify_rlx(IrModule.parse(TEXT))


def test_a_valid_module_has_none():
    good = (
        TEXT.replace(', rlx.param = "x"', "").replace('"B"', '"b"').replace("negate %x", "abs %a")
    )
    module = IrModule.parse(good.replace(", %b: tensor<4x7xf32>", ""))
    assert violations(module) == []
    verify_rlx(module)
