"""The report holds the ledger and the texts of its stages, and needs nothing from outside."""

from __future__ import annotations

import base64
import gzip
import json
import re

from rlxflow.inspect.build import make_ledger
from rlxflow.inspect.report import report


def embedded(page: str, name: str) -> str:
    match = re.search(rf'<script type="application/[a-z-]+" id="{name}">(.*?)</script>', page, re.S)
    assert match is not None
    return match[1]


def test_the_page_needs_nothing_else(page: str) -> None:
    assert page.startswith("<!doctype html>")
    assert not re.search(
        r"\b(?:src|href)\s*=|@import|url\(|fetch\(|https?://(?!www\.w3\.org)", page
    )
    assert len(page) < 300_000


def test_data_is_the_ledger(page: str) -> None:
    data = json.loads(embedded(page, "data"))
    paths = [node["path"] for node in data["nodes"]]
    assert len(paths) == len(set(paths))
    at = {name: i for i, name in enumerate(data["names"])}
    tops = [node for node in data["nodes"] if node["p"] < 0]
    whole = data["total"][at["flops"]]
    assert sum(node["v"][at["flops"]] for node in tops) == whole > 0
    for node in data["nodes"]:
        if node["p"] >= 0:
            assert node["path"].rpartition("/")[0] == data["nodes"][node["p"]]["path"]
    assert max(data["memory"]["alive"]) == data["memory"]["alive"][data["memory"]["peak"]]
    assert any(row[0] == "model.layers.2.mlp.up_proj.weight" for row in data["weights"])


def test_texts_are_there_at_every_level(page: str) -> None:
    packed = json.loads(gzip.decompress(base64.b64decode(embedded(page, "texts"))))
    paths = [node["path"] for node in json.loads(embedded(page, "data"))["nodes"]]
    assert set(packed["levels"]) == {"flow", "composite", "stablehlo", "hlo"}
    for pieces in packed["levels"].values():
        shown = [packed["texts"][text] for node, text in pieces if "layers.1/mlp" in paths[node]]
        assert any("dot" in text for text in shown)


def test_names_of_users_cannot_break_out() -> None:
    path = "</script><img src=x onerror=alert(1)>"
    text = f"""HloModule jit_m

ENTRY %main (x: f32[8]) -> f32[8] {{
  %x = f32[8]{{0}} parameter(0)
  ROOT %a = f32[8]{{0}} sine(%x), metadata={{op_name="jit(m)/rlx_module/{path}/b/sine"}}
}}
"""
    made = report(make_ledger(text, "<b>&amp;"))
    assert made.count("</script>") == 3
    assert "<img" not in made
    assert "<h1>&lt;b&gt;&amp;amp;</h1>" in made


def test_a_text_alone_has_a_page() -> None:
    text = """HloModule jit_m

ENTRY %main (x: f32[8]) -> f32[8] {
  %x = f32[8]{0} parameter(0)
  ROOT %a = f32[8]{0} sine(%x)
}
"""
    data = json.loads(embedded(report(make_ledger(text)), "data"))
    assert data["machine"] is None
    assert data["total"][data["names"].index("transcendentals")] == 8
