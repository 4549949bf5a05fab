"""Portable artifacts: VHLO in bytecode, which other releases of StableHLO read."""

from __future__ import annotations

import io
import re
from typing import Any, cast

from rlxflow.errors import InputError, VerifyError
from rlxflow.ir.bindings import ir, stablehlo
from rlxflow.ir.unknown import first_obstacle

_VERSION = re.compile(r"\d{1,4}\.\d{1,4}\.\d{1,4}")
_REFUSED = re.compile(r"'vhlo\.(\w+?)(?:_v\d+)?'")


def target_version(text: str | None) -> str:
    """Returns the version that `minimum`, `current` (the default) or `1.9.0` stands for."""
    least, most = stablehlo.get_minimum_version(), stablehlo.get_current_version()
    if text in (None, "current"):
        return most
    if text == "minimum":
        return least
    if not _VERSION.fullmatch(text) or not _numbers(least) <= _numbers(text) <= _numbers(most):
        raise InputError(
            "target version", expected=f"minimum, current or {least} to {most}", found=f"`{text}`"
        )
    return text


def portable_artifact(module: ir.Module, version: str | None = None) -> bytes:
    """Returns the artifact of a module for a version of StableHLO; see `target_version`.

    Raises VerifyError that names the operation which has no place in it, and what cures that.
    """
    wanted = target_version(version)
    where = f"portable artifact for StableHLO {wanted}"
    if obstacle := first_obstacle(module.operation, ("builtin", "func", "stablehlo")):
        raise VerifyError(
            f"{obstacle.place}{where}",
            expected="operations of StableHLO",
            found=f"`{obstacle.name}`",
            cure=obstacle.cure,
        )
    said: list[ir.Diagnostic | str] = []
    made = _serialize(module, wanted, said)
    if made is not None:
        return made
    text = str(said[0]) if said else ""
    refused = _REFUSED.search(text)
    oldest = oldest_version(module)
    raise VerifyError(
        where,
        expected="operations that this version has",
        found=f"`{refused[1]}`" if refused else text.splitlines()[0] if text else "others",
        cure=f"the oldest version that has all is {oldest}" if oldest else "",
    )


def oldest_version(module: ir.Module) -> str | None:
    """Returns the oldest version of StableHLO that has all a module uses; None if none has."""
    versions = minor_versions()
    low, high = 0, len(versions)
    while low < high:  # what one version has, all later ones have
        middle = (low + high) // 2
        if _serialize(module, versions[middle], []) is None:
            low = middle + 1
        else:
            high = middle
    return versions[low] if low < len(versions) else None


def _serialize(module: ir.Module, version: str, said: list[Any]) -> bytes | None:
    """Returns the artifact of a copy, since a conversion that fails leaves half of it converted."""

    def note(diagnostic: ir.Diagnostic) -> bool:
        said.append(diagnostic.message)
        return True

    code = io.BytesIO()
    module.operation.write_bytecode(code)
    context = module.context
    with context, cast(Any, context.attach_diagnostic_handler(note)):
        try:
            return stablehlo.serialize_portable_artifact(ir.Module.parse(code.getvalue()), version)
        except (ir.MLIRError, ValueError):
            return None


def minor_versions() -> list[str]:
    """Returns the versions of StableHLO from the oldest to the current, without patches."""
    least = _numbers(stablehlo.get_minimum_version())
    most = _numbers(stablehlo.get_current_version())
    found = [least, *((0, minor, 0) for minor in range(least[1] + 1, 21) if least[0] == 0)]
    majors = range(max(least[0], 1), most[0] + 1)
    found += [(major, minor, 0) for major in majors for minor in range(most[1] + 1)]
    return [".".join(map(str, each)) for each in sorted({*found, most}) if least <= each <= most]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
