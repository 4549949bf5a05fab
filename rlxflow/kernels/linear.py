"""Products with a weight: `y = x W^T + bias` by `rlxflow.linear.v1`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from rlxflow.ir.bindings import ir, stablehlo
from rlxflow.ir.region import StageRegion
from rlxflow.kernels.call import call, convert, workspace
from rlxflow.kernels.found import Found, Matrix, Refused, Sizes
from rlxflow.kernels.trace import dtype_of, owner_of, shape_of

TARGET = "rlxflow.linear.v1"
ACTIVATIONS = ("f32", "bf16")
_LAYOUT = ("stablehlo.convert", "stablehlo.transpose")
_AROUND = (*_LAYOUT, "stablehlo.reshape", "stablehlo.broadcast_in_dim")


@dataclass(frozen=True, slots=True)
class Product:
    """What a stage `linear` multiplies: indices of its arguments, and sizes.

    Attributes:
        x: Index of the activations.
        matrix: The weight.
        bias: Index of the bias; None for none.
        count: Rows of x.
        result: Type of the stage's result.
    """

    x: int
    matrix: Matrix
    bias: int | None
    count: int
    result: ir.RankedTensorType


def find(stage: StageRegion) -> Found:
    """Returns the call for a stage `linear`; raises Refused."""
    product = read_product(stage)

    def emit(inner: Sequence[ir.Value], formats: Sequence[str], sizes: Sizes) -> list[ir.Value]:
        return [emit_products([product], inner, formats, sizes)[0]]

    return Found(TARGET, emit, (product.matrix,))


def read_product(stage: StageRegion) -> Product:
    """Returns what a stage multiplies; raises Refused for what the kernel does not do."""
    ops = [view.operation for view in stage.body.operations]
    dots = [op for op in ops if op.name == "stablehlo.dot_general"]
    if len(dots) != 1 or len(stage.op.results) != 1:
        raise Refused(f"{len(dots)} products in one stage")
    dot = dots[0]
    left, right = dot.operands
    x, weight = _argument(stage, left), _argument(stage, right, _LAYOUT)
    if x is None or weight is None:
        raise Refused("the product is not of activations and a weight as they come in")
    if dtype_of(left) not in ACTIVATIONS:
        raise Refused(f"activations {dtype_of(left)}; the kernel takes f32 and bf16")
    result = ir.RankedTensorType(stage.op.results[0].type)
    if str(result.element_type) not in ACTIVATIONS:
        raise Refused(f"result {result.element_type}; the kernel gives f32 and bf16")
    matrix = _matrix(stage, dot, weight)
    count = prod(shape_of(left)) // matrix.depth if matrix.depth else 0
    if prod(result.shape) != count * matrix.rows or not count:
        raise Refused("more than a product, or an empty one")
    return Product(x, matrix, _bias(stage, ops, {x, weight}, matrix.rows), count, result)


def emit_products(
    products: Sequence[Product], inner: Sequence[ir.Value], formats: Sequence[str], sizes: Sizes
) -> list[ir.Value]:
    """Builds one call for products of the same x; returns their results."""
    first = products[0]
    biases = [convert(inner[p.bias], "f32") for p in products if p.bias is not None]
    weights = [inner[product.matrix.operand] for product in products]
    depth, rows = first.matrix.depth, tuple(product.matrix.rows for product in products)
    scratch = workspace(sizes.linear_workspace(formats, first.count, depth))
    *made, _ = call(
        TARGET,
        [inner[first.x], *weights, *biases],
        [*(product.result for product in products), scratch],
        {
            "formats": ",".join(formats),
            "in_dim": depth,
            "out_dims": rows,
            "has_bias": bool(biases),
            "has_residual": False,
        },
        name="linear",
    )
    return made


def _matrix(stage: StageRegion, dot: ir.Operation, weight: int) -> Matrix:
    numbers = stablehlo.DotDimensionNumbers(dot.attributes["dot_dimension_numbers"])
    stored = shape_of(stage.body.arguments[weight])
    depth = prod(shape_of(dot.operands[0])[i] for i in numbers.lhs_contracting_dimensions)
    if len(stored) != 2 or len(numbers.rhs_contracting_dimensions) != 1:
        raise Refused(f"a weight of {len(stored)} axes")
    axis = numbers.rhs_contracting_dimensions[0]
    op = owner_of(dot.operands[1])
    while op is not None:
        if op.name == "stablehlo.transpose":
            axis = tuple(ir.DenseI64ArrayAttr(op.attributes["permutation"]))[axis]
        op = owner_of(op.operands[0])
    return Matrix(weight, stored[1 - axis], depth, transposed=axis == 0)


def _bias(stage: StageRegion, ops: Sequence[ir.Operation], used: set[int], rows: int) -> int | None:
    """Returns the index of the bias, after checking that nothing else happens in the stage."""
    others = [i for i in range(len(stage.body.arguments)) if i not in used]
    kinds = [op.name for op in ops if op.name not in _AROUND]
    plain = ["stablehlo.dot_general", "rlx.yield"]
    if not others and kinds == plain:
        return None
    added = len(others) == 1 and kinds == [plain[0], "stablehlo.add", plain[1]]
    if added and prod(shape_of(stage.body.arguments[others[0]])) == rows:
        return others[0]
    raise Refused("more than a product and a bias")


def _argument(stage: StageRegion, value: ir.Value, through: tuple[str, ...] = ()) -> int | None:
    """Returns the index of the argument that a value is, perhaps after some operations."""
    while (op := owner_of(value)) is not None:
        if op.name not in through:
            return None
        value = op.operands[0]
    return ir.BlockArgument(value).arg_number if value.owner == stage.body else None
