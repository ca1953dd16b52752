"""A result -> one page to send to someone, and the folder of everything that a fit writes."""

from __future__ import annotations

from segmentry.reports.page import RunFacts, report

__all__ = ["RunFacts", "report"]
