"""Computes additional indicators."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from wit_world.exports.indicators import Dimension, Direction, Period
from wit_world.imports.facts import (
    Batch,
    Column,
    Column_Codes,
    Column_Flags,
    Column_Integers,
    Column_Numbers,
    FactStream,
)

__all__ = [
    "Batch",
    "Column",
    "Column_Codes",
    "Column_Flags",
    "Column_Integers",
    "Column_Numbers",
    "Definition",
    "Dimension",
    "Direction",
    "FactStream",
    "Indicators",
    "Measurement",
    "NO_CODE",
    "NO_INTEGER",
    "Period",
    "batches",
]

NO_CODE = 0xFFFF_FFFF
"""A text that is null, in a column of codes."""
NO_INTEGER = -(2**63)
"""A whole number or a moment that is null."""


@dataclass(frozen=True)
class Definition:
    """One indicator."""

    code: str
    """Code, unique in the plug-in: `closed-in-5-days`."""
    title: Mapping[str, str]
    """Name by language, as in the passport."""
    unit: str
    """Unit of the value: `%`, `days`, `appeals`."""
    direction: Direction
    """Which way is better."""
    columns: Sequence[str]
    """Fact columns that it reads, by name; only these are fetched."""
    decimals: int = 1
    """Decimal places of the value when shown, 0 to 6."""
    dimensions: Sequence[Dimension] = ()
    """Breakdowns that it can give."""


@dataclass
class Measurement:
    """One value, never without what it was made of."""

    value: float | None
    """Value in the definition's unit; none where it is undefined (a zero denominator)."""
    numerator: float
    """Upper part."""
    denominator: float | None = None
    """Lower part; none for a plain count."""
    excluded: int = 0
    """Rows that the definition leaves out."""
    breakdown: Mapping[Dimension, str] = field(default_factory=dict)
    """Which part of the whole. Empty for the whole region."""


class Indicators:
    """Computes indicators over facts in columns."""

    definitions: ClassVar[Sequence[Definition]]
    """The indicators of this plug-in, whatever its settings."""

    def measure(self, indicator: str, period: Period, facts: FactStream) -> Sequence[Measurement]:
        """Measures one indicator over one period. What is raised is a fault: nothing is recorded then."""
        raise NotImplementedError("write `measure`")


def batches(facts: FactStream) -> Iterator[Batch]:
    """The batches of a stream, to its end."""
    while (batch := facts.next()) is not None:
        yield batch
