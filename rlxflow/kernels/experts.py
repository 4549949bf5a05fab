"""The experts of a mixture after routing: `rlxflow.experts.v1`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rlxflow.blocks.moe import FORMS
from rlxflow.blocks.moe_forms import Experts, Routing
from rlxflow.ir.bindings import ir
from rlxflow.ir.region import StageRegion
from rlxflow.ir.types import tensor_type
from rlxflow.ir.value import Value
from rlxflow.kernels.bodies import Bodies
from rlxflow.kernels.call import call, workspace
from rlxflow.kernels.found import Found, Matrix, Refused, Sizes
from rlxflow.kernels.trace import dtype_of, params_of, shape_of

TARGET = "rlxflow.experts.v1"
ELEMENTS = ("f32", "bf16")
ACTIVATIONS = {
    "gelu": "gelu",
    "gelu_erf": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu_tanh": "gelu_tanh",
    "quick_gelu": "quick_gelu",
    "relu": "relu",
    "silu": "silu",
    "swish": "silu",
}
"""Names that config files give -> those of the kernel."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """What a stage `experts` takes: indices of its arguments, and sizes.

    Attributes:
        x: Index of the tokens [tokens, inputs].
        ids: Index of the chosen experts [tokens, choices].
        shares: Index of how much each choice counts.
        banks: Indices of gate, up and down, or of both wide ones in one and of down.
        tokens: How many there are.
        choices: Of each token.
        experts: To choose from.
        inputs: Of an expert, and its outputs.
        inner: Outputs of gate and of up.
    """

    x: int
    ids: int
    shares: int
    banks: tuple[int, ...]
    tokens: int
    choices: int
    experts: int
    inputs: int
    inner: int

    @property
    def matrices(self) -> tuple[Matrix, ...]:
        """The weights: gate and up of an expert follow one another where they are in one."""
        *wide, down = self.banks
        each = self.experts * (2 if len(wide) == 1 else 1)
        made = [Matrix(place, self.inner, self.inputs, bank=each) for place in wide]
        return (*made, Matrix(down, self.inputs, self.inner, bank=self.experts))


def find(stage: StageRegion, bodies: Bodies) -> Found:
    """Returns the call for a stage `experts`; raises Refused."""
    params = params_of(stage.op)
    activation, form = str(params.get("activation")), str(params.get("form"))
    if activation not in ACTIVATIONS:
        raise Refused(f"activation `{activation}`; the kernel knows {', '.join(ACTIVATIONS)}")
    mixture = _read(stage)
    x, result = stage.body.arguments[mixture.x], stage.op.results[0]
    if dtype_of(x) not in ELEMENTS or dtype_of(result) not in ELEMENTS:
        found = f"tokens {dtype_of(x)}, result {dtype_of(result)}"
        raise Refused(f"{found}; the kernel takes f32 and bf16")
    mixture = _check_body(stage, mixture, activation, form, bodies)

    def emit(inner: Sequence[ir.Value], formats: Sequence[str], sizes: Sizes) -> list[ir.Value]:
        m = mixture
        numbers = (m.tokens, m.choices, m.experts, m.inputs, m.inner)
        scratch = workspace(sizes.experts_workspace(formats, *numbers))
        config = {
            "formats": ",".join(formats),
            "act": ACTIVATIONS[activation],
            "num_experts": m.experts,
            "in_dim": m.inputs,
            "inner_dim": m.inner,
        }
        operands = [inner[i] for i in (m.x, m.ids, m.shares, *m.banks)]
        return call(TARGET, operands, [result.type, scratch], config, name="experts")[:1]

    return Found(TARGET, emit, mixture.matrices, any_weights=True)


def _check_body(
    stage: StageRegion, mixture: Mixture, activation: str, form: str, bodies: Bodies
) -> Mixture:
    """Returns the mixture with the places that the body says; raises Refused for another body."""
    if form not in FORMS:
        raise Refused(f"form `{form}`; there are {', '.join(FORMS)}")
    operands = (mixture.x, mixture.ids, mixture.shares, *mixture.banks)
    axes = ("t d", "t choice", "t choice", *["x f d"] * (len(mixture.banks) - 1), "x d f")
    values = [stage.body.arguments[place] for place in operands]
    types = [
        tensor_type(dtype_of(value), zip(names.split(), shape_of(value), strict=True))
        for value, names in zip(values, axes, strict=True)
    ]

    def build(v: Mapping[str, Value]) -> list[Value]:
        x, ids, shares, *wide, down = v.values()
        routing = Routing(ids, shares, mixture.experts)
        return [FORMS[form](Experts(tuple(wide), down, activation), x, routing)]

    arguments = {str(i): type_ for i, type_ in enumerate(types)}
    of = ("experts", activation, form)
    x, ids, shares, *banks = bodies.places(stage.op, of, arguments, build).values()
    return replace(mixture, x=x, ids=ids, shares=shares, banks=tuple(banks))


def _read(stage: StageRegion) -> Mixture:
    """Finds what is what: tokens come before shares, the weights in the order of `Mixture`."""
    arguments = list(stage.body.arguments)
    ranks = [len(shape_of(value)) for value in arguments]
    banks = tuple(i for i, rank in enumerate(ranks) if rank == 3)
    ids = [i for i, value in enumerate(arguments) if dtype_of(value) == "i32"]
    flat = [i for i, rank in enumerate(ranks) if rank == 2 and i not in ids]
    known = len(ids) == 1 and len(flat) == 2 and len(banks) in (2, 3)
    if not known or len(arguments) != 3 + len(banks) or len(stage.op.results) != 1:
        raise Refused("something else than tokens, choices, shares and the weights of experts")
    x, shares = flat
    if shape_of(arguments[shares]) != shape_of(arguments[ids[0]]):
        raise Refused("shares that are not one for each choice")
    if dtype_of(arguments[shares]) != "f32":
        raise Refused(f"shares {dtype_of(arguments[shares])}; the kernel takes f32")
    tokens, inputs = shape_of(arguments[x])
    *wide, down = (shape_of(arguments[i]) for i in banks)
    experts, inner = down[0], down[2]
    both = [(experts, 2 * inner, inputs)] if len(wide) == 1 else [(experts, inner, inputs)] * 2
    if wide != both or down[1] != inputs or shape_of(stage.op.results[0]) != (tokens, inputs):
        raise Refused("weights that are not [x, f, d], or both wide ones [x, 2f, d], and [x, d, f]")
    choices = shape_of(arguments[ids[0]])[1]
    return Mixture(x, ids[0], shares, banks, tokens, choices, experts, inputs, inner)
