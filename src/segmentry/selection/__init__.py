"""Tries each k and method on the sample, keeps every candidate, says why one won."""

from segmentry.selection.search import Search, SelectionSettings, search_segments

__all__ = ["Search", "SelectionSettings", "search_segments"]
