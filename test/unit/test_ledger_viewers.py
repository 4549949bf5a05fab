"""What other viewers get: Perfetto a trace, Model Explorer a graph, Graphviz a drawing."""

from __future__ import annotations

import gzip
import itertools
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from rlxflow.cli import main as cli
from rlxflow.inspect.build import make_ledger
from rlxflow.inspect.dot import dot
from rlxflow.inspect.explorer import explorer_data, explorer_graphs
from rlxflow.inspect.ledger import Ledger
from rlxflow.inspect.machine import Machine
from rlxflow.inspect.svg import svg
from rlxflow.inspect.trace import STAGES, THREADS, Event, trace, trace_bytes
from rlxflow.runtime import machine as probing

HLO = """HloModule jit_m

%inner (p: f32[64]) -> f32[64] {
  %p = f32[64]{0} parameter(0)
  ROOT %t = f32[64]{0} tanh(%p), metadata={op_name="jit(m)/rlx_module/b/cache/tanh"}
}

ENTRY %main (x: f32[64]) -> f32[64] {
  %x = f32[64]{0} parameter(0)
  %s = f32[64]{0} sine(%x), metadata={op_name="jit(m)/rlx_module/a/up/sine"}
  %c = f32[64]{0} cosine(%s), metadata={op_name="jit(m)/rlx_module/a/down/cosine"}
  %k = f32[64]{0} call(%c), to_apply=%inner, metadata={op_name="jit(m)/rlx_module/b/cache"}
  ROOT %n = f32[64]{0} negate(%k), metadata={op_name="jit(m)/rlx_module/b/out/negate"}
}
"""
EVENTS = [
    Event("thread 1", "s", 10.0, 0.001),
    Event("thread 2", "c", 10.0005, 0.002),
    Event("thread 1", "k", 10.003, 0.004),
    Event("thread 2", "t", 10.004, 0.001),
    Event("thread 1", "n", 10.007, 0.001),
    Event("thread 1", "gone", 10.009, 0.001),
]
MACHINE = Machine("m", 1e9, {"f32": 1e9}, 1e9)


@pytest.fixture
def ledger() -> Ledger:
    return make_ledger(HLO, "model", machine=MACHINE)


def test_a_trace_has_each_run_on_its_thread(ledger: Ledger) -> None:
    events = trace(ledger, EVENTS)["traceEvents"]
    runs = [e for e in events if e["ph"] == "X" and e["pid"] == THREADS]
    assert [(e["name"], e["tid"], e["ts"], e["dur"]) for e in runs[:3]] == [
        ("a/up", 1, 0.0, 1000.0),
        ("a/down", 2, 500.0, 2000.0),
        ("b", 1, 3000.0, 4000.0),
    ]
    assert runs[0]["args"]["instruction"] == "s"
    assert runs[0]["args"]["bytes"] == 512
    assert runs[3]["args"]["path"] == "b/cache/tanh"
    assert runs[5]["name"].startswith("(unattributed")
    names = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["ph"] == "M"}
    assert names[THREADS, 1] == "thread 1"
    assert names[STAGES, 0] == "model: stages"


def test_stages_span_from_their_first_run_to_their_last(ledger: Ledger) -> None:
    events = trace(ledger, EVENTS)["traceEvents"]
    spans = [e for e in events if e["ph"] == "X" and e["pid"] == STAGES]
    outer = [(e["name"], e["ts"], e["dur"]) for e in spans if e["tid"] == 1]
    assert outer == [("a", 0.0, 2500.0), ("b", 3000.0, 5000.0)]
    for track in {e["tid"] for e in spans}:  # spans of a track do not overlap
        line = [(e["ts"], e["ts"] + e["dur"]) for e in spans if e["tid"] == track]
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(line))


def test_a_trace_can_be_packed(ledger: Ledger) -> None:
    packed = trace_bytes(ledger, EVENTS, packed=True)
    assert gzip.decompress(packed) == trace_bytes(ledger, EVENTS, packed=False)
    assert json.loads(gzip.decompress(packed))["traceEvents"]


