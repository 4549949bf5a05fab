"""Compiling and running modules through XLA. Only this package and `kernels` import jax."""
