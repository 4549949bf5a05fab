"""Models at composite level as portable artifacts, for the oldest StableHLO that has all of it."""

import json
from pathlib import Path

import pytest

from rlxflow.errors import VerifyError
from rlxflow.ir.module import IrModule
from rlxflow.ir.portable import minor_versions, oldest_version
from rlxflow.passes.parse import parse_pipeline
from rlxflow.runtime.model import load

ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle"
COMPOSITE = "0.19.0"
BATCHED_GATHER = "1.1.0"
"""The versions that brought what the models use: composites, gathers with batch dimensions."""

MINILM = {
    "model_type": "bert",
    "vocab_size": 83,
    "hidden_size": 24,
    "num_hidden_layers": 6,
    "num_attention_heads": 3,
    "intermediate_size": 40,
    "hidden_act": "gelu",
    "max_position_embeddings": 32,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
}
LLAMA = {
    "model_type": "llama",
    "vocab_size": 83,
    "hidden_size": 40,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 56,
    "max_position_embeddings": 64,
    "rms_norm_eps": 1e-5,
}


def composites(folder: Path, phase: str, **sizes: int) -> IrModule:
    model = load(folder, weights=None)
    module = model.build(model.flow(phase, 2, **sizes)).lowered("composite")
    parse_pipeline("chlo-legalize-to-stablehlo").run(module)
    return module


def check(module: IrModule, expected: str) -> None:
    """Writes the module for the oldest version that has all of it, and reads it back."""
    text = module.text(debug_info=True)
    assert text.count("stablehlo.composite") > 10
    oldest = oldest_version(module.module)
    assert oldest == expected
    versions = minor_versions()
    before = versions[versions.index(oldest) - 1]
    with pytest.raises(VerifyError, match=f"the oldest version that has all is {oldest}"):
        module.portable(before)
    artifact = module.portable(oldest)
    assert f"StableHLO_v{oldest}".encode() in artifact[:64]
    assert IrModule.parse(artifact).text(debug_info=True) == text
    assert module.text(debug_info=True) == text


@pytest.mark.parametrize(
    ("config", "phase", "sizes", "oldest"),
    [
        (MINILM, "encode", {"seq": 5}, COMPOSITE),
        (LLAMA, "prefill", {"seq": 5, "context": 16}, BATCHED_GATHER),
        (LLAMA, "decode", {"context": 16}, COMPOSITE),
    ],
    ids=["minilm", "llama prefill", "llama decode"],
)
def test_a_model_survives_the_oldest_artifact(tmp_path, config, phase, sizes, oldest):
    (tmp_path / "config.json").write_text(json.dumps(config))
    check(composites(tmp_path, phase, **sizes), oldest)


@pytest.mark.skipif(not ORACLE.is_dir(), reason="no folder of reference files")
@pytest.mark.parametrize(
    ("name", "phase", "sizes", "oldest"),
    [
        ("standin_bert", "encode", {"seq": 7}, COMPOSITE),
        ("tinystory", "prefill", {"seq": 6, "context": 32}, BATCHED_GATHER),
    ],
)
def test_a_checkpoint_of_the_reference_survives_it(name, phase, sizes, oldest):
    check(composites(ORACLE / name, phase, **sizes), oldest)
