"""What a fit and a comparison begin with: the source, read, and its customers with roles and features."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from segmentry.features.customers import Customers, prepare_customers
from segmentry.features.role_rules import Role
from segmentry.fitting.settings import FitSettings
from segmentry.fitting.sources import Source, check_succession, read_source
from segmentry.fitting.succeeding import Predecessor


def read_given(source: Any, settings: FitSettings, after: Predecessor | None) -> Source:
    """The source read, as that of the fit before where this follows one. Raises what reading raises."""
    given = read_source(source, settings, None if after is None else after.segmentation)
    if after is not None:
        check_succession(after.segmentation, given)
    return given


def customers_of(
    given: Source, settings: FitSettings, after: Predecessor | None, roles: Mapping[str, Role] | None = None
) -> Customers:
    """The customers with the roles of their columns and the features that these allow; `roles` go before those of the
    settings."""
    wanted = settings.features
    if roles:
        wanted = wanted.model_copy(update={"roles": {**wanted.roles, **roles}})
    with nullcontext() if after is None else after.named(wanted.features):
        return prepare_customers(
            given.table,
            wanted,
            id_column=given.id_column,
            on_duplicate=settings.on_duplicate,
            as_of=given.as_of,
            today=settings.today,
            made=given.made,
        )
