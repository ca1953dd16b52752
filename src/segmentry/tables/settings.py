"""How a source is to be read, where the source itself does not say it clearly enough."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from segmentry.errors import SettingsError
from segmentry.tables.dateformats import spelled
from segmentry.tables.numbers import Mark
from segmentry.tables.stated import as_names
from segmentry.tables.table import Reading

_SEPARATORS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}


class ReadingSettings(BaseModel):
    """Options for reading; what is not set is decided over the whole column or file.

    >>> ReadingSettings(separator="tab", date_format="%d-%m-%Y").date_format
    'DD-MM-YYYY'
    >>> ReadingSettings(columns="customer_id, date, amount").columns
    ('customer_id', 'date', 'amount')
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    separator: str | None = None
    encoding: str | None = None
    decimal: Mark | None = None
    decimals: Mapping[str, Mark] = Field(default_factory=dict)
    date_format: str | None = None
    date_formats: Mapping[str, str] = Field(default_factory=dict)
    types: Mapping[str, Literal["number", "date", "text"]] = Field(default_factory=dict)
    missing: tuple[str, ...] = ()
    max_rejected_share: float = Field(default=0.05, ge=0, le=1)
    header: bool | None = None
    columns: tuple[str, ...] = ()  # names for a text file that has none
    sheet: str | None = None
    table: str | None = None
    query: str | None = None

    @field_validator("separator")
    @classmethod
    def _one_character(cls, value: str | None) -> str | None:
        if value is None:
            return None
        character = _SEPARATORS.get(value.lower(), value)
        if len(character.encode()) != 1 or character in '"\r\n\0':
            raise SettingsError(
                "The separator must be one character.",
                found=repr(value),
                remedy='Pass for example --separator ";" or --separator tab.',
            )
        return character

    @field_validator("columns", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return as_names(value, "columns") if isinstance(value, str) else value

    @field_validator("date_format")
    @classmethod
    def _spelled(cls, value: str | None) -> str | None:
        return None if value is None else spelled(value)

    @field_validator("date_formats")
    @classmethod
    def _all_spelled(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        return {column: spelled(form) for column, form in value.items()}

    @model_validator(mode="after")
    def _one_place(self) -> ReadingSettings:
        if self.table is not None and self.query is not None:
            raise SettingsError(
                "A table and a query cannot both be read.",
                found=f"table {self.table!r} and a query",
                remedy="Pass --table or --query.",
            )
        return self

    def decimal_of(self, column: str) -> Mark | None:
        return self.decimals.get(column, self.decimal)

    def date_format_of(self, column: str) -> str | None:
        return self.date_formats.get(column, self.date_format)

    def of_another_file(self) -> ReadingSettings:
        """What holds for a second file as well: separators and headers are each file's own."""
        return ReadingSettings(types=self.types, missing=self.missing, max_rejected_share=self.max_rejected_share)

    def missing_in(self, expected: Reading | None) -> tuple[str, ...]:
        """The words that mean "missing" in a column: those stated here, and those it was read with at fitting."""
        fitted = () if expected is None else expected.missing
        return tuple(dict.fromkeys((*self.missing, *fitted)))
