"""What a module takes and gives, as data: names, types and bytes; two of them compared."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rlxflow.errors import ConfigError
from rlxflow.ir.module import IrModule, Port
from rlxflow.weights.plan import format_bytes

GROUPS = ("inputs", "params", "states", "outputs")


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """One argument or result: `logits f32[1, 7, 50]`."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    nbytes: int

    def __str__(self) -> str:
        return f"{self.name}  {self.dtype}{[*self.shape]}  {format_bytes(self.nbytes)}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a module takes and gives, in its order. A state is taken and given under one name."""

    name: str
    inputs: tuple[ManifestEntry, ...]
    params: tuple[ManifestEntry, ...]
    states: tuple[ManifestEntry, ...]
    outputs: tuple[ManifestEntry, ...]

    @property
    def weight_blocks(self) -> dict[str, tuple[int, int]]:
        """Number and bytes of the weights of each layer, and of each part outside of layers."""
        blocks: dict[str, tuple[int, int]] = {}
        for entry in self.params:
            count, size = blocks.get(_block(entry.name), (0, 0))
            blocks[_block(entry.name)] = (count + 1, size + entry.nbytes)
        return blocks

    def as_dict(self) -> dict[str, Any]:
        """Returns the manifest as plain lists and dictionaries, with `weight_blocks`."""
        blocks = {k: {"weights": n, "nbytes": b} for k, (n, b) in self.weight_blocks.items()}
        return {**asdict(self), "weight_blocks": blocks}

    def to_json(self) -> str:
        """Returns JSON text that `from_json` reads."""
        return json.dumps(self.as_dict(), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str, where: str = "manifest") -> Manifest:
        """Returns the manifest of JSON text; raises ConfigError if it is none."""
        try:
            raw: dict[str, Any] = json.loads(text)
            groups = {group: tuple(_entry(item) for item in raw[group]) for group in GROUPS}
            return cls(name=raw["name"], **groups)
        except (ValueError, KeyError, TypeError) as error:
            found = f"{type(error).__name__}: {error}"
            raise ConfigError(where, expected="the JSON of a manifest", found=found) from None

    def diff(self, other: Manifest) -> ManifestDiff:
        """Returns what `other` has that this one lacks, and the other way round."""
        return ManifestDiff(self, other)

    def __str__(self) -> str:
        lines = [f"module {self.name}"]
        for group in GROUPS:
            entries: tuple[ManifestEntry, ...] = getattr(self, group)
            total = format_bytes(sum(entry.nbytes for entry in entries))
            lines += [f"{group}: {len(entries)}, {total}"] if entries else []
            if group == "params":
                blocks = self.weight_blocks.items()
                lines += [f"  {name}  {n} weights  {format_bytes(b)}" for name, (n, b) in blocks]
            else:
                lines += [f"  {entry}" for entry in entries]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class ManifestDiff:
    """Two manifests compared by name: print it, or ask whether it is empty (`not diff`)."""

    before: Manifest
    after: Manifest

    @property
    def lines(self) -> list[str]:
        """A line for each entry that is gone (`-`), new (`+`), of another type or place (`~`)."""
        return [line for group in GROUPS for line in self._group(group)]

    def _group(self, group: str) -> Iterable[str]:
        before: Mapping[str, ManifestEntry] = {e.name: e for e in getattr(self.before, group)}
        after: Mapping[str, ManifestEntry] = {e.name: e for e in getattr(self.after, group)}
        what = group.removesuffix("s")
        for name, entry in before.items():
            if name not in after:
                yield f"- {what} {entry}"
            elif after[name] != entry:
                yield f"~ {what} {entry} -> {after[name].dtype}{[*after[name].shape]}"
        yield from (f"+ {what} {entry}" for name, entry in after.items() if name not in before)
        kept = [name for name in before if name in after]
        if kept != [name for name in after if name in before]:
            yield f"~ {group} in another order"

    def __bool__(self) -> bool:
        return bool(self.lines)

    def __str__(self) -> str:
        title = f"{self.before.name} -> {self.after.name}"
        return "\n".join([title, *(f"  {line}" for line in self.lines or ["no difference"])])


def manifest(name: str, module: IrModule) -> Manifest:
    """Returns the manifest of a module, from the names in its attributes."""
    ports = module.arguments()
    states = {port.name for port in ports if port.kind == "state"}
    given = [port for port in module.results() if port.name not in states]
    kinds = [[p for p in ports if p.kind == kind] for kind in ("input", "param", "state")]
    made = [tuple(_from_port(port) for port in group) for group in (*kinds, given)]
    return Manifest(name, *made)


def _from_port(port: Port) -> ManifestEntry:
    return ManifestEntry(port.name, port.dtype, port.shape, port.nbytes)


def _entry(raw: Mapping[str, Any]) -> ManifestEntry:
    return ManifestEntry(raw["name"], raw["dtype"], tuple(raw["shape"]), raw["nbytes"])


def _block(name: str) -> str:
    """Returns the layer a weight belongs to, else its name without the last part."""
    parts = name.split(".")
    for i, part in enumerate(parts[:-1]):
        if part.isdecimal():
            return ".".join(parts[: i + 1])
    return ".".join(parts[:-1]) or name
