"""Makes a module smaller as long as a test says that it is still interesting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rlxflow.errors import FlowError, PassError
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import inline, stages
from rlxflow.ir.verifier import verify_rlx
from rlxflow.passes.parse import parse_pipeline
from rlxflow.reduce.cut import count_operations, keep_operations
from rlxflow.reduce.ddmin import ddmin

FLATTEN = ("rlx-inline-stages", "func.func(stablehlo-legalize-composite-to-call)", "inline")
Test = Callable[[IrModule], bool]


@dataclass
class Reducer:
    """One reduction.

    Attributes:
        test: Whether a module is interesting; it may change what it is given.
        report: Called with each smaller module that is; the last one is the result.
        tests: How many modules were tested.
    """

    test: Test
    report: Callable[[IrModule], None]
    tests: int = 0

    def run(self, module: IrModule) -> IrModule:
        """Returns a module from which no operation of `main` can be taken away.

        Raises PassError if the module is not interesting to begin with.
        """
        if not self._interesting(module):
            raise PassError(
                "reduce",
                expected="a module for which the test says yes",
                found="one for which it says no",
                cure="try the test by hand on the whole module",
            )
        module = self._flatten(module)
        while True:
            before = count_operations(module)
            module = self._open_stages(self._cut(module))
            if count_operations(module) >= before:
                return module

    def _interesting(self, module: IrModule) -> bool:
        self.tests += 1
        try:
            module.verify()
            verify_rlx(module)
        except FlowError:
            return False
        return self.test(module.clone())

    def _flatten(self, module: IrModule) -> IrModule:
        """Returns the module without stages, composites and calls, as far as the test allows."""
        for name in FLATTEN:
            flat = module.clone()
            try:
                parse_pipeline(f"{name},symbol-dce").run(flat)
            except FlowError:
                continue
            module = self._better(flat) or module
        return module

    def _better(self, module: IrModule) -> IrModule | None:
        if not self._interesting(module):
            return None
        self.report(module)
        return module

    def _cut(self, module: IrModule) -> IrModule:
        """Returns the module with as few operations of `main` as the test allows."""
        best = module

        def interesting(places: list[int]) -> bool:
            nonlocal best
            made = self._better(keep_operations(module, places))
            best = made or best
            return made is not None

        places = list(range(count_operations(module)))
        kept = ddmin(places, interesting)
        return best if len(kept) < len(places) else module

    def _open_stages(self, module: IrModule) -> IrModule:
        """Returns the module with stages directly in `main` inlined where the test allows it."""
        place = 0
        while True:
            opened = module.clone()
            outer = [stage for stage in stages(opened) if not stage.depth]
            if place >= len(outer):
                return module
            with opened.context:
                inline(outer[place])
            if self._interesting(opened):
                module = opened
            else:
                place += 1
