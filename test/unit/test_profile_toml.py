"""Profiles as TOML: read strictly, written back, described by a schema, the presets of the seed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rlxflow as rf
from rlxflow.config.profile import PRESETS
from rlxflow.errors import ConfigError, FileError

DOCS = Path(__file__).resolve().parents[2] / "docs"
FULL = """\
name = "all keys"

[fusion]
policy = "skip"
skip = true
assert_clean = true
kernels = "none"
split_rows = false

[passes]
verbose = true
dump_dir = "dumps"

[precision]
compute = "f16"
storage = "bf16"
cache = "int8"

[layers]
form = "call"

[weights.quant]
"layers.*/mlp" = "q4_0"

[clean]
no-sort = "op=sort stage=layers.*"

[modes]
"layers.*" = "fence"
"block:rms_norm" = "keep"

[backend.cpu.fusion]
policy = "direct"

[backend.gpu.modes]
"layers.*" = "fuse"
"""


def test_every_key_reads_and_writes_back_as_it_was() -> None:
    profile = rf.CompileProfile.from_toml_str(FULL)
    assert profile.to_toml() == FULL
    assert profile.model_dump(exclude={"modes", "backend"}) == {
        "name": "all keys",
        "policy": "skip",
        "skip_fusion": True,
        "split_rows": False,
        "assert_clean": True,
        "verbose": True,
        "dump_dir": "dumps",
        "compute": "f16",
        "storage": "bf16",
        "cache": "int8",
        "layers": "call",
        "kernels": "none",
        "quant": {"layers.*/mlp": "q4_0"},
        "clean": {"no-sort": "op=sort stage=layers.*"},
    }
    assert list(profile.modes.items()) == [("layers.*", "fence"), ("block:rms_norm", "keep")]
    assert profile.backend == {
        "cpu": {"policy": "direct"},
        "gpu": {"modes": {"layers.*": "fuse"}},
    }


def test_an_empty_file_is_the_default() -> None:
    assert rf.CompileProfile.from_toml_str("") == rf.CompileProfile()
    assert rf.CompileProfile().to_toml() == ""


PARTS = st.fixed_dictionaries(
    {},
    optional={
        "policy": st.sampled_from(["direct", "fusable", "skip"]),
        "skip_fusion": st.booleans(),
        "split_rows": st.booleans(),
        "assert_clean": st.booleans(),
        "modes": st.dictionaries(st.text(min_size=1), st.sampled_from(["fuse", "fence"])),
        "dump_dir": st.text(),
    },
)


@given(PARTS, st.dictionaries(st.sampled_from(["cpu", "gpu", "tpu"]), PARTS), st.text())
def test_any_profile_writes_and_reads(
    values: dict[str, object], backend: dict[str, dict[str, object]], name: str
) -> None:
    made = rf.CompileProfile(name=name, backend=backend, **values)  # pyright: ignore
    again = rf.CompileProfile.from_toml_str(made.to_toml())
    assert again == made
    for platform in ("cpu", "gpu"):
        assert again.for_device(platform) == made.for_device(platform)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = [", r"^profile: expected TOML, found "),
        ('polcy = "skip"', r"^profile: `polcy` is unknown; did you mean `fusion.policy`\?"),
        ('[fusion]\npolcy = "skip"', r"`fusion.polcy` is unknown; did you mean `fusion.policy`\?"),
        ("[fuson]\nskip = true", r"`fuson` is unknown; "),
        ("fusion = 3", r"`fusion` is a section, found 3"),
        ('[fusion]\npolicy = "skp"', r"`fusion.policy`: input should be 'direct', 'fusable' or "),
        ("[fusion]\nskip = 1", r"`fusion.skip`: input should be a valid boolean \(found 1\)"),
        ("[fusion]\nassert_clean = 'yes'", r"`fusion.assert_clean`: .*boolean \(found 'yes'\)"),
        ("name = 3", r"`name`: input should be a valid string \(found 3\)"),
        ('[precision]\ncompute = "f8"', r"`precision.compute`: input should be 'f32', 'bf16' or"),
        ('[modes]\n"a" = "fnce"', r"`modes.a`: input should be 'auto', 'fuse', 'fence'"),
        ("[passes]\ndce = true", r"`passes.dce` has no effect here: XLA always removes"),
        ("[passes]\nconstant_folding = true", r"`passes.constant_folding` has no effect here"),
        ('[precision]\nmixed = "auto"', r"`precision.mixed` has no effect here"),
        ('[fusion]\ntarget = "cpu"', r"`fusion.target` has no effect here: .*backend.cpu"),
        ("[backend.metal]\nskip_fusion = true", r"`backend.metal` has no effect here"),
        ("[backend.cuda]", r"`backend.cuda` has no effect here: its name is `gpu`"),
        ("[backend.gpo]", r"`backend.gpo` is unknown; did you mean `backend.gpu`\?"),
        ("[backend.cpu]\nunfuse_regions = true", r"`backend.cpu.unfuse_regions` has no effect"),
        ("[backend.cpu.fusion]\nplicy = 1", r"`backend.cpu.fusion.plicy` is unknown; did you"),
        ("[backend.cpu.fusion]\npolicy = 1", r"`backend.cpu.fusion.policy`: input should be"),
        ("[backend.cpu.precision]\ncompute = 'f32'", r"`backend.cpu.precision` cannot differ"),
        ("backend = 2", r"`backend` is a section, found 2"),
        ("[backend]\ncpu = 2", r"`backend.cpu` is a section, found 2"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        rf.CompileProfile.from_toml_str(text)


def test_all_that_does_not_fit_is_listed() -> None:
    with pytest.raises(ConfigError, match="2 keys do not fit") as caught:
        rf.CompileProfile.from_toml_str('nme = "x"\n[fusion]\nskip = 1')
    assert "`nme` is unknown" in str(caught.value)
    assert "`fusion.skip`: " in str(caught.value)


def test_fields_in_python_are_as_strict() -> None:
    with pytest.raises(ConfigError, match=r"`polisy` is unknown; did you mean `policy`"):
        rf.CompileProfile(polisy="skip")  # pyright: ignore
    with pytest.raises(ConfigError, match=r"`backend.cpu.compute` is no field that a platform"):
        rf.CompileProfile(backend={"cpu": {"compute": "f32"}})
    with pytest.raises(ConfigError, match=r"`fusion.policy`: input should be"):
        rf.CompileProfile().changed(policy="fused")


def test_a_missing_or_unreadable_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"none.toml: expected a TOML file, found no such file"):
        rf.CompileProfile.from_toml_path(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'name = "\xe9"')
    with pytest.raises(ConfigError, match=r"latin.toml: expected a TOML file"):
        rf.CompileProfile.from_toml_path(tmp_path / "latin.toml")


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_those_of_the_seed(name: str) -> None:
    profile = rf.CompileProfile.preset(name)
    assert profile.policy == ("fusable" if name.endswith("_decode") else "direct")
    assert profile.skip_fusion == (name in {"sam2_memory_attention", "llada2_diffusion"})
    assert profile.changed(name="default", policy="direct", skip_fusion=False) == (
        rf.CompileProfile()
    )


def test_an_unknown_preset_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"found `qwen3_decod`; did you mean `qwen3_decode`\?"):
        rf.CompileProfile.preset("qwen3_decod")


def test_the_schema_in_the_docs_is_up_to_date() -> None:
    stored = json.loads((DOCS / "profile.schema.json").read_text())
    assert stored == rf.CompileProfile.json_schema()


def test_the_schema_knows_the_keys_of_the_file_and_no_others() -> None:
    schema = rf.CompileProfile.json_schema()

    def keys(node: dict[str, object], at: str = "") -> set[str]:
        inner = node.get("properties")
        if not isinstance(inner, dict):
            return {at}
        assert node["additionalProperties"] is False
        return {k for name, part in inner.items() for k in keys(part, f"{at}.{name}".strip("."))}

    found = keys(schema)
    assert {"name", "fusion.policy", "layers.form", "modes"} <= found
    assert "backend.cpu.fusion.policy" in found
    assert not {key for key in found if "precision" in key and "backend" in key}
    for key in found - {"name", "modes", "clean"}:  # each of them reads: only the value is refused
        section, _, last = key.rpartition(".")
        with pytest.raises(ConfigError, match=rf"`{key}(`: input|\.x`: input|`?.*section)"):
            rf.CompileProfile.from_toml_str(f"[{section}]\n{last} = {{x = 1.5}}")
