"""segmentry: from a raw customer file to segments that a marketer can understand, trust, act on and keep using."""

__version__ = "0.1.0"
