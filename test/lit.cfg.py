"""Configuration of the golden tests.

`lit test` checks with the Python port of FileCheck, `lit -Dfilecheck=llvm test` with LLVM's own.
`-Dsource=DIR` tests the package `rlxflow` in DIR instead of the one beside this folder.
"""

import shlex
import sys
from pathlib import Path

import lit.formats

root = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(root / "tools"))
from lib.llvm import candidates, find_filecheck, find_rlx_opt, find_tblgen  # noqa: E402

checker = lit_config.params.get("filecheck", "python")
llvm_filecheck = find_filecheck()
if checker not in {"python", "llvm"} or (checker == "llvm" and not llvm_filecheck):
    known = "python or llvm" if llvm_filecheck else "python (LLVM's FileCheck is not installed)"
    lit_config.fatal(f"-Dfilecheck: expected {known}, found {checker}")

config.name = f"rlxflow, {checker} filecheck"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".py", ".test"]
config.excludes = ["unit", "numeric", "goldens", "Inputs", "lit.cfg.py"]
config.test_source_root = str(root / "test")
source = Path(lit_config.params.get("source", root)).resolve()
config.test_exec_root = str(source / "build" / "lit" / checker)
config.environment |= {"PYTHONPATH": str(source), "JAX_PLATFORMS": "cpu"}

# A name stands for a program only as a word: not in `rlxflow/ir`, `rlxflow.cli` or `rlxflow-run`.
word = r"(?<![\w./-]){}(?![\w./-])"
python = shlex.quote(sys.executable)
port = f"{python} -m filecheck --reject-empty-vars %s"
config.substitutions += [
    ("%filecheck", f"{llvm_filecheck} --enable-var-scope %s" if checker == "llvm" else port),
    ("%python", python),
    (word.format("rlxflow-opt"), f"{python} -m rlxflow.cli.opt"),
    (word.format("rlxflow-run"), f"{python} -m rlxflow.cli.run"),
    (word.format("rlxflow"), f"{python} -m rlxflow.cli.main"),
]
rlx_opt, mlir_opt = find_rlx_opt(), next(iter(candidates("mlir-opt")), None)
config.substitutions += [
    (word.format("rlx-opt"), str(rlx_opt)),
    (word.format("mlir-opt"), str(mlir_opt)),
    ("%rlx_plugin", f"{Path(str(rlx_opt)).parent.parent}/lib/RlxPlugin.so"),
]
config.available_features |= {"rlx-opt"} if rlx_opt else set()
config.available_features |= {"rlx-plugin"} if rlx_opt and mlir_opt else set()
config.available_features |= {"llvm-filecheck"} if llvm_filecheck else set()
config.available_features |= {"mlir-tblgen-22"} if find_tblgen() else set()
