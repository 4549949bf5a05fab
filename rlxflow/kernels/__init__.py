"""Hand-written kernels: finding their library, binding them to stages, packing weights for them.

Only `ffi.py` imports jax; everything else starts without it.
"""
