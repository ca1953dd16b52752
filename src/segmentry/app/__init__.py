"""The dashboard: a fitted segmentation for marketers, in a browser, on this machine alone.

Pages are made on the server of the parts that reports are made of; a short script replaces what changes. Nothing comes
from the network. The only room that knows the web framework; what pages show is computed by the rooms below.
"""

from segmentry.app.site import make_site

__all__ = ["make_site"]
