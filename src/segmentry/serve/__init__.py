"""A REST API over a fitted segmentation: places and explains customers, for programs. Never fits."""

from segmentry.serve.api import Api
from segmentry.serve.keys import Keys, parse_keys, read_keys
from segmentry.serve.settings import ServeSettings

__all__ = ["Api", "Keys", "ServeSettings", "parse_keys", "read_keys"]
