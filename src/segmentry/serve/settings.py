"""What a server can be told; every limit has a number, and none is endless."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict, Field


class ServeSettings(BaseModel):
    """Limits of one worker.

    >>> ServeSettings(model="segmentation.seg", max_customers=100).max_customers
    100
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    as_of: date | None = None  # that ages and tenures count to; none is the day of the fit
    max_customers: int = Field(default=10_000, ge=1)  # in one request
    max_body: int = Field(default=8 * 1024 * 1024, ge=1024)  # bytes
    max_bodies: int = Field(default=64 * 1024 * 1024, ge=1024)  # bytes of all bodies that are held at a time
    body_seconds: float = Field(default=10.0, gt=0)  # for a body, and for headers, to arrive
    max_waiting: int = Field(default=400, ge=1)  # requests that are read or wait their turn; others get 503
    max_connections: int = Field(default=4096, ge=1)
    requests_per_minute: int = Field(default=600_000, ge=1)  # by key, in each worker
    customers_per_minute: int = Field(default=12_000_000, ge=1)  # by key, in each worker
    drain_seconds: float = Field(default=1.0, ge=0)  # between "not ready" and the end of listening
    needs_key: bool = True
    key_file: str | None = None
    hosts: tuple[str, ...] = ()  # names that a request may call the server by; empty takes any
    workers: int = Field(default=1, ge=1)
