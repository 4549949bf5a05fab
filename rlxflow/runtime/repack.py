"""`rlxflow repack`: a checkpoint with the weights of products quantised, in a folder of its own."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rlxflow.errors import FileError, KernelError
from rlxflow.ir.region import path_matches
from rlxflow.kernels.bind import BindKernels
from rlxflow.kernels.library import need_library
from rlxflow.runtime.checkpoint import Checkpoint, open_checkpoint
from rlxflow.weights import RenamedSource, TensorInfo, WeightSource, open_weights, write_safetensors
from rlxflow.weights.panels import Panels
from rlxflow.weights.quantise import QUANTISERS, quantise
from rlxflow.weights.quantised_file import METADATA, join_scales

WEIGHTS = "model.safetensors"
_LEFT = (".safetensors", ".bin", ".pt", ".pth", ".gguf", ".index.json", ".h5", ".msgpack")


@dataclass(frozen=True)
class Error:
    """What quantising changed in one weight.

    Attributes:
        stage: That reads it.
        name: In the file.
        relative: Frobenius norm of the difference over that of the weight.
        largest: Largest difference.
        nbytes: Stored now.
    """

    stage: str
    name: str
    relative: float
    largest: float
    nbytes: int


class _View:
    """The tensors of a file, some of them quantised as they are read."""

    def __init__(
        self, source: WeightSource, formats: Mapping[str, str], done: Callable[[str], object]
    ) -> None:
        self.where, self._source, self._formats, self._done = source.where, source, formats, done
        self.errors: dict[str, tuple[float, float]] = {}

    def names(self) -> Collection[str]:
        return self._source.names()

    def __contains__(self, name: object) -> bool:
        return name in self._source

    def info(self, name: str) -> TensorInfo:
        info = self._source.info(name)
        if name not in self._formats:
            return info
        empty = quantise(np.zeros((1, info.shape[1]), np.float32), self._formats[name], name)
        return TensorInfo((info.shape[0], join_scales(empty).shape[1]), "ui8")

    def read(self, name: str) -> np.ndarray:
        values = self._source.read(name)
        self._done(name)
        if name not in self._formats:
            return values
        wide, format_ = values.astype(np.float32), self._formats[name]
        rows = quantise(wide, format_, f"{self.where}: `{name}`")
        off = QUANTISERS[format_].unpack(rows) - wide
        norm = float(np.linalg.norm(wide)) or 1.0
        self.errors[name] = float(np.linalg.norm(off)) / norm, float(np.abs(off).max(initial=0))
        return np.ascontiguousarray(join_scales(rows))


def repack(
    source: str | Path,
    target: str | Path,
    quant: Mapping[str, str],
    progress: Callable[[str], object] = lambda _: None,
) -> list[Error]:
    """Writes a folder like that of a checkpoint, with weights quantised; returns what that changed.

    Args:
        source: A folder with config.json and safetensors.
        target: A folder that does not exist yet; it appears when it is whole.
        quant: Patterns of stages -> format; the last that fits wins.
        progress: Called with the name of each tensor.

    Raises:
        FileError: The target exists, or the source is no folder.
        KernelError: No kernel would read any of the weights, or the library is missing.
    """
    folder, where = Path(source), Path(target)
    if not folder.is_dir():
        raise FileError(f"{folder}", expected="a folder with config.json", found="none")
    if where.exists():
        raise FileError(f"{where}", expected="a folder that is not there yet", found="one")
    checkpoint = open_checkpoint(folder)
    raw = open_weights(folder)
    stages, formats = _chosen(checkpoint, raw, quant)
    view = _View(raw, formats, progress)
    where.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=where.parent, prefix=f".{where.name}-") as made:
        for file in sorted(folder.iterdir()):
            if file.is_file() and not file.name.endswith(_LEFT):
                shutil.copyfile(file, Path(made) / file.name)
        metadata = {"format": "pt", METADATA: json.dumps(formats)}
        write_safetensors(Path(made) / WEIGHTS, view, metadata)
        shutil.copytree(made, where)
    sizes = {name: view.info(name).nbytes for name in formats}
    return [Error(stages[n], n, *view.errors[n], sizes[n]) for n in formats]


def _chosen(
    checkpoint: Checkpoint, raw: WeightSource, quant: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Returns for the file's name of each weight to quantise its stage, and its format."""
    library = need_library("repack")
    built = checkpoint.build(checkpoint.flow(checkpoint.phase_request()))
    module = built.module.clone()
    BindKernels(kernels="required").bind(module, library)
    asked = {param.name: param.stage for param in built.params}
    rules = checkpoint.recipe.rules(checkpoint.config, checkpoint.variant)
    names = RenamedSource(raw, rules)
    stacks = checkpoint.recipe.stacks(checkpoint.config)
    stages: dict[str, str] = {}
    formats: dict[str, str] = {}
    for port in module.arguments():
        parts = stacks.get(port.name, (port.name,))
        if not port.packed or any(_is_no_matrix(names, part) for part in parts):
            continue
        panels, stage = Panels.parse(port.packed), asked[port.name]
        fits = [f for pattern, f in quant.items() if _names(pattern, stage)]
        if fits and not panels.transposed and panels.depth % QUANTISERS[fits[-1]].block == 0:
            originals = [names.original(part) for part in parts]
            stages |= dict.fromkeys(originals, stage)
            formats |= dict.fromkeys(originals, fits[-1])
    if not formats:
        expected = "weights of products, in stages that the rules name"
        raise KernelError(f"{raw.where}", expected=expected, found="none")
    return stages, formats


def _is_no_matrix(source: WeightSource, name: str) -> bool:
    return name not in source or len(source.info(name).shape) != 2


def _names(pattern: str, stage: str) -> bool:
    """Tells whether a pattern names a stage or one around it."""
    parts = stage.split("/")
    return any(path_matches(pattern, "/".join(parts[: i + 1])) for i in range(len(parts)))
