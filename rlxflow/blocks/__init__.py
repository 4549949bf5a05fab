"""Blocks: frozen dataclasses of numbers and weight names, each with an `emit`."""
