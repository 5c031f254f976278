"""Turns appeals or indicators into a file of the form that somebody asks for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wit_world.exports.exporter import Request, Subject
from wit_world.imports import streams
from wit_world.imports.streams import Cell, Cell_Flag, Cell_Integer, Cell_Moment, Cell_Null, Cell_Number, Cell_Text, Column

from ._errors import Stopped

__all__ = [
    "Cell",
    "Cell_Flag",
    "Cell_Integer",
    "Cell_Moment",
    "Cell_Null",
    "Cell_Number",
    "Cell_Text",
    "Column",
    "Exporter",
    "Format",
    "Output",
    "Request",
    "Rows",
    "Subject",
    "Summary",
]

_PIECE = 1 << 20


@dataclass(frozen=True)
class Format:
    """One format."""

    id: str
    """Id, unique in the plug-in: `csv-excel-ru`."""
    title: Mapping[str, str]
    """Title by language."""
    media_type: str
    """Media type of the file: `text/csv; charset=utf-8`."""
    extension: str
    """File name extension without the dot."""
    subject: Subject
    """What it exports."""
    columns: Sequence[str] = ()
    """Columns that it wants; empty for all."""


@dataclass
class Summary:
    """What was written."""

    rows: int
    """Rows read."""
    skipped: int = 0
    """Rows that the format cannot carry, left out."""
    notes: Sequence[str] = ()
    """Remarks for the person who asked."""


class Rows:
    """Rows to export, read once."""

    def __init__(self, rows: streams.Rows) -> None:
        self._rows = rows
        self.columns = rows.columns()
        """The columns, in the order of the cells."""

    def __iter__(self) -> Iterator[list[Cell]]:
        while (some := self._rows.next()) is not None:
            yield from some


class Output:
    """Where the file goes."""

    def __init__(self, sink: streams.Sink) -> None:
        self._sink = sink

    def write(self, piece: bytes | str) -> None:
        """Writes bytes, or a text in UTF-8, in pieces of the size that the host takes."""
        data = piece.encode() if isinstance(piece, str) else piece
        for at in range(0, len(data), _PIECE):
            try:
                self._sink.write(data[at : at + _PIECE])
            except Exception as error:
                raise Stopped(str(getattr(error, "value", error))) from None


class Exporter:
    """Writes files."""

    def formats(self) -> Sequence[Format]:
        """The formats of this plug-in as it is configured."""
        raise NotImplementedError("write `formats`")

    def export(self, format: str, request: Request, rows: Rows, output: Output) -> Summary:
        """Writes one file. It reads the rows to their end: the host takes anything less for half a file.

        What is raised is a fault: what was written is thrown away then."""
        raise NotImplementedError("write `export`")
