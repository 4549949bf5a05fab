"""For projects that test a compiler with lit: settings of a suite, and a linter of check lines."""
