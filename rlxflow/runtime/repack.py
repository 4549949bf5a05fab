"""`rlxflow repack`: a checkpoint with the weights of products quantised, in a place of its own.

A folder becomes a folder, a .gguf file a .gguf file: whoever reads the one reads the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rlxflow.errors import FileError, KernelError
from rlxflow.files import check_writable
from rlxflow.kernels.bind import BindKernels
from rlxflow.kernels.library import need_library
from rlxflow.runtime.checkpoint import Checkpoint, open_checkpoint
from rlxflow.runtime.repack_folder import repack_folder
from rlxflow.runtime.repack_gguf import refuse_formats, repack_gguf
from rlxflow.weights import HfView, RenamedSource, WeightSource, open_weights
from rlxflow.weights.quant_error import QuantError

SUFFIX = ".gguf"


@dataclass(frozen=True)
class Repacked:
    """One weight that was named by a rule.

    Attributes:
        stage: That reads it.
        name: In the file.
        format: That it has now.
        error: What quantising changed; None for one that the file has in that format.
        nbytes: Stored now.
    """

    stage: str
    name: str
    format: str
    error: QuantError | None
    nbytes: int


@dataclass(frozen=True)
class Repack:
    """What became of the weights that the rules name.

    Attributes:
        weights: Those in blocks.
        left: The file's names of those that stay as they are -> why.
    """

    weights: list[Repacked]
    left: Mapping[str, str]


def repack(
    source: str | Path,
    target: str | Path,
    quant: Mapping[str, str],
    progress: Callable[[int, int], object] = lambda _done, _total: None,
) -> Repack:
    """Writes a checkpoint like another one, with weights quantised; returns what that changed.

    Args:
        source: A folder with config.json and safetensors, or a .gguf file.
        target: What does not exist yet; it appears when it is whole. A name that ends in .gguf for
            a .gguf file.
        quant: Patterns of stages -> format; the last that fits wins.
        progress: Called with the bytes that were read, and all there are.

    Raises:
        FileError: The target exists, or the source does not.
        KernelError: No kernel would read any of the weights, or the library is missing.
        WeightError: A format has no type in GGUF, or the weights are damaged.
    """
    origin, where = Path(source), Path(target)
    _check_places(origin, where)
    if origin.suffix == SUFFIX:
        refuse_formats(quant)
    checkpoint = open_checkpoint(origin)
    raw = open_weights(origin)
    done, left = _chosen(checkpoint, raw, quant)
    formats = {name: format_ for name, (_, format_) in done.items()}
    if isinstance(raw, HfView):
        if origin.is_dir():
            cure = "give the path of the .gguf file"
            raise FileError(f"{origin}", expected="safetensors", found=raw.where, cure=cure)
        made = repack_gguf(raw.file, where, formats, progress)
    else:
        made = repack_folder(origin, raw, where, formats, progress)
    weights = [
        Repacked(stage, name, format_, *made[name]) for name, (stage, format_) in done.items()
    ]
    return Repack(weights, left)


def _check_places(origin: Path, where: Path) -> None:
    """Raises FileError if there is no source, or something stands at the target."""
    file = origin.suffix == SUFFIX and not origin.is_dir()
    if not (origin.is_file() if file else origin.is_dir()):
        expected = "a .gguf file" if file else "a folder with config.json, or a .gguf file"
        raise FileError(f"{origin}", expected=expected, found="none", cure="check the path")
    kind = "file" if file else "folder"
    if where.exists() and where.samefile(origin):
        cure = "name another place with -o"
        raise FileError(f"{where}", expected=f"another {kind}", found="the source", cure=cure)
    if where.exists() or where.is_symlink():
        raise FileError(f"{where}", expected=f"a {kind} that is not there yet", found="one")
    if file and where.suffix != SUFFIX:
        raise FileError(f"{where}", expected="a name that ends in .gguf", found=f"`{where.name}`")
    check_writable(where)


def _chosen(
    checkpoint: Checkpoint, raw: WeightSource, quant: Mapping[str, str]
) -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    """Returns what becomes of the tensors that rules name, by their names in the file.

    That is stage and format of those that are quantised, and why others stay as they are.
    """
    library = need_library("repack")
    built = checkpoint.build(checkpoint.flow(checkpoint.phase_request()))
    rules = tuple(f"{pattern}={format_}" for pattern, format_ in quant.items())
    binding = BindKernels(kernels="required", quant=rules)
    found = binding.quantised(built.module.clone(), library)
    names = RenamedSource(raw, checkpoint.recipe.rules(checkpoint.config, checkpoint.variant))
    stacks = checkpoint.recipe.stacks(checkpoint.config)

    def stored(name: str) -> list[str]:
        originals = [names.original(part) for part in stacks.get(name, (name,))]
        return [raw.original(each) for each in originals] if isinstance(raw, HfView) else originals

    around = {param.name: param.stage for param in built.params}
    done = {
        part: (around[name], format_)
        for name, format_ in found.done.items()
        for part in stored(name)
    }
    left = {part: why for name, why in found.left.items() for part in stored(name)}
    if not done:
        why = "; ".join(f"`{name}`: {why}" for name, why in [*left.items()][:4])
        raise KernelError(f"{raw.where}", expected="weights that kernels read", found=why or "none")
    return done, left
