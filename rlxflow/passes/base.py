"""What a pass is: a frozen dataclass of options with a `run` that edits a module."""

from __future__ import annotations

import dataclasses
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self, TypeVar

from rlxflow.errors import PassError, did_you_mean
from rlxflow.ir.module import IrModule

_OPTION = re.compile(r"\s*([\w-]+)(?:=('[^']*'|\"[^\"]*\"|\S*))?")


T = TypeVar("T", bool, int, str, tuple[str, ...])


def option(default: T, about: str, *, choices: tuple[str, ...] = ()) -> T:
    """Returns the dataclass field of an option: a flag, number, string or tuple of strings."""
    return dataclasses.field(default=default, metadata={"about": about, "choices": choices})


@dataclass(frozen=True)
class Pass(ABC):
    """A rewrite of a module in place. Running it a second time changes nothing."""

    name: ClassVar[str]

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            choices, value = field.metadata.get("choices"), getattr(self, field.name)
            if choices and value not in choices:
                raise PassError(
                    f"option `{field.name}` of pass `{self.name}`",
                    expected=" | ".join(choices),
                    found=f"`{value}`",
                    cure=did_you_mean(str(value), choices),
                )

    @abstractmethod
    def run(self, module: IrModule) -> None:
        """Rewrites the module; raises PassError if it cannot. Ours then leave it as it was."""

    @property
    def title(self) -> str:
        """The name for people and files."""
        return self.name

    @classmethod
    def parse(cls, options: str = "") -> Self:
        """Returns the pass for options in MLIR's syntax: `policy=skip modes=a=fence,b=keep`.

        Quotes keep spaces in a value. Raises PassError for an unknown option or a bad value.
        """
        fields = {field.name: field for field in dataclasses.fields(cls)}
        values: dict[str, object] = {}
        for key, text in _split(options, cls.name):
            if key not in fields:
                raise PassError(
                    f"pass `{cls.name}`",
                    expected=f"one of the options {', '.join(fields)}" if fields else "no options",
                    found=f"`{key}`",
                    cure=did_you_mean(key, fields),
                )
            values[key] = _value(text, fields[key].default, f"option `{key}` of pass `{cls.name}`")
        return cls(**values)

    def __str__(self) -> str:
        """Returns the pass in MLIR's syntax, with the options that differ from their defaults."""
        set_ = [
            f"{field.name}={text_of(getattr(self, field.name))}"
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != field.default
        ]
        return f"{self.name}{{{' '.join(set_)}}}" if set_ else self.name


def _split(options: str, name: str) -> list[tuple[str, str | None]]:
    pairs: list[tuple[str, str | None]] = []
    rest = options.strip()
    while rest:
        found = _OPTION.match(rest)
        if found is None:
            raise PassError(f"pass `{name}`", expected="options `key=value`", found=f"`{rest}`")
        value = found[2]
        quoted = value is not None and value[:1] in ("'", '"') and value[:1] == value[-1:]
        pairs.append((found[1], value[1:-1] if quoted and value else value))
        rest = rest[found.end() :].strip()
    return pairs


def _value(text: str | None, default: object, where: str) -> object:
    """Returns the text of an option as a value of the same type as its default."""
    kind = {bool: "true or false", int: "a whole number"}.get(type(default), "a value")
    match default, text:
        case bool(), None | "" | "true" | "1":
            return True
        case bool(), "false" | "0":
            return False
        case int(), str() if not isinstance(default, bool) and re.fullmatch(r"-?\d+", text):
            return int(text)
        case tuple(), str():
            return tuple(item for item in text.split(",") if item)
        case str(), str():
            return text
        case _:
            found = "nothing" if text is None else f"`{text}`"
            raise PassError(where, expected=kind, found=found)


def text_of(value: object) -> str:
    """Returns the value of an option as it is written after the `=`."""
    if isinstance(value, bool):
        return str(value).lower()
    text = ",".join(value) if isinstance(value, tuple) else str(value)
    return f"'{text}'" if " " in text or not text else text
