"""The commands: each file has a `main` that takes arguments and returns the exit code."""
