"""The embedded engine, Polars: the only room that imports it."""
