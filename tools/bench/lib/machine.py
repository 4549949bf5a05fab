"""What the machine is and how fast it reads memory."""

from __future__ import annotations

import os
import platform
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np


def processor() -> str:
    """Returns the number of cores and the processor's name, where the system tells."""
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.exists() else []
    named = next((line for line in lines if line.startswith("model name")), "")
    return f"{os.cpu_count()} x {named.partition(': ')[2] or platform.machine()}"


def readings(array: np.ndarray, times: int = 3) -> list[float]:
    """Returns how fast one thread a core read a large f32 array, in GB/s, each time."""
    flat = array.reshape(-1)
    cores = os.cpu_count() or 1
    parts = np.array_split(flat, cores)
    taken = []
    with ThreadPoolExecutor(cores) as pool:
        for _ in range(times):
            begin = time.perf_counter()
            list(pool.map(lambda part: float(np.dot(part, part)), parts))
            taken.append(time.perf_counter() - begin)
    return [flat.nbytes / each / 1e9 for each in taken]


def read_gb_s(array: np.ndarray, times: int = 3) -> float:
    """Returns the best of a few readings."""
    return max(readings(array, times))
