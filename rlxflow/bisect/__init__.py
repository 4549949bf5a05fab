"""Finds the first stage of a module that two witnesses compute differently."""
