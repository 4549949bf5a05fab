"""What a compiled program depends on, as one key: content, device and versions."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from rlxflow.config.content_key import content_key
from rlxflow.flow.built import BuiltModel
from rlxflow.kernels.library import find_library
from rlxflow.runtime.devices import Device


def fingerprint(device: Device) -> dict[str, str]:
    """Returns what machine code depends on beside its source."""
    versions = {name: _version(name) for name in ("jax", "jaxlib", "rlxflow")}
    library = find_library()
    versions["kernels"] = f"{library.layout} {library.isa}" if library else "none"
    name = str(device.platform)
    host = _host() if name == "cpu" else str(device.client.platform_version)
    facts = {"platform": name, "kind": str(device.device_kind), "host": host}
    return {**versions, **facts, "flags": os.environ.get("XLA_FLAGS", "")}


def program_key(
    built: BuiltModel, device: Device, around: Mapping[str, object] | None = None
) -> str:
    """Returns sha256 over module, profile, weights' names and types, device and versions.

    Values of weights are not part of it: they are arguments of the program.

    Args:
        built: A model with its kernels bound, since they depend on how weights are stored.
        device: What it is compiled for.
        around: What else stands in the program, as JSON can say it.
    """
    made = fingerprint(device)
    return content_key(
        {
            "module": hashlib.sha256(built.module.text().encode()).hexdigest(),
            "profile": built.profile.key(made["platform"]),
            "weights": [[p.name, list(p.shape), p.dtype, p.packed] for p in built.params],
            "device": made,
            "source": _source(),
            "around": dict(around or {}),
        }
    )


@functools.cache
def _source() -> str:
    """Returns sha256 over the files of this package: what they make of a module may change."""
    root = Path(__file__).resolve().parents[1]
    found = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        found.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return found.hexdigest()


@functools.cache
def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:  # run from its source, not installed
        return "source"


@functools.cache
def _host() -> str:
    """Returns the kind of CPU, since code made for one may need instructions another lacks."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    flags = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return f"{platform.machine()} {content_key(sorted(flags.split()))[:16]}"
