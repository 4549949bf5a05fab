"""Weights read from their file before a device takes them; knows no jax.

Reading and packing need no device and leave Python's lock to others, so they begin as soon as it is
known what a program takes, while jax is imported and programs are compiled.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from rlxflow.errors import WeightError
from rlxflow.runtime.heap import trim_heap
from rlxflow.weights import ParamSpec, WeightPlan
from rlxflow.weights.quant_error import QuantError


class Read(NamedTuple):
    """A weight as an argument of a program, and what quantising changed in it."""

    array: np.ndarray
    error: QuantError


class HostWeights:
    """Weights that are being read, each once, by one thread, in the order they were asked for.

    Args:
        progress: Called by that thread with the bytes that are there and all that were asked for.
    """

    def __init__(self, progress: Callable[[int, int], object] | None = None) -> None:
        self._progress = progress or (lambda _done, _total: None)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="rlxflow-weights")
        self._begun: dict[ParamSpec, Future[Read] | None] = {}  # None once it is released
        self._lock = threading.Lock()

    def begin(self, params: Sequence[ParamSpec], plan: WeightPlan | None) -> None:
        """Begins to read those that nobody asked for yet, or that could not be read.

        Raises WeightError if there is no data.
        """
        with self._lock:
            missing = [param for param in params if self._is_missing(param)]
            if not missing:
                return
            if plan is None:
                raise WeightError(
                    f"weight `{missing[0].name}`",
                    expected="weights",
                    found="a model built from shapes alone",
                    cure="build it with weights to run it",
                )
            coming = {param: Future[Read]() for param in missing}
            self._begun.update(coming)
        errors = [QuantError() for _ in coming]
        try:  # by the thread that asks: there is nobody yet whom Python's lock is shared with
            arrays = plan.read_all([param.name for param in coming], errors)
        except BaseException as error:
            _fail(coming.values(), error)
            if not isinstance(error, Exception):  # a user who interrupts is not to wait for it
                raise
            return
        self._thread.submit(self._read, coming, map(Read, arrays, errors))

    def wait(self, param: ParamSpec) -> Read:
        """Returns a weight that was begun, once it is there.

        Raises WeightError if it, or one before it, could not be read.
        """
        coming = self._begun[param]
        assert coming is not None
        return coming.result()

    def release(self, param: ParamSpec) -> None:
        """Forgets a weight that is on the device; it is not read again."""
        self._begun[param] = None

    def _is_missing(self, param: ParamSpec) -> bool:
        if param not in self._begun:
            return True
        coming = self._begun[param]
        return coming is not None and coming.done() and coming.exception() is not None

    def _read(self, coming: Mapping[ParamSpec, Future[Read]], weights: Iterator[Read]) -> None:
        """Reads weights until one fails; those after it fail alike."""
        done, total = 0, sum(param.info.nbytes for param in coming)
        try:
            for (param, future), weight in zip(coming.items(), weights, strict=True):
                future.set_result(weight)
                done += param.info.nbytes
                self._progress(done, total)
        except BaseException as error:
            _fail(coming.values(), error)
        trim_heap()  # of rows that were copied on the way


def _fail(coming: Iterable[Future[Read]], error: BaseException) -> None:
    for future in coming:
        if not future.done():
            future.set_exception(error)
