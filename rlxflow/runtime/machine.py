"""Measures once what a device can do, and keeps the answer in the user's cache folder."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import platform
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from rlxflow.config.cache_folder import cache_folder
from rlxflow.errors import FileError, KernelError
from rlxflow.files import write_atomically
from rlxflow.inspect.machine import Machine
from rlxflow.kernels.library import Library, find_library
from rlxflow.runtime.devices import Device

VERSION = 4
"""Counts changes of the way things are measured, so that old answers are not used."""

PRODUCTS = ("f32", "bf16", "f16")
_BUDGET_S = 0.3
_TURNS = 1 << 20  # of `Library.multiply`: some 20 ms
_WAYS = ((1, 0), (2, 0), (4, 0), (4, 1024), (8, 0))  # of `Library.read`: streams, and how far ahead


def this_machine(device: Device, *, again: bool = False) -> Machine:
    """Returns the rates of a device: from the cache, or measured, which takes a second or two.

    With `again` they are measured in any case: the machine may have been busy the first time.
    """
    folder = cache_folder()
    if folder is None:
        return measure_machine(device)
    path = folder / "machines" / f"{_fingerprint(device)}.json"
    try:
        known = None if again else Machine.from_dict(json.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        known = None  # no file yet, or none of ours
    machine = known or measure_machine(device)
    if known:
        return known
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(machine.to_dict(), indent=2).encode())
    except (OSError, FileError):
        return machine  # nowhere to keep it: measured again the next time
    return machine


def measure_machine(device: Device) -> Machine:
    """Returns the rates of a device, each the best of several tries."""
    on_cpu = device.platform == "cpu"
    name = (
        f"{device.device_kind}, {_processor()}, {_cores()} cores" if on_cpu else device.device_kind
    )
    flops = {dtype: product_rate(device, dtype, 1024 if on_cpu else 8192) for dtype in PRODUCTS}
    if on_cpu and _kernels():
        flops["int16"] = multiply_rate("int16")
        flops["bf16"] = max(flops["bf16"], multiply_rate("bf16"))
    return Machine(
        name=name,
        bandwidth=read_by_cores() if on_cpu else _read_by_device(device),
        flops=flops,
        transcendentals=_exponentials(device, 1 << (20 if on_cpu else 26)),
    )


def _fingerprint(device: Device) -> str:
    kernels = _kernels()
    facts = [VERSION, device.platform, device.device_kind, _processor(), _cores(), jax.__version__]
    facts.append(kernels.isa if kernels else "")
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


Pick = Callable[[list[float]], float]
"""Takes one of the seconds of several runs: `min` what the machine can do, `statistics.median` what
it does while others are busy, too."""


def _time(run: Callable[[], object], pick: Pick = min, share: int = 1) -> float:
    """Returns the seconds of one of several runs, after one to get ready.

    They take the budget, or its part where it is shared among so many.
    """
    run()
    budget = _BUDGET_S / share
    times: list[float] = []
    while len(times) < 3 or (sum(times) < budget and len(times) < 30):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
        if times[-1] > budget:
            break
    return pick(times)


def read_by_cores(pick: Pick = min) -> float:
    """Returns bytes that all cores together read in a second, in the fastest of some ways.

    Every core reads a part of its own: by a product of NumPy's, and, with kernels, in one stream or
    several, with lines asked for ahead or not.
    """
    cores, kernels = _cores(), _kernels()
    parts = np.array_split(np.ones(1 << 26, np.float32), cores)
    ways: list[Callable[[np.ndarray], object]] = [lambda part: float(np.dot(part, part))]
    if kernels:
        ways += [
            functools.partial(kernels.read, streams=streams, ahead=ahead)
            for streams, ahead in _WAYS
        ]
    with ThreadPoolExecutor(cores) as pool:
        taken = min(
            _time(lambda way=way: list(pool.map(way, parts)), pick, len(ways)) for way in ways
        )
    return sum(part.nbytes for part in parts) / taken


def _read_by_device(device: Device) -> float:
    array = jax.device_put(jnp.ones(1 << 28, jnp.float32), device)
    total = jax.jit(jnp.sum)
    return array.nbytes / _time(lambda: total(array).block_until_ready())


def product_rate(device: Device, dtype: str, size: int, pick: Pick = min) -> float:
    """Returns the operations a second of a product of two square matrices."""
    names = {"f32": jnp.float32, "bf16": jnp.bfloat16, "f16": jnp.float16}
    matrix = jax.device_put(jnp.ones((size, size), names[dtype]), device)
    multiply = jax.jit(jnp.matmul)
    return 2 * size**3 / _time(lambda: multiply(matrix, matrix).block_until_ready(), pick)


def multiply_rate(dtype: str, pick: Pick = min) -> float:
    """Returns the operations a second that kernels do in registers on all cores.

    It bounds products of many rows. Weights in blocks and int8 are multiplied as `int16`, pairs of
    integers, others as `f32`; where the CPU multiplies `bf16`, activations of that type meet bf16
    weights so, and many rows of them all weights. With AMX, many rows of f32, too, are multiplied
    as `bf16`, by three products or six. 0 without kernels, and of bf16 without that.
    """
    kernels, cores = _kernels(), _cores()
    if kernels is None:
        return 0.0
    done = cores * kernels.multiply(dtype, _TURNS)
    if done == 0:
        return 0.0
    with ThreadPoolExecutor(cores) as pool:
        run = functools.partial(kernels.multiply, dtype)
        return done / _time(lambda: list(pool.map(run, [_TURNS] * cores)), pick)


def _kernels() -> Library | None:
    """Returns the library of kernels; none if it does not fit, which `rlxflow devices` tells."""
    try:
        return find_library()
    except KernelError:
        return None


def _exponentials(device: Device, count: int) -> float:
    array = jax.device_put(jnp.zeros(count, jnp.float32), device)
    function = jax.jit(jnp.exp)
    return count / _time(lambda: function(array).block_until_ready())
