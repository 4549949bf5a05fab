"""FLUX transformers: configs and inputs that are refused, by name; flows from the config alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rlxflow.cli.main import main
from rlxflow.errors import ConfigError, FlowError, InputError
from rlxflow.recipes import find_recipe
from rlxflow.recipes.flux import Flux2Config, FluxConfig
from rlxflow.runtime.checkpoint import open_checkpoint
from rlxflow.runtime.model import Model, load
from rlxflow.weights import write_safetensors

SIZES: dict[str, Any] = {
    "attention_head_dim": 12,
    "num_attention_heads": 2,
    "in_channels": 5,
    "out_channels": 3,
    "patch_size": 2,
    "joint_attention_dim": 7,
    "num_layers": 1,
    "num_single_layers": 1,
}
FLUX = {"_class_name": "FluxTransformer2DModel", "axes_dims_rope": [2, 4, 6], **SIZES}
FLUX |= {"pooled_projection_dim": 11}
FLUX2 = {"_class_name": "Flux2Transformer2DModel", "axes_dims_rope": [2, 4, 2, 4], **SIZES}
FLUX2 |= {"eps": 0.25, "mlp_ratio": 1.5, "timestep_guidance_channels": 6, "rope_theta": 50}
B, T, S = 2, 6, 4


def inputs(axes: int, *, pooled: bool, guidance: bool) -> dict[str, np.ndarray]:
    shapes = {"hidden_states": (B, T, 5), "encoder_hidden_states": (B, S, 7), "timestep": (B,)}
    shapes |= {"img_ids": (T, axes), "txt_ids": (S, axes)}
    shapes |= {"pooled_projections": (B, 11)} if pooled else {}
    shapes |= {"guidance": (B,)} if guidance else {}
    draw = np.random.default_rng(5)
    return {name: draw.uniform(size=shape).astype(np.float32) for name, shape in shapes.items()}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Returns a FLUX.1 without guidance, with random weights in diffusers' file."""
    folder = tmp_path_factory.mktemp("flux")
    (folder / "config.json").write_text(json.dumps(FLUX))
    checkpoint = open_checkpoint(folder, weights=None)
    request = checkpoint.phase_request(seq=T, text_seq=S)
    draw = np.random.default_rng(3)
    weights = {
        spec.name: draw.normal(size=spec.shape, scale=0.3).astype(np.float32)
        for spec in checkpoint.flow(request).describe().weights
    }
    write_safetensors(folder / "diffusion_pytorch_model.safetensors", weights)
    return load(folder)


def changed(name: str, array: object) -> dict[str, Any]:
    given: dict[str, Any] = inputs(3, pooled=True, guidance=False) | {name: array}
    return {key: value for key, value in given.items() if value is not None}


CALLS: dict[str, tuple[str, object, str]] = {
    "no pooled projections": ("pooled_projections", None, "call: .*found no pooled_projections"),
    "guidance that the model has not": (
        "guidance",
        np.ones(B, np.float32),
        "input `guidance`: expected inputs hidden_states",
    ),
    "ids with a batch": (
        "img_ids",
        np.zeros((B, T, 3), np.float32),
        r"input `img_ids`: expected \[t, n\], each at least 1, found \[2, 6, 3\]",
    ),
    "ids of other tokens": (
        "img_ids",
        np.zeros((T + 1, 3), np.float32),
        r"input `img_ids`: expected \[6, 3\]: a row for each token, a column for each axis",
    ),
    "ids of other axes": (
        "txt_ids",
        np.zeros((S, 4), np.float32),
        r"input `txt_ids`: expected \[4, 3\].*found \[4, 4\]",
    ),
    "no ids": ("txt_ids", None, "call: expected txt_ids"),
    "no text": ("encoder_hidden_states", None, "call: expected encoder_hidden_states"),
    "image without tokens": (
        "hidden_states",
        np.zeros((B, 5), np.float32),
        r"input `hidden_states`: expected \[b, t, d\], each at least 1, found \[2, 5\]",
    ),
    "other channels": (
        "hidden_states",
        np.zeros((B, T, 4), np.float32),
        r"input `hidden_states`: expected shape \[2, 6, 5\], found \[2, 6, 4\]",
    ),
    "one time for all rows": (
        "timestep",
        np.zeros(1, np.float32),
        r"input `timestep`: expected shape \[2\], found \[1\]",
    ),
    "whole times": ("timestep", np.zeros(B, np.int64), "`timestep`: expected f32 values, found"),
}


