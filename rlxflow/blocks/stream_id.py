"""Usual names of streams; any other will do."""

MAIN = "main"
IMG = "img"
TXT = "txt"
