"""Windows of `reduce-window` and `convolution`: `window={size=3x3 pad=1_1x1_1}`."""

from __future__ import annotations

import re
from typing import NamedTuple

_FIELD = re.compile(r"(\w+)=([^ }]+)")


class Axis(NamedTuple):
    """A window along one axis."""

    size: int
    stride: int = 1
    low: int = 0
    high: int = 0
    left_dilation: int = 1
    right_dilation: int = 1


def window_of(attributes: str) -> list[Axis]:
    """Returns the axes of an instruction's window; none if it has no window."""
    match = re.search(r"window=\{([^}]*)\}", attributes)
    if match is None:
        return []
    fields = {name: text.split("x") for name, text in _FIELD.findall(match[1])}
    ones = ["1"] * len(fields.get("size", []))
    names = ("size", "stride", "lhs_dilate", "rhs_dilate")
    size, stride, left, right = ([int(t) for t in fields.get(name, ones)] for name in names)
    pads = [[int(t) for t in text.split("_")] for text in fields.get("pad", ["0_0"] * len(ones))]
    return [
        Axis(size[i], stride[i], pads[i][0], pads[i][1], left[i], right[i])
        for i in range(len(ones))
    ]


def convolution_positions(
    attributes: str, left: tuple[int, ...], right: tuple[int, ...], result: tuple[int, ...]
) -> int:
    """Returns how often a convolution multiplies; elements of the padding are left out."""
    labels = re.search(r"dim_labels=(\w+)_(\w+)->(\w+)", attributes)
    assert labels is not None
    inputs, kernels, outputs = labels.groups()
    groups = [re.search(rf"{kind}_group_count=(\d+)", attributes) for kind in ("feature", "batch")]
    features, batches = (int(match[1]) if match else 1 for match in groups)
    valid = 1
    for i, axis in enumerate(window_of(attributes)):
        here = str(i)
        sizes = (left[inputs.index(here)], right[kernels.index(here)], result[outputs.index(here)])
        valid *= _valid(axis, *sizes)
    channels = left[inputs.index("f")] // features * result[outputs.index("f")]
    return channels * (left[inputs.index("b")] // batches) * valid


def _valid(axis: Axis, inputs: int, kernel: int, outputs: int) -> int:
    """Returns how many pairs of a kernel's and a result's position meet an element of the input."""
    count = 0
    for k in range(kernel):
        start = k * axis.right_dilation - axis.low  # the dilated input that result 0 looks at
        count += sum(
            at % axis.left_dilation == 0 and 0 <= at // axis.left_dilation < inputs
            for at in range(start, start + outputs * axis.stride, axis.stride)
        )
    return count
