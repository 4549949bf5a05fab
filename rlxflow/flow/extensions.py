"""Extensions: passes of the user's that rewrite a module right after it is emitted.

A flow has none unless it is given some. It runs those it was given, in that order and no others,
whatever else is registered: a name is looked up when the flow is told of it, not when it is built.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from rlxflow.errors import PassError
from rlxflow.ir.module import IrModule
from rlxflow.passes import PASSES, find, unknown
from rlxflow.passes.base import Pass
from rlxflow.passes.pipeline import Pipeline

_REGISTERED: dict[str, Pass] = {}


def register_extension(name: str, extension: Pass) -> None:
    """Gives a pass a name for `with_extensions`.

    Raises PassError if the name is taken by another pass, or if it is no pass.
    """
    if not isinstance(extension, Pass):
        raise _no_pass(f"extension `{name}`", extension)
    known = _REGISTERED.get(name)
    if name in PASSES or (known is not None and known != extension):
        raise PassError(
            f"extension `{name}`",
            expected="a name that is free",
            found=f"`{known or name}` under it",
            cure="choose another name, or `unregister_extension` the other one first",
        )
    _REGISTERED[name] = extension


def unregister_extension(name: str) -> None:
    """Frees a name; flows that were told of it keep their pass."""
    if name not in _REGISTERED:
        raise unknown(name, list(_REGISTERED), "extension")
    del _REGISTERED[name]


@dataclass(frozen=True)
class FlowExtensionPlan:
    """Passes in the order they run.

    Attributes:
        passes: None by default, which runs none.
    """

    passes: tuple[Pass, ...] = ()

    @classmethod
    def only(cls, extensions: Iterable[Pass | str]) -> Self:
        """Returns a plan of these passes, given as such or by name.

        A name is one that was registered, or that of a pass of rlxflow. Raises PassError with the
        nearest name if it is neither.
        """
        if isinstance(extensions, str):
            raise PassError("extensions", expected="a list of them", found=f"`{extensions}`")
        return cls(tuple(_find(one) for one in extensions))

    @classmethod
    def all(cls) -> Self:
        """Returns a plan of all that is registered now, in the order it was registered."""
        return cls(tuple(_REGISTERED.values()))

    def __str__(self) -> str:
        return ", ".join(map(str, self.passes)) or "none"


def _find(extension: Pass | str) -> Pass:
    if isinstance(extension, Pass):
        return extension
    if not isinstance(extension, str):
        raise _no_pass("extension", extension)
    if extension in _REGISTERED:
        return _REGISTERED[extension]
    if extension in PASSES:
        return find(extension)()
    raise unknown(extension, [*_REGISTERED, *PASSES], "extension")


def _no_pass(where: str, found: object) -> PassError:
    return PassError(
        where,
        expected="a pass, which is a dataclass that derives from `rlxflow.passes.base.Pass`",
        found=type(found).__name__,
    )


def extend(module: IrModule, extensions: tuple[Pass, ...]) -> None:
    """Runs the passes on a module at flow level, and verifies it after each.

    Raises PassError if one fails, or changes what the module takes and gives.
    """
    for one in extensions:
        before = [module.arguments(), module.results()]
        Pipeline([one]).run(module)
        if [module.arguments(), module.results()] != before:
            raise PassError(
                f"extension `{one.title}`",
                expected="arguments and results to stay as they are",
                found="others",
                cure="change the flow instead: `.patch`, `.tap`, `.input`",
            )