def test_explorer_nodes_are_instructions_in_their_stages(ledger: Ledger) -> None:
    entry, inner = explorer_graphs(ledger)["graphs"]
    assert (entry["id"], inner["id"]) == ("main", "inner")
    nodes = {node["id"]: node for node in entry["nodes"]}
    assert nodes["c"]["label"] == "cosine"
    assert nodes["c"]["namespace"] == "a/down"
    assert nodes["c"]["incomingEdges"][0]["sourceNodeId"] == "s"
    assert nodes["k"]["subgraphIds"] == ["inner"]
    assert nodes["x"]["outputsMetadata"][0]["attrs"][0]["value"] == "f32[64]"
    for graph in (entry, inner):
        known = {node["id"] for node in graph["nodes"]}
        used = {e["sourceNodeId"] for node in graph["nodes"] for e in node["incomingEdges"]}
        assert used <= known


def test_explorer_data_is_time_by_node(ledger: Ledger) -> None:
    data = explorer_data(ledger)
    assert set(data) == {"main", "inner"}
    assert data["main"]["results"]["n"] == {"value": 0.512}  # 512 bytes at a byte a nanosecond
    assert set(data["main"]["results"]) == {"s", "c", "n"}
    assert [stop["stop"] for stop in data["main"]["gradient"]] == [0, 1]
    plain = explorer_data(make_ledger(HLO))
    assert plain["main"]["results"]["n"] == {"value": 0.512}  # kilobytes


def test_dot_has_stages_and_what_flows(ledger: Ledger) -> None:
    text = dot(ledger, 1)
    assert text.startswith('digraph "model" {\n')
    assert text.count("[label=") == 3
    assert 's0 [label="a\\n' in text
    assert 's0 -> s1 [label="256 B"];' in text
    deeper = dot(ledger, 2)
    assert 'label="a/up\\n' in deeper
    assert deeper.count("->") == 3


def test_the_command_writes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RLXFLOW_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(probing, "_BUDGET_S", 1e-3)
    source = Path(__file__).resolve().parents[1] / "cli" / "run.mlir"
    names = {"--dot": "x.dot", "--explorer": "x.json", "--trace": "t.json.gz", "--html": "x.html"}
    flags = [part for flag, name in names.items() for part in (flag, str(tmp_path / name))]
    assert cli.main(["inspect", str(source), *flags]) == 0
    assert "a call takes" in capsys.readouterr().out
    assert (tmp_path / "x.dot").read_text().startswith("digraph")
    assert json.loads((tmp_path / "x.json").read_text())["graphs"]
    assert json.loads((tmp_path / "x.data.json").read_text())
    assert json.loads(gzip.decompress((tmp_path / "t.json.gz").read_bytes()))["traceEvents"]
    assert (tmp_path / "x.html").read_text().startswith("<!doctype html>")
    hlo = tmp_path / "m.hlo"
    hlo.write_text(HLO)
    assert cli.main(["inspect", str(hlo), "--trace", str(tmp_path / "no.json")]) == 1
    assert "--trace: expected something that can run" in capsys.readouterr().err


@pytest.mark.parametrize("depth", [1, None])
def test_svg_shows_each_stage_below_the_one_around_it(ledger: Ledger, depth: int | None) -> None:
    picture = ElementTree.fromstring(svg(ledger, depth))
    space = "{http://www.w3.org/2000/svg}"
    boxes = {}
    for group in picture.iter(f"{space}g"):
        title, box = group.find(f"{space}title"), group.find(f"{space}rect")
        assert title is not None
        assert title.text
        assert box is not None
        boxes[title.text.partition("\n")[0]] = [float(box.attrib[k]) for k in ("x", "y", "width")]
    rows = {row.path: row for row in ledger.rows(depth)}
    assert boxes.keys() == rows.keys()
    assert sum(w for _, y, w in boxes.values() if y < 30) == pytest.approx(1200, abs=1)
    for path, (left, top, width) in boxes.items():
        outer = path.rpartition("/")[0]
        if outer in boxes:
            x, y, w = boxes[outer]
            assert x - 0.1 <= left
            assert left + width <= x + w + 0.1
            assert top > y
