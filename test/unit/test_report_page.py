"""What readers do with the report, in Chromium: click, zoom, search, sort, follow a link."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from rlxflow.inspect.build import make_ledger
from rlxflow.inspect.report import report

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium on the PATH")


def visit(page: str, steps: str, folder: Path, *flags: str) -> Any:
    """Runs steps in the page, in a browser, and returns what they `return`."""
    harness = f"""<script>
addEventListener("error", (event) => document.body.dataset.error = event.message);
(async () => {{
  const $$ = (query) => [...document.querySelectorAll(query)];
  const press = (key) => document.activeElement.dispatchEvent(
    new KeyboardEvent("keydown", {{ key, bubbles: true }}));
  const until = async (test) => {{
    for (let i = 0; i < 200 && !test(); i++) await new Promise((done) => setTimeout(done, 20));
  }};
  try {{
    document.body.dataset.result = JSON.stringify(await (async () => {{ {steps} }})());
  }} catch (error) {{ document.body.dataset.error = String(error); }}
}})();
</script></body>"""
    file = folder / "page.html"
    file.write_text(page.replace("</body>", harness))
    command = [BROWSER or "", "--headless=new", "--no-sandbox", "--disable-gpu"]
    command += [f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=8000", *flags]
    done = subprocess.run(
        [*command, "--dump-dom", file.as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    body = re.search(r"<body([^>]*)>", done.stdout)
    assert body is not None
    assert "data-error" not in body[1], html.unescape(body[1])
    result = re.search(r'data-result="([^"]*)"', body[1])
    assert result is not None, "the steps did not end"
    return json.loads(html.unescape(result[1]))


@needs_browser
def test_the_slowest_stage_is_one_click_away(page: str, tmp_path: Path) -> None:
    seen = visit(
        page,
        """
        const first = $$("#dearest button")[0];
        const name = first.querySelector(".name").textContent;
        first.click();
        await until(() => $$("#detail pre").length === 4);
        return { name, title: $("selected-title").textContent,
          ready: document.documentElement.dataset.ready,
          number: first.querySelector(".number").textContent,
          levels: $$("#detail h3").map((e) => e.textContent.split(":")[0]),
          texts: $$("#detail pre").map((e) => e.textContent),
          marked: $$("#table tr[aria-selected=true]").length, points: $$("#roof circle.on").length,
          hash: location.hash };
        """,
        tmp_path,
    )
    assert seen["title"] == seen["name"]
    assert re.fullmatch(r"[\d.]+ [num]?s +[\d.]+ %", seen["number"])
    assert seen["levels"] == ["Flow", "Composite", "StableHLO", "Optimised HLO"]
    assert '"rlx.stage"(' in seen["texts"][0]
    assert "stablehlo.composite" in seen["texts"][1]
    assert "stablehlo." in seen["texts"][2]
    assert "f32[" in seen["texts"][3]
    assert (seen["marked"], seen["points"]) == (1, 1)
    assert seen["hash"]
    assert int(seen["ready"]) < 5000  # a shared machine; about a fifth of it alone


@needs_browser
def test_the_picture_zooms_by_mouse_and_keys(page: str, tmp_path: Path) -> None:
    seen = visit(
        page,
        """
        const cells = () => $$("#icicle .cell").map((e) => e.title.split(":")[0]);
        const labels = () => $$("#crumbs button").map((e) => e.textContent);
        const all = cells();
        const layer = $$("#icicle .cell").find((e) => e.title.startsWith("layers.1:"));
        const narrow = layer.offsetWidth;
        layer.click();
        const zoomed = cells(), crumbs = labels(), wide = document.activeElement.offsetWidth;
        press("ArrowDown");
        const child = document.activeElement.title;
        press("ArrowRight");
        const next = document.activeElement.title;
        press("ArrowUp");
        const parent = document.activeElement.title;
        press("Escape");
        return { all, zoomed, crumbs, narrow, wide, child, next, parent, out: cells(),
          roles: $$("#icicle [role=treeitem]").length };
        """,
        tmp_path,
    )
    assert {"layers.0", "layers.1", "layers.2", "layers.1/attention"} <= set(seen["all"])
    assert seen["zoomed"][0] == "layers.1"
    assert all(path.startswith("layers.1") for path in seen["zoomed"])
    assert seen["crumbs"] == ["llama", "layers.1"]
    assert seen["wide"] > 2 * seen["narrow"]
    assert seen["child"].startswith("layers.1/")
    assert seen["next"].startswith("layers.1/")
    assert seen["next"] != seen["child"]
    assert seen["parent"].startswith("layers.1:")
    assert seen["out"] == seen["all"]
    assert seen["roles"] == len(seen["all"])


@needs_browser
def test_the_table_searches_and_sorts(page: str, tmp_path: Path) -> None:
    seen = visit(
        page,
        """
        const names = () => $$("#table tbody tr").map((e) => e.children[0].textContent);
        const before = names();
        $("search").value = "ATTENTION_norm";
        $("search").dispatchEvent(new Event("input"));
        const found = names(), hits = $("hits").textContent, dimmed = $$("#icicle .off").length;
        $("search").value = "";
        $("search").dispatchEvent(new Event("input"));
        const column = $$("#table th").findIndex((e) => e.textContent === "weights");
        const sort = () => $$("#table th button")[column].click();
        const order = () => $$("#table th")[column].getAttribute("aria-sort");
        sort(); const down = [order(), ...names()];
        sort(); const up = [order(), ...names()];
        sort(); const back = names();
        $("depth").value = "top"; $("depth").dispatchEvent(new Event("change"));
        return { before, found, hits, dimmed, down, up, back, top: names() };
        """,
        tmp_path,
    )
    assert seen["found"] == ["attention_norm"] * 3
    assert seen["hits"] == "3 found"
    assert seen["dimmed"] > 0
    assert seen["down"][:2] == ["descending", "layers.0"]
    assert seen["up"][0] == "ascending"
    assert seen["up"][-1] in {"layers.0", "layers.1", "layers.2"}
    assert seen["back"] == seen["before"]
    assert "layers.0" in seen["top"]
    assert "attention" not in seen["top"]


@needs_browser
@pytest.mark.parametrize("width", [360, 1400])
def test_nothing_overlaps_at_any_width(page: str, width: int, tmp_path: Path) -> None:
    seen = visit(
        page,
        """
        $$("#dearest button")[0].click();
        await until(() => $$("#detail pre").length === 4);
        const crossing = (query) => {
          const boxes = $$(query).map((e) => e.getBoundingClientRect());
          const within = (a, b, from, to) => a[from] < b[to] - 1 && b[from] < a[to] - 1;
          return boxes.some((a, i) => boxes.slice(i + 1).some(
            (b) => within(a, b, "left", "right") && within(a, b, "top", "bottom")));
        };
        return { sections: crossing("main > section"), cells: crossing("#icicle .cell"),
          wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
          empty: $$("#totals dd").filter((e) => !e.textContent).length };
        """,
        tmp_path,
        f"--window-size={width},900",
    )
    assert seen == {"sections": False, "cells": False, "wide": 0, "empty": 0}


@needs_browser
def test_light_and_dark_differ_and_switch(page: str, tmp_path: Path) -> None:
    steps = """
    const ink = () => getComputedStyle(document.body).color;
    const before = ink();
    $("theme").click();
    return [before, ink()];
    """
    seen = visit(page, steps, tmp_path)
    assert seen[0] != seen[1]


@needs_browser
def test_a_text_without_stages_or_machine_is_shown(tmp_path: Path) -> None:
    text = """HloModule jit_m

ENTRY %main (x: f32[8]) -> f32[8] {
  %x = f32[8]{0} parameter(0)
  ROOT %a = f32[8]{0} sine(%x)
}
"""
    steps = """
    return { width: $("width").value, rows: $$("#table tbody tr").length,
      roof: $("roof").textContent, memory: $("memory").textContent,
      cells: $$("#icicle .cell").map((e) => e.textContent) };
    """
    seen = visit(report(make_ledger(text, "plain")), steps, tmp_path)
    assert seen["width"] == "bytes"
    assert seen["rows"] == 2  # arguments, and what has no name
    assert "No machine" in seen["roof"]
    assert "No temporaries" in seen["memory"]
    assert seen["cells"][0] == "plain"


@needs_browser
def test_a_link_leads_to_a_stage(page: str, tmp_path: Path) -> None:
    page = page.replace("const linked", 'location.hash = "#layers.2%2Fmlp";\nconst linked')
    steps = """
    await until(() => $$("#detail pre").length === 4);
    return $("selected-title").textContent;
    """
    assert visit(page, steps, tmp_path) == "layers.2/mlp"