@pytest.mark.parametrize("name", CALLS)
def test_call_refusals(model: Model, name: str) -> None:
    which, array, message = CALLS[name]
    with pytest.raises(InputError, match=message):
        model(**changed(which, array))


def test_result_has_the_channels_of_the_config(model: Model) -> None:
    found = model(**inputs(3, pooled=True, guidance=False))
    assert {name: value.shape for name, value in found.items()} == {"sample": (B, T, 2 * 2 * 3)}
    assert np.isfinite(found["sample"]).all()


def test_other_requests_are_refused(model: Model) -> None:
    with pytest.raises(ConfigError, match="hidden states: expected none of this family"):
        model(**inputs(3, pooled=True, guidance=False), output_hidden_states=True)
    with pytest.raises(ConfigError, match="text_seq: expected at least 1, found 0"):
        model.flow(text_seq=0)
    with pytest.raises(FlowError, match="generate: expected a causal language model"):
        model.generate("a")


@pytest.mark.parametrize(
    ("config", "changes", "message"),
    [
        (FLUX, {"axes_dims_rope": [2, 4, 8]}, "axes_dims_rope must add up to attention_head_dim"),
        (FLUX, {"axes_dims_rope": [3, 3, 6]}, "axes_dims_rope must be even numbers"),
        (FLUX, {"guidance_embed": True}, "`guidance_embed` is unknown.*`guidance_embeds`"),
        (FLUX, {"rope_theta": 50}, "`rope_theta` is unknown"),
        (FLUX2, {"pooled_projection_dim": 8}, "`pooled_projection_dim` is unknown"),
        (FLUX2, {"timestep_guidance_channels": 7}, "multiple of 2"),
        (FLUX2, {"eps": 0.0}, "`eps`: Input should be greater than 0"),
    ],
)
def test_config_refusals(config: dict[str, Any], changes: dict[str, Any], message: str) -> None:
    recipe = find_recipe(config, "config")
    with pytest.raises(ConfigError, match=message):
        recipe.config_class.from_dict(config | changes)


def test_text_tokens_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(FLUX))
    sizes = ["--seq", "9", "--text-seq", "4"]
    assert main(["emit", str(tmp_path), "--no-weights", "--summary", *sizes]) == 0
    assert "f32[1, 4, 24], f32[1, 9, 24] -> f32[1, 13, 24]" in capsys.readouterr().out
    other = {"model_type": "gpt2", "vocab_size": 9, "n_positions": 8, "n_embd": 4}
    (tmp_path / "config.json").write_text(json.dumps(other | {"n_layer": 1, "n_head": 1}))
    assert main(["emit", str(tmp_path), "--no-weights", *sizes]) == 1
    assert "--text-seq: expected a model of two streams" in capsys.readouterr().err


def test_defaults_are_those_of_the_published_models() -> None:
    first, second = FluxConfig.from_dict({}), Flux2Config.from_dict({})
    assert (first.hidden_size, first.num_layers, first.num_single_layers) == (3072, 19, 38)
    assert (second.hidden_size, second.num_layers, second.num_single_layers) == (6144, 8, 48)
    assert first.result_channels == 64
    assert not first.guidance_embeds


def test_flow_from_the_config_alone(tmp_path: Path) -> None:
    """Stages have the names of the file; modulations of FLUX.2 are made once for all layers."""
    (tmp_path / "config.json").write_text(json.dumps(FLUX2))
    flow = open_checkpoint(tmp_path, weights=None)
    built = flow.flow(flow.phase_request()).build()
    lines = [line.split()[0] for line in built.summary().splitlines()]
    assert lines[0] == "time_guidance_embed"
    assert "double_stream_modulation_img" in lines
    assert "transformer_blocks.0/attn" in lines
    assert "single_transformer_blocks.0/branch/attn" in lines
    names = [port.name for port in built.inputs]
    wanted = ["hidden_states", "encoder_hidden_states", "timestep", "img_ids", "txt_ids"]
    assert names == [*wanted, "guidance"]
    assert [port.shape.type.sizes for port in built.inputs[:2]] == [(1, 1024, 5), (1, 512, 7)]
