"""Right calls of every kernel as hand-written modules; tests spoil one thing of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

import rlxflow as rf
from rlxflow import dtypes
from rlxflow.kernels.library import need_library

Values = Mapping[str, tuple[str, tuple[int, ...]]]
"""Element type and shape by name."""


@dataclass(frozen=True)
class Call:
    """A call: attributes as MLIR text; `aliases` result -> operand whose memory it takes over."""

    target: str
    operands: Values
    results: Values
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    aliases: Mapping[int, int] = field(default_factory=dict[int, int])
    api_version: int = 4

    def operand(self, name: str, dtype: str, shape: tuple[int, ...]) -> Call:
        return replace(self, operands={**self.operands, name: (dtype, shape)})

    def result(self, name: str, dtype: str, shape: tuple[int, ...]) -> Call:
        return replace(self, results={**self.results, name: (dtype, shape)})

    def attribute(self, name: str, text: str) -> Call:
        return replace(self, attributes={**self.attributes, name: text})

    def of_stacks(self, *names: str, layers: int = 3) -> Call:
        """Returns the call with some operands, and results of their memory, as stacks."""
        places = [[*self.operands].index(name) for name in names]
        made = [[*self.results][i] for i, place in self.aliases.items() if place in places]
        call = self
        for name in names:
            dtype, shape = self.operands[name]
            call = call.operand(name, dtype, (layers, *shape))
        for name in made:
            dtype, shape = self.results[name]
            call = call.result(name, dtype, (layers, *shape))
        return call.operand("layer", "i32", ())

    def text(self) -> str:
        """Returns the module."""
        ins = [_tensor(*each) for each in self.operands.values()]
        outs = [_tensor(*each) for each in self.results.values()]
        names = zip(self.operands, ins, strict=True)
        arguments = ", ".join(f'%{n}: {t} {{rlx.input = "{n}"}}' for n, t in names)
        names = zip(self.results, outs, strict=True)
        given = ", ".join(f'{t} {{rlx.output = "{n}"}}' for n, t in names)
        config = ", ".join(f"{name} = {value}" for name, value in self.attributes.items())
        config = f"{{{config}}}" if self.api_version == 4 else '""'
        aliases = ", ".join(map(self._alias, self.aliases))
        made = ", ".join(f"%0#{i}" for i in range(len(outs))) if len(outs) > 1 else "%0"
        count = f":{len(outs)}" if len(outs) > 1 else ""
        return f"""func.func @main({arguments}) -> ({given}) {{
  %0{count} = stablehlo.custom_call @{self.target}({", ".join("%" + n for n in self.operands)}) {{
    api_version = {self.api_version} : i32, backend_config = {config},
    output_operand_aliases = [{aliases}]
  }} : ({", ".join(ins)}) -> ({", ".join(outs)})
  return {made} : {", ".join(outs)}
}}
"""

    def run(self, **values: np.ndarray) -> dict[str, np.ndarray]:
        """Compiles and runs it on these values, and else on numbers at random, integers 0."""
        rng = np.random.default_rng(5)
        given = {}
        for name, (dtype, shape) in self.operands.items():
            made = rng.normal(size=shape) if dtype in ("f32", "bf16", "f16") else np.zeros(shape)
            given[name] = values.get(name, made.astype(dtypes.to_numpy(dtype)))
        results = rf.BuiltModel.from_mlir(self.text(), name="probe").compile()(**given)
        return {name: np.asarray(value) for name, value in results.items()}

    def _alias(self, result: int) -> str:
        return (
            "#stablehlo.output_operand_alias<output_tuple_indices = "
            f"[{result}], operand_index = {self.aliases[result]}, operand_tuple_indices = []>"
        )


def _tensor(dtype: str, shape: tuple[int, ...]) -> str:
    return f"tensor<{''.join(f'{size}x' for size in shape)}{dtype}>"


def linear(rows: int = 3) -> Call:
    """A product with bias and residual."""
    size = need_library("tests").linear_workspace(["q8_0"], rows, 64)
    return Call(
        "rlxflow.linear.v1",
        {
            "x": ("f32", (rows, 64)),
            "w_0": ("ui8", (2 * 1088,)),
            "bias_0": ("f32", (21,)),
            "residual": ("f32", (rows, 21)),
        },
        {"y_0": ("f32", (rows, 21)), "workspace": ("ui8", (size,))},
        {
            "formats": '"q8_0"',
            "in_dim": "64 : i64",
            "out_dims": "array<i64: 21>",
            "has_bias": "true",
            "has_residual": "true",
        },
    )


def linear_glu(rows: int = 3) -> Call:
    size = need_library("tests").linear_workspace(["q8_0", "bf16"], rows, 64)
    return Call(
        "rlxflow.linear_glu.v1",
        {
            "x": ("f32", (rows, 64)),
            "w_0": ("ui8", (2 * 1088,)),
            "w_1": ("ui8", (2 * 2048,)),
            "bias_0": ("f32", (21,)),
            "bias_1": ("f32", (21,)),
        },
        {"y_0": ("f32", (rows, 21)), "workspace": ("ui8", (size,))},
        {
            "formats": '"q8_0,bf16"',
            "act": '"silu"',
            "in_dim": "64 : i64",
            "out_dim": "21 : i64",
            "has_bias": "true",
        },
    )


def embed_rows(count: int = 3) -> Call:
    return Call(
        "rlxflow.embed_rows.v1",
        {"ids": ("i32", (2, count)), "table": ("ui8", (2 * 1088,))},
        {"rows": ("f32", (2, count, 64))},
        {"format": '"q8_0"', "out_dim": "21 : i64", "in_dim": "64 : i64"},
    )


def experts(tokens: int = 3) -> Call:
    """Two experts out of three for each token."""
    formats = ["q8_0", "q8_0", "bf16"]
    library = need_library("tests")
    size = library.experts_workspace(formats, tokens, 2, 3, 64, 21)
    wide, narrow = (
        3 * library.packed_bytes(*each) for each in (("q8_0", 21, 64), ("bf16", 64, 21))
    )
    return Call(
        "rlxflow.experts.v1",
        {
            "x": ("f32", (tokens, 64)),
            "ids": ("i32", (tokens, 2)),
            "shares": ("f32", (tokens, 2)),
            "gate": ("ui8", (wide,)),
            "up": ("ui8", (wide,)),
            "down": ("ui8", (narrow,)),
        },
        {"y": ("f32", (tokens, 64)), "workspace": ("ui8", (size,))},
        {
            "formats": f'"{",".join(formats)}"',
            "act": '"silu"',
            "num_experts": "3 : i64",
            "in_dim": "64 : i64",
            "inner_dim": "21 : i64",
        },
    )


SCORES = {"scale": "0.3 : f32", "softcap": "0.0 : f32", "window": "0 : i64"}


def attend_decode(b: int = 2) -> Call:
    size = need_library("tests").attend_decode_workspace(b, 1, 3, 5, 8, 16)
    return Call(
        "rlxflow.attend_decode.v1",
        {
            "q": ("f32", (b, 1, 3, 5, 8)),
            "keys": ("f32", (b, 3, 8, 16)),
            "values": ("f32", (b, 3, 16, 8)),
            "positions": ("i32", (b, 1)),
        },
        {"out": ("f32", (b, 1, 3, 5, 8)), "workspace": ("ui8", (size,))},
        SCORES,
    )


def attend_decode_writing(b: int = 2) -> Call:
    """With a cache of 8 bits, its scales, and new rows that are written into it."""
    size = need_library("tests").attend_decode_workspace(b, 1, 3, 5, 8, 16)
    caches = {"keys": ("i8", (b, 3, 8, 16)), "values": ("i8", (b, 3, 16, 8))}
    scales = {"key_scales": ("f32", (b, 3, 16)), "value_scales": ("f32", (b, 3, 16))}
    new = {"new_keys": ("f32", (b, 1, 3, 8)), "new_values": ("f32", (b, 1, 3, 8))}
    results = {f"made_{name}": each for name, each in (caches | scales).items()}
    return Call(
        "rlxflow.attend_decode.v1",
        {"q": ("f32", (b, 1, 3, 5, 8)), **caches, "positions": ("i32", (b, 1)), **scales, **new},
        {"out": ("f32", (b, 1, 3, 5, 8)), **results, "workspace": ("ui8", (size,))},
        SCORES,
        {1: 1, 2: 2, 3: 4, 4: 5},
    )


def attend_prefill(b: int = 2) -> Call:
    size = need_library("tests").attend_prefill_workspace(b, 3, 8, 7)
    return Call(
        "rlxflow.attend_prefill.v1",
        {
            "q": ("f32", (b, 7, 3, 5, 8)),
            "keys": ("f32", (b, 7, 3, 8)),
            "values": ("f32", (b, 7, 3, 8)),
            "lengths": ("i32", (b,)),
            "mask": ("i1", (b, 7)),
        },
        {"out": ("f32", (b, 7, 3, 5, 8)), "workspace": ("ui8", (size,))},
        {**SCORES, "causal": "true"},
    )


def linear_of_stack(rows: int = 3) -> Call:
    return linear(rows).of_stacks("w_0")


def linear_glu_of_stacks(rows: int = 3) -> Call:
    """The weight of the gate is one for all layers."""
    return linear_glu(rows).of_stacks("w_1")


def linear_of_mixed(rows: int = 3) -> Call:
    """Each layer has a format of its own."""
    library, formats = need_library("tests"), "q8_0|int8|q4_0"
    row = library._size("rlx_stack_bytes", formats.encode(), 1, 21, 64)
    size = library.linear_workspace([formats], rows, 64)
    call = linear(rows).attribute("formats", f'"{formats}"').operand("w_0", "ui8", (3, row))
    return call.result("workspace", "ui8", (size,)).operand("layer", "i32", ())


def experts_of_mixed(tokens: int = 3) -> Call:
    """Gate is one stack of a format, up and down have several."""
    library, formats = need_library("tests"), ["q8_0", "q4_0|q4_0|q8_0", "bf16|int8|f16"]
    sizes = ((3, 21, 64), (3, 64, 21))
    rows = [
        library._size("rlx_stack_bytes", names.encode(), *size)
        for names, size in zip(formats[1:], sizes, strict=True)
    ]
    call = experts(tokens).of_stacks("gate").attribute("formats", f'"{",".join(formats)}"')
    call = call.operand("up", "ui8", (3, rows[0])).operand("down", "ui8", (3, rows[1]))
    size = library.experts_workspace(formats, tokens, 2, 3, 64, 21)
    return call.result("workspace", "ui8", (size,))


def experts_of_stacks(tokens: int = 3) -> Call:
    return experts(tokens).of_stacks("gate", "up", "down")


def attend_decode_of_stacks(b: int = 2) -> Call:
    return attend_decode(b).of_stacks("keys", "values")


def attend_decode_writing_stacks(b: int = 2) -> Call:
    caches = ("keys", "values", "key_scales", "value_scales")
    return attend_decode_writing(b).of_stacks(*caches)


def argmax(rows: int = 2) -> Call:
    size = need_library("tests")._size("rlx_argmax_workspace", rows, 37)
    return Call(
        "rlxflow.argmax.v1",
        {"scores": ("f32", (rows, 37))},
        {"indices": ("i32", (rows,)), "workspace": ("ui8", (size,))},
    )


def top_k(rows: int = 2) -> Call:
    size = need_library("tests")._size("rlx_top_k_workspace", rows, 37, 5)
    return Call(
        "rlxflow.top_k.v1",
        {"scores": ("f32", (rows, 37))},
        {
            "values": ("f32", (rows, 5)),
            "indices": ("i32", (rows, 5)),
            "workspace": ("ui8", (size,)),
        },
    )


CALLS = (
    linear,
    linear_glu,
    embed_rows,
    experts,
    attend_decode,
    attend_decode_writing,
    attend_prefill,
    argmax,
    top_k,
    linear_of_stack,
    linear_glu_of_stacks,
    experts_of_stacks,
    linear_of_mixed,
    experts_of_mixed,
    attend_decode_of_stacks,
    attend_decode_writing_stacks,
)
