"""Configuration of the tests: run `lit tests`, or `lit -Dfilecheck=llvm tests`."""

from rlxflow.testing.lit import configure

configure(
    config,
    lit_config,
    root=__file__,
    name="my compiler",
    tools={"my-opt": "../build/bin/my-opt"},
)
