"""Every error a user can cause: where it happened, expected, found, and what cures it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class FlowError(Exception):
    """Base of all errors that rlxflow raises on purpose.

    The message reads `where: expected E, found F; cure`. Each part but `where` may be left out; the
    parts stay available as attributes so that programs need not parse the text.
    """

    def __init__(
        self,
        where: str,
        *,
        expected: str = "",
        found: str = "",
        cure: str = "",
    ) -> None:
        self.where = where
        self.expected = expected
        self.found = found
        self.cure = cure
        facts = [f"expected {expected}"] if expected else []
        facts += [f"found {found}"] if found else []
        parts = [where, ", ".join(facts)] if facts else [where]
        message = ": ".join(parts)
        super().__init__(f"{message}; {cure}" if cure else message)

    def within(self, context: str) -> None:
        """Adds a line that says where in the model this happened; only the first one stays."""
        if "\n" not in str(self.args[0]):
            self.args = (f"{self.args[0]}\n{context}",)


class ShapeError(FlowError, ValueError):
    """An axis is missing, of the wrong size, or named twice."""


class DTypeError(FlowError, TypeError):
    """A tensor has an element type that the operation does not take."""


class ConfigError(FlowError, ValueError):
    """A config file or a specification is missing, malformed, unknown or unsupported."""


class WeightError(FlowError, LookupError):
    """A weight file is damaged, or its tensors are not those the flow asks for."""


class MissingState(FlowError, LookupError):
    """A stage reads a slot that no earlier stage wrote, or leaves one that nobody took."""


class FlowStructureError(FlowError, ValueError):
    """The chain itself is wrong: names twice, no value at the end, a stage without its input."""


class VerifyError(FlowError, ValueError):
    """A module breaks a constraint of the `rlx` dialect."""


class PassError(FlowError, RuntimeError):
    """A pass is unknown, misconfigured, or failed on a module."""


class ParseError(FlowError, ValueError):
    """A .mlir file, a bytecode file or a pass pipeline cannot be read."""


class CompileError(FlowError, RuntimeError):
    """XLA refused a module."""


class KernelError(FlowError, RuntimeError):
    """The library of kernels is missing or of another version, or a stage has no kernel."""


class LimitError(FlowError, ValueError):
    """A program costs more than it may, or breaks a rule about what a clean one is."""


class InputError(FlowError, ValueError):
    """A call was given a wrong name, shape, dtype, id or text."""


class FileError(FlowError, OSError):
    """A file or folder is missing or cannot be read or written."""


def nearest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Returns up to `count` of the `known` names that look most like `name`, best first."""
    return difflib.get_close_matches(name, list(known), n=count, cutoff=0.6)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Returns `did you mean `x`?` for the nearest known name, or an empty string."""
    close = nearest(name, known, count=1)
    return f"did you mean `{close[0]}`?" if close else ""
