"""What a program is compiled for: sizes, phase, profile, and when it is compiled.

Kernels are chosen by the profile's policy and modes and element types by its `precision`, so there
is no list of kernels and no quantisation scheme here: a weight's type is that of the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Literal, Protocol, Self, get_args

from rlxflow.config.content_key import content_key
from rlxflow.config.profile import CompileProfile
from rlxflow.errors import ConfigError, did_you_mean

BATCH, SEQ, ROWS, PAST_SEQ = "batch", "seq", "rows", "past_seq"
Phase = Literal["prefill", "decode", "encoder", "inference"]
CompilationMode = Literal["eager", "lazy", "aot"]


class ExecutionPreset(Enum):
    """Profiles by the kind of program."""

    LLAMA32_PREFILL = "llama32_prefill"
    LLAMA32_DECODE = "llama32_decode"
    QWEN35_PREFILL = "qwen35_prefill"
    QWEN35_DECODE = "qwen35_decode"
    ENCODER = "encoder"

    def profile(self) -> CompileProfile:
        """Returns the profile of this name."""
        return CompileProfile.preset(self.value)

    def profile_key(self) -> str:
        """Returns the key of the profile's content: presets that say the same have one key."""
        return self.profile().key()


@dataclass(frozen=True)
class DimBinding(Mapping[str, int]):
    """Sizes by the name of their dimension: `batch`, `seq`, `rows`, `past_seq`, and others."""

    sizes: Mapping[str, int]

    def __getitem__(self, symbol: str) -> int:
        return self.sizes[symbol]

    def __iter__(self) -> Iterator[str]:
        return iter(self.sizes)

    def __len__(self) -> int:
        return len(self.sizes)

    def only(self, symbols: Iterable[str]) -> dict[str, int]:
        """Returns the sizes of these dimensions; raises ConfigError for one that is not bound."""
        names = list(symbols)
        for name in names:
            if name not in self.sizes:
                known = ", ".join(self.sizes)
                raise ConfigError(
                    f"dimension `{name}`", expected=f"one of {known}", found="no size"
                )
        return {name: self.sizes[name] for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVariant:
    """The sizes and the phase of one program.

    Attributes:
        batch: Rows.
        seq: Tokens a row that are new.
        past_seq: Tokens a row that came before; None where there is no past.
        phase: What the program does.
        extra: Other dimensions by name.
    """

    batch: int
    seq: int
    past_seq: int | None = None
    phase: Phase = "inference"
    extra: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        least = {BATCH: (self.batch, 1), SEQ: (self.seq, 1), PAST_SEQ: (self.past_seq or 0, 0)}
        least |= {name: (size, 1) for name, size in self.extra}
        for name, (size, low) in least.items():
            if size < low:
                raise ConfigError(f"size `{name}`", expected=f"at least {low}", found=str(size))

    @classmethod
    def prefill(cls, batch: int, seq: int) -> Self:
        """Returns the variant of whole prompts."""
        return cls(batch=batch, seq=seq, phase="prefill")

    @classmethod
    def decode(cls, batch: int, past: int, new: int = 1) -> Self:
        """Returns the variant of a step of `new` tokens after `past` others."""
        return cls(batch=batch, seq=new, past_seq=past, phase="decode")

    @classmethod
    def encoder(cls, batch: int, seq: int) -> Self:
        """Returns the variant of an encoder."""
        return cls(batch=batch, seq=seq, phase="encoder")

    def with_extra(self, symbol: str, size: int) -> Self:
        """Returns the variant with one more dimension; raises ConfigError if the name is taken."""
        if symbol in self.dim_binding():
            known = ", ".join(self.dim_binding())
            raise ConfigError(
                f"dimension `{symbol}`", expected=f"none of {known}", found="one of them"
            )
        return replace(self, extra=(*self.extra, (symbol, size)))

    def dim_binding(self) -> DimBinding:
        """Returns all sizes by name; `rows` is always `batch` x `seq`."""
        past = {} if self.past_seq is None else {PAST_SEQ: self.past_seq}
        sizes = {BATCH: self.batch, SEQ: self.seq, ROWS: self.batch * self.seq, **past}
        return DimBinding({**sizes, **dict(self.extra)})


class Composition(Protocol):
    """What is keyed of a composition of layers; see `rlxflow.flow.composition`."""

    def cache_key(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelComponent:
    """One program of a model.

    Attributes:
        variant: Its sizes and phase.
        profile_key: Key of the content of its profile.
        composition_key: Key of how its layers are put together; empty if nobody said.
        mode: When it is compiled: `eager`: when it is asked for; `lazy`: at its first call; `aot`:
            as `eager`, and kept on disk by a `CompileCache` that has a folder.
    """

    variant: ModelVariant
    profile_key: str = field(default_factory=lambda: CompileProfile().key())
    composition_key: str = ""
    mode: CompilationMode = "eager"

    def cache_key(self) -> str:
        """Returns sha256 of all but the mode, which changes no program."""
        sizes = dict(self.variant.dim_binding())
        content = [sizes, self.variant.phase, self.profile_key, self.composition_key]
        return content_key(content)


@dataclass(frozen=True, slots=True)
class ModelExecutionConfig:
    """A component and its profile, which always fit together."""

    component: ModelComponent
    profile: CompileProfile

    @classmethod
    def of(cls, variant: ModelVariant, preset: ExecutionPreset) -> Self:
        """Returns the configuration of a variant with a preset's profile."""
        return cls.from_component(ModelComponent(variant=variant), preset)

    @classmethod
    def from_component(cls, component: ModelComponent, preset: ExecutionPreset) -> Self:
        """Returns the configuration of a component, with the preset's profile and its key."""
        return cls(component, CompileProfile()).with_preset(preset)

    @classmethod
    def prefill(cls, batch: int, seq: int) -> Self:
        """Returns the configuration of whole prompts."""
        return cls.of(ModelVariant.prefill(batch, seq), ExecutionPreset.LLAMA32_PREFILL)

    @classmethod
    def decode(cls, batch: int, past: int, new: int = 1) -> Self:
        """Returns the configuration of a step after `past` tokens."""
        return cls.of(ModelVariant.decode(batch, past, new), ExecutionPreset.LLAMA32_DECODE)

    @classmethod
    def qwen35_prefill(cls, batch: int, seq: int) -> Self:
        """Returns the configuration of whole prompts of Qwen3.5."""
        return cls.of(ModelVariant.prefill(batch, seq), ExecutionPreset.QWEN35_PREFILL)

    @classmethod
    def qwen35_decode(cls, batch: int, past: int) -> Self:
        """Returns the configuration of a step of one token of Qwen3.5."""
        return cls.of(ModelVariant.decode(batch, past), ExecutionPreset.QWEN35_DECODE)

    @classmethod
    def encoder(cls, batch: int, seq: int) -> Self:
        """Returns the configuration of an encoder."""
        return cls.of(ModelVariant.encoder(batch, seq), ExecutionPreset.ENCODER)

    def with_preset(self, preset: ExecutionPreset) -> Self:
        """Returns the configuration with a preset's profile."""
        return self.with_profile(preset.profile())

    def with_profile(self, profile: CompileProfile) -> Self:
        """Returns the configuration with a profile, a file's for instance."""
        component = replace(self.component, profile_key=profile.key())
        return replace(self, component=component, profile=profile)

    def with_compilation_mode(self, mode: CompilationMode) -> Self:
        """Returns the configuration with another time of compiling; see `ModelComponent`."""
        if mode not in get_args(CompilationMode):
            known = ", ".join(get_args(CompilationMode))
            cure = did_you_mean(mode, get_args(CompilationMode))
            raise ConfigError("mode", expected=f"one of {known}", found=f"`{mode}`", cure=cure)
        return replace(self, component=replace(self.component, mode=mode))

    def with_layer_composition(self, composition: Composition) -> Self:
        """Returns the configuration with the key of how layers are put together."""
        key = composition.cache_key()
        return replace(self, component=replace(self.component, composition_key=key))

    @property
    def variant(self) -> ModelVariant:
        return self.component.variant

    def cache_key(self) -> str:
        """Returns the key of the component; with a model and a device see `program_key`."""
        return self.component.cache_key()

    def dim_binding(self) -> DimBinding:
        """Returns all sizes by name."""
        return self.variant.dim_binding()

    def compile_profile(self) -> CompileProfile:
        """Returns the profile."""
        return self.profile
