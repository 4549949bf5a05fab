"""Flows: immutable chains of stages, their checks, and what they build."""
