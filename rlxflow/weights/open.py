"""Turns whatever a user calls "the weights" into a weight source."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from rlxflow.errors import FileError, WeightError
from rlxflow.weights.dict_source import DictSource
from rlxflow.weights.gguf import GgufFile
from rlxflow.weights.gguf_names import HfView
from rlxflow.weights.quantised_file import METADATA, QuantisedFile
from rlxflow.weights.safetensors import SafetensorsFile
from rlxflow.weights.safetensors_index import ShardedSafetensors
from rlxflow.weights.source import WeightSource

_PREFERRED = (
    "model.safetensors",
    "model.safetensors.index.json",
    "diffusion_pytorch_model.safetensors",
    "diffusion_pytorch_model.safetensors.index.json",
)
_PICKLES = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"})
_EXPECTED = "a .safetensors or .gguf file, a .safetensors.index.json or a folder with one of them"


def open_weights(
    what: WeightSource | Mapping[str, object] | str | os.PathLike[str],
) -> WeightSource:
    """Returns a weight source for a path, a mapping of arrays or a source (returned as it is).

    Raises:
        FileError: Nothing is at the path, or it cannot be read.
        WeightError: The format is not one that is read, or the file is damaged.
    """
    if isinstance(what, str | os.PathLike):
        return _open_path(Path(what))
    if isinstance(what, Mapping):
        return DictSource(what)
    if isinstance(cast("object", what), WeightSource):
        return what
    found = type(cast("object", what)).__name__
    raise WeightError("weights", expected="a path, a mapping or a weight source", found=found)


def _open_path(path: Path) -> WeightSource:
    if not os.path.exists(path):
        cure = "check the path"
        raise FileError(str(path), expected=_EXPECTED, found="nothing there", cure=cure)
    return _open_folder(path) if path.is_dir() else _open_file(path)


def _open_file(path: Path) -> WeightSource:
    suffix = path.suffix.lower()
    if suffix == ".safetensors":
        file = SafetensorsFile(path)
        return QuantisedFile(file) if METADATA in file.metadata else file
    if suffix == ".json":
        return ShardedSafetensors(path)
    if suffix == ".gguf":
        return HfView(GgufFile(path))
    if suffix in _PICKLES:
        raise _pickle(path, f"the pickle `{path.name}`")
    found = f"a file that ends in `{suffix}`" if suffix else "a file without an ending"
    raise WeightError(str(path), expected=_EXPECTED, found=found)


def _open_folder(folder: Path) -> WeightSource:
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        found = error.strerror or str(error)
        raise FileError(str(folder), expected="a readable folder", found=found) from error
    for name in _PREFERRED:
        if name in names:
            return _open_file(folder / name)
    others = [name for name in names if name.endswith(".safetensors.index.json")]
    others = others or [name for name in names if name.endswith(".safetensors")]
    others = others or [name for name in names if name.lower().endswith(".gguf")]
    if len(others) == 1:
        return _open_file(folder / others[0])
    if others:
        found = f"{len(others)} files: {', '.join(f'`{name}`' for name in others[:8])}"
        cure = "pass the path of one of them"
        raise WeightError(str(folder), expected="one checkpoint", found=found, cure=cure)
    raise _nothing_to_read(folder, names)


def _nothing_to_read(folder: Path, names: list[str]) -> WeightError:
    pickles = [name for name in names if Path(name).suffix.lower() in _PICKLES]
    if pickles:
        return _pickle(folder, f"only pickles: {', '.join(f'`{name}`' for name in pickles[:8])}")
    return WeightError(str(folder), expected=_EXPECTED, found="a folder with none of them")


def _pickle(path: Path, found: str) -> WeightError:
    cure = (
        "pickles can run code and are never read; convert once where torch is installed: "
        'safetensors.torch.save_file(torch.load("in.bin", weights_only=True), "model.safetensors")'
    )
    return WeightError(str(path), expected=_EXPECTED, found=found, cure=cure)
