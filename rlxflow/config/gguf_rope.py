"""Rotary positions of a GGUF file as `rope_parameters` of a config.json."""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np

from rlxflow.config.gguf_metadata import Metadata, shortest
from rlxflow.errors import ConfigError
from rlxflow.weights import WeightSource

FREQS = "rope_freqs.weight"
_LONG, _SHORT = "rope_factors_long.weight", "rope_factors_short.weight"


def rope_parameters(
    meta: Metadata, source: WeightSource, head_dim: int, theta: float = 10000.0
) -> dict[str, Any]:
    """Returns `rope_type`, `rope_theta` and what the type needs.

    Besides the types of transformers there is `factors`, a list by which the inverse frequencies
    are divided.

    Args:
        meta: The keys; those about rope count as read.
        source: Tensors under the file's names, for factors.
        head_dim: Elements of a head; fewer may be turned.
        theta: Base where the file names none.
    """
    theta = meta.number("rope.freq_base", theta)
    turned = meta.integer("rope.dimension_count", head_dim)
    if turned > head_dim or turned % 2:
        expected = f"an even number up to the head's {head_dim}"
        raise meta.wrong("rope.dimension_count", expected, turned)
    parameters = {"rope_theta": theta, **_scaling(meta)}
    if _LONG in source or _SHORT in source:
        parameters = {"rope_theta": theta, **_longrope(meta, source, turned)}
    elif FREQS in source:
        parameters = _with_factors(meta, parameters, _factors(source, FREQS, turned))
    if turned != head_dim:
        parameters["partial_rotary_factor"] = turned / head_dim
    return parameters


def _scaling(meta: Metadata) -> dict[str, Any]:
    kind = meta.get("rope.scaling.type")
    kind = None if kind is None else kind if isinstance(kind, str) else repr(kind)
    factor = meta.number("rope.scale_linear", 1.0)
    if not meta.off("rope.scaling.factor"):
        factor = meta.number("rope.scaling.factor")
    attention = meta.number("rope.scaling.attn_factor", 1.0)
    context = meta.integer("rope.scaling.original_context_length", meta.integer("context_length"))
    fast = meta.number("rope.scaling.yarn_beta_fast", 32.0)
    slow = meta.number("rope.scaling.yarn_beta_slow", 1.0)
    if kind is not None and kind not in ["none", "linear", "yarn", "longrope"]:
        raise meta.wrong("rope.scaling.type", "none, linear, yarn or longrope", kind)
    if kind != "yarn":
        default = kind == "none" or factor == 1
        return {"rope_type": "default"} if default else {"rope_type": "linear", "factor": factor}
    parameters: dict[str, Any] = {
        "rope_type": "yarn",
        "factor": factor,
        "original_max_position_embeddings": context,
    }
    if (fast, slow) != (32.0, 1.0):
        parameters |= {"beta_fast": fast, "beta_slow": slow}
    if attention != 1:
        # llama.cpp multiplies by the usual factor of yarn, transformers takes the product.
        parameters["attention_factor"] = attention * (0.1 * log(factor) + 1)
    return parameters


def _longrope(meta: Metadata, source: WeightSource, turned: int) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "rope_type": "longrope",
        "long_factor": _factors(source, _LONG, turned),
        "short_factor": _factors(source, _SHORT, turned),
        "original_max_position_embeddings": meta.integer(
            "rope.scaling.original_context_length", meta.integer("context_length")
        ),
    }
    if meta.get("rope.scaling.attn_factor") is not None:
        parameters["attention_factor"] = meta.number("rope.scaling.attn_factor")
    return parameters


def _with_factors(
    meta: Metadata, parameters: dict[str, Any], factors: list[float]
) -> dict[str, Any]:
    theta, kind = parameters["rope_theta"], parameters["rope_type"]
    if all(factor == 1 for factor in factors):
        return parameters
    if kind == "yarn":
        raise ConfigError(
            meta.place("rope.scaling.type"),
            expected=f"none or linear in a file with `{FREQS}`",
            found="'yarn'",
        )
    scale = parameters.get("factor", 1.0)
    scaled = [factor * scale for factor in factors]
    return {"rope_type": "factors", "rope_theta": theta, "factors": scaled}


def _factors(source: WeightSource, name: str, turned: int) -> list[float]:
    found = source.info(name)
    where = f"{source.where}: tensor `{name}`"
    if found.shape != (turned // 2,):
        raise ConfigError(where, expected=f"{turned // 2} factors", found=f"{found}")
    values = source.read(name).astype(np.float64)
    if not (np.isfinite(values) & (values > 0)).all():
        raise ConfigError(where, expected="factors above 0", found=f"{values.min()}")
    return [shortest(value) for value in values.tolist()]
