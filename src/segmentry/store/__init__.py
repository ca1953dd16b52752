"""A Segmentation <-> a file that is looked at before it is opened."""

from segmentry.store.file import dump, load, parse, read_bytes, save

__all__ = ["dump", "load", "parse", "read_bytes", "save"]
