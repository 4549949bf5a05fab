"""Products with weights: `y = x W^T + bias` by `rlxflow.linear.v1`, gated by `.linear_glu.v1`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from rlxflow.ir.bindings import ir, stablehlo
from rlxflow.ir.region import StageRegion
from rlxflow.kernels.bodies import Bodies
from rlxflow.kernels.call import call, convert, workspace
from rlxflow.kernels.found import Found, Matrix, Product, Refused, Sizes
from rlxflow.kernels.trace import dtype_of, owner_of, shape_of

TARGET, GATED = "rlxflow.linear.v1", "rlxflow.linear_glu.v1"
ACTIVATIONS = ("f32", "bf16")
_LAYOUT = ("stablehlo.convert", "stablehlo.transpose")
_AROUND = (*_LAYOUT, "stablehlo.reshape", "stablehlo.broadcast_in_dim")


def find(stage: StageRegion, _: Bodies) -> Found:
    """Returns the call for a stage `linear`; raises Refused."""
    product = read_product(stage)

    def emit(inner: Sequence[ir.Value], formats: Sequence[str], sizes: Sizes) -> list[ir.Value]:
        return emit_products([Operands.of(product, inner)], formats, sizes)

    return Found(TARGET, emit, (product.matrix,), part=product)


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


@dataclass(frozen=True, slots=True)
class Operands:
    """A product, and the values it is of."""

    product: Product
    x: ir.Value
    weight: ir.Value
    bias: ir.Value | None

    @classmethod
    def of(cls, product: Product, values: Sequence[ir.Value]) -> Operands:
        """Picks the values of a product among the operands of its stage."""
        bias = None if product.bias is None else values[product.bias]
        return cls(product, values[product.x], values[product.matrix.operand], bias)


def emit_products(
    products: Sequence[Operands], formats: Sequence[str], sizes: Sizes
) -> list[ir.Value]:
    """Builds one call for products of the same x; returns their results."""
    rows = tuple(each.product.matrix.rows for each in products)
    config = {**_shared(products, formats), "out_dims": rows, "has_residual": False}
    results = [each.product.result for each in products]
    return _call(TARGET, products, results, formats, sizes, config)


def emit_gated(
    gate: Operands,
    up: Operands,
    act: str,
    result: ir.Type,
    formats: Sequence[str],
    sizes: Sizes,
) -> list[ir.Value]:
    """Builds the call for `act(gate) * up`, two products of the same x; returns its result."""
    both = [gate, up]
    config = {**_shared(both, formats), "out_dim": gate.product.matrix.rows, "act": act}
    return _call(GATED, both, [result], formats, sizes, config)


def _shared(products: Sequence[Operands], formats: Sequence[str]) -> dict[str, object]:
    first = products[0]
    return {
        "formats": ",".join(formats),
        "in_dim": first.product.matrix.depth,
        "has_bias": first.bias is not None,
    }


def _call(
    target: str,
    products: Sequence[Operands],
    results: Sequence[ir.Type],
    formats: Sequence[str],
    sizes: Sizes,
    config: Mapping[str, object],
) -> list[ir.Value]:
    first = products[0]
    biases = [convert(each.bias, "f32") for each in products if each.bias is not None]
    operands = [first.x, *(each.weight for each in products), *biases]
    depth = first.product.matrix.depth
    scratch = workspace(sizes.linear_workspace(formats, first.product.count, depth))
    *made, _ = call(target, operands, [*results, scratch], config, name="linear")
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
