"""Finds what operations do together, and makes stages of them."""
