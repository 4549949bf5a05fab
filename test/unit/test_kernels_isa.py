"""The instruction set of the kernels: one that is asked for, and those that cannot be had."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys

import pytest

from rlxflow.kernels.library import find_library

ASK = """
import ctypes, sys
library = ctypes.CDLL(sys.argv[1])
library.rlx_kernels_isa.restype = ctypes.c_char_p
message = ctypes.create_string_buffer(400)
wrong = library.rlx_kernels_check(message, ctypes.c_int64(400))
print((message.value if wrong else library.rlx_kernels_isa()).decode())
"""
LOAD = """
from rlxflow.errors import KernelError
from rlxflow.kernels.library import find_library
try:
    find_library()
except KernelError as error:
    print(error)
"""

pytestmark = pytest.mark.kernels


def library_path() -> str:
    library = find_library()
    assert library is not None
    return str(library.path)


def said(isa: str, *program: str) -> str:
    """Returns what a program prints that starts with a set being asked for."""
    environment = {**os.environ, "RLX_KERNELS_ISA": isa}
    run = [sys.executable, "-c", *program]
    return subprocess.run(run, env=environment, capture_output=True, text=True, check=True).stdout


def asked(isa: str) -> str:
    """Returns the set that another process uses when asked for one, or why there is none."""
    return said(isa, ASK, library_path()).strip()


def test_one_that_is_asked_for() -> None:
    assert asked("scalar") == "scalar"
    assert asked("") == asked(asked(""))


def test_one_that_there_is_not() -> None:
    assert asked("avx3").startswith("RLX_KERNELS_ISA=avx3: no such kernels; there are ")
    text = said("avx3", LOAD)
    assert text.startswith(library_path())
    assert "no such kernels" in text


def test_all_that_there_are() -> None:
    sets = asked("none").partition("there are ")[2].split(", ")
    assert sets[-1] == "scalar"
    for isa in sets:
        lacks = f"RLX_KERNELS_ISA={isa}: this CPU lacks it; it runs "
        assert asked(isa) == isa or asked(isa).startswith(lacks)


def instructions() -> dict[str, set[str]]:
    """Returns the mnemonics of the code of each set; what belongs to none is `rest`.

    Those that work on whole registers of AVX-512 are marked, as in `vpdpwssd zmm`.
    """
    command = ["objdump", "-d", "--no-show-raw-insn", library_path()]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found: dict[str, set[str]] = {}
    isa = "rest"
    for line in text.splitlines():
        if header := re.match(r"[0-9a-f]+ <(.*)>:$", line):
            name = re.search(r"3rlx\d+(amx|avx2|avx512(?:vnni|bf16)?|scalar)(?![a-z])", header[1])
            isa = name[1] if name else "rest"
        elif operation := re.match(r" *[0-9a-f]+:\t(\w+)(.*)", line):
            wide = " zmm" if "%zmm" in operation[2] else ""
            found.setdefault(isa, set()).add(operation[1] + wide)
    return found


@pytest.mark.skipif(platform.machine() != "x86_64", reason="names instructions of x86")
@pytest.mark.skipif(shutil.which("objdump") is None, reason="objdump (binutils) is not installed")
def test_sets_use_their_own_instructions() -> None:
    found = instructions()
    zmm = {isa: {op.split()[0] for op in ops if op.endswith("zmm")} for isa, ops in found.items()}
    fused = {"vfmadd231ps", "vfmadd132ps", "vfmadd213ps"}
    amx = {"amx"} & set(found)  # older compilers do not know it
    avx512 = {"avx512", "avx512vnni", "avx512bf16"} | amx
    assert {isa for isa, ops in zmm.items() if ops & fused} == avx512
    assert {isa for isa, ops in zmm.items() if "vpmaddwd" in ops} == {"avx512"}
    assert {isa for isa, ops in zmm.items() if "vpdpwssd" in ops} == {"avx512vnni"} | amx
    assert {isa for isa, ops in zmm.items() if "vdpbf16ps" in ops} == {"avx512bf16"} | amx
    assert {isa for isa, ops in found.items() if "tdpbf16ps" in ops} == amx
    assert {isa for isa, ops in found.items() if "tdpbssd" in ops} == amx
    assert {"vpmaddwd", "vcvtph2ps"} <= found["avx2"]
    # All else runs on any CPU: VEX and EVEX begin with v.
    for isa in ("rest", "scalar"):
        assert not [op for op in found[isa] if op.startswith("v")], isa
