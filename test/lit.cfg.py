"""Configuration of the golden tests.

`lit test` checks with the Python port of FileCheck, `lit -Dfilecheck=llvm test` with LLVM's own,
`lit -Dfilecheck=both test` with the two of them.
"""

import sys
from pathlib import Path

root = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(root), str(root / "tools")]
from check_directives import NOT_LIT  # noqa: E402

from rlxflow.testing.lit import configure  # noqa: E402
from rlxflow.testing.programs import candidates, find_rlx_opt  # noqa: E402

configure(
    config,
    lit_config,
    root=__file__,
    name="rlxflow",
    tools={"mlir-opt": next(iter(candidates("mlir-opt")), None)},
    excludes=NOT_LIT,
    python_path=[root],
    exec_root=root / "build" / "lit",
)
plugin = Path(str(find_rlx_opt())).parent.parent / "lib" / "RlxPlugin.so"
config.substitutions += [("%rlx_plugin", str(plugin))]
if {"mlir-opt", "rlx-opt"} <= config.available_features:
    config.available_features.add("rlx-plugin")
