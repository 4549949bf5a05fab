"""Configurations: model families' hyperparameters and compile profiles, validated."""
