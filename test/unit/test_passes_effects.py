"""What `rlxflow-opt --help` shows of each pass, before and after, is what the pass does.

The descriptions leave out what does not matter: `...` stands for anything, items of a list may be
missing, numbers have no type, and only those locations are there that are shown.
"""

import re
from pathlib import Path

import pytest

from rlxflow.cli.opt_help import about_all, about_pass, before_and_after, list_passes
from rlxflow.errors import PassError
from rlxflow.ir.module import IrModule
from rlxflow.passes import PASSES, find
from rlxflow.passes.mlir_pass import KNOWN, MlirPass

INPUTS = Path(__file__).resolve().parents[1] / "passes" / "Inputs" / "effects"
TOKEN = re.compile(r"\.\.\.|%[\w.]+|,|=\d+\b|.", re.DOTALL)
CHECKS_ONLY = {"rlx-verify"}
KERNELS = {"rlx-bind-kernels": pytest.mark.kernels}


def shown(name: str) -> dict[str, str]:
    """Returns what a pass shows as `Before` and `After`."""
    parts = re.split(r"^(Before|After):\n", before_and_after(find(name)), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def pattern(text: str) -> str:
    """Returns the regular expression of what is shown, without blanks.

    A value that is used is the one that was defined last under this name.
    """
    found, names = "", 0
    known: dict[str, str] = {}
    text = re.sub(r"\s", "", text)
    for match in TOKEN.finditer(text):
        token, rest = match[0], text[match.end() :]
        if token == "...":
            found += r".*?"
        elif token.startswith("%"):
            if rest[:1] in ("=", ":") or token not in known:
                known[token], names = f"v{names}", names + 1
                found += rf"(?P<{known[token]}>%[\w.]+)"
            else:
                found += rf"(?P={known[token]})(?![\w.])"
        elif token == ",":
            found += r",(?:[^{}]*?,)?"
        elif token.startswith("=") and token != "=":
            found += re.escape(token) + r"(?::i\d+)?"
        else:
            found += re.escape(token)
    return found


def printed(module: IrModule, wanted: str) -> str:
    """Returns the module without blanks, with those locations only that are wanted."""
    text = module.text(debug_info=True)
    aliases = dict(re.findall(r"^(#loc\d*) = loc\((.*)\)$", text, re.MULTILINE))
    text = re.sub(r"^#loc.*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"loc\((#loc\d*)\)", lambda found: f"loc({aliases[found[1]]})", text)
    text = re.sub(r'loc\(("[\w./]+")\(.*?\)\)', r"loc(\1)", text)  # a name around a line
    names = re.findall(r'loc\("[\w./]+"\)', wanted)
    text = re.sub(r" ?loc\((?:[^()]|\([^()]*\))*\)", lambda f: f[0] * (f[0].strip() in names), text)
    text = re.sub(r"\d\.\d+e[+-]\d+ : f64", lambda f: f"{float(f[0][:-6]):g}", text)
    return re.sub(r"\s", "", text)


def matches(wanted: str, module: IrModule) -> bool:
    return bool(re.search(pattern(wanted), printed(module, wanted), re.DOTALL))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=KERNELS.get(name, ()))
        for name in sorted(PASSES.keys() - CHECKS_ONLY)
    ],
)
def test_a_pass_does_what_its_description_shows(name):
    effect = shown(name)
    assert effect.keys() == {"Before", "After"}
    module = IrModule.parse((INPUTS / f"{name}.mlir").read_text())
    assert matches(effect["Before"], module)
    assert not matches(effect["After"], module)
    find(name)().run(module)
    assert matches(effect["After"], module), printed(module, effect["After"])


@pytest.mark.parametrize("name", sorted(CHECKS_ONLY))
def test_a_pass_that_shows_nothing_changes_nothing(name):
    assert shown(name) == {}
    module = IrModule.parse((INPUTS / f"{name}.mlir").read_text())
    before = module.text(debug_info=True)
    find(name)().run(module)
    assert module.text(debug_info=True) == before


def test_a_stale_description_would_be_found():
    module = IrModule.parse((INPUTS / "rlx-wrap-products.mlir").read_text())
    good = "stablehlo.dot_general %a, %b, contracting_dims = [1] x [1] : ..."
    assert matches(f"^bb0(%a: tensor<4x8xf32>, %b: ...): %0 = {good}", module)
    assert not matches(f"^bb0(%b: tensor<4x8xf32>, %a: ...): %0 = {good}", module)
    assert not matches(good.replace("[1] :", "[0] :"), module)
    assert not matches('%0 = stablehlo.tanh %1 : ... loc("q_proj") "rlx.yield"', module)


def test_the_help_lists_all_passes_with_options_and_effects():
    text = about_all("usage\n")
    for name in PASSES:
        assert f"  --{name}\n" in text
        for part in shown(name).values():
            assert part.strip().splitlines()[0].strip() in text
    assert "      policy=direct\n        what `auto` becomes: direct | fusable | skip\n" in text
    for name in (*PASSES, *KNOWN):
        assert f"  --{name} " in list_passes()


def test_one_pass_in_full():
    text = about_pass("rlx-lower-stage-modes")
    assert text.startswith("--rlx-lower-stage-modes\n    policy=direct\n")
    assert "Out: no `rlx.stage` at any depth.\n" in text
    assert about_pass("cse") == f"--cse\n    {KNOWN['cse']}\n"
    assert "a pass of jaxlib" in about_pass("mem2reg")
    with pytest.raises(PassError, match="unknown pass `cze`; did you mean `cse`"):
        about_pass("cze")


@pytest.mark.parametrize("name", KNOWN)
def test_the_passes_we_name_exist_in_jaxlib(name):
    assert MlirPass(name).title == name
