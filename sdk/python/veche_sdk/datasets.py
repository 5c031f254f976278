"""Permission: read the datasets that the administrator bound.

What cannot be read is a `DatasetFailure`; raised out of `configure` or a call, its message tells what to bind.
"""

from collections.abc import Callable, Sequence
from typing import ParamSpec, TypeVar

from componentize_py_types import Err
from wit_world.imports import datasets as _host
from wit_world.imports.datasets import DatasetError, DatasetError_NotBound
from wit_world.imports.types import Point

from ._errors import Failure

__all__ = ["DatasetFailure", "Point", "columns", "get", "locate", "read", "read_all", "scan", "table"]

P = ParamSpec("P")
R = TypeVar("R")

_ROWS = 4_096
_BYTES = 1 << 20


class DatasetFailure(Failure):
    """A dataset cannot be read."""


def _text(cause: DatasetError) -> str:
    if isinstance(cause, DatasetError_NotBound):
        return f"dataset {cause.value} is not bound: choose a version of it in the binding"
    return f"dataset {cause.value} has another shape than the plug-in describes: bind one of that shape"


def _ask(question: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    try:
        return question(*args, **kwargs)
    except Err as error:
        raise DatasetFailure(_text(error.value)) from None


def columns(dataset: str) -> list[str]:
    """Column names of a table; the first is the key."""
    return _ask(_host.columns, dataset)


def get(dataset: str, key: str) -> list[list[str]]:
    """The rows of a table with this key, in file order; texts in the order of `columns`."""
    return _ask(_host.get, dataset, key)


def scan(dataset: str, offset: int, limit: int) -> list[list[str]]:
    """Rows of a table in file order, from `offset`, at most `limit`."""
    return _ask(_host.scan, dataset, offset, limit)


def locate(dataset: str, at: Point) -> list[str]:
    """Keys of the polygons that hold the point, in file order."""
    return _ask(_host.locate, dataset, at)


def read(dataset: str, offset: int, length: int) -> bytes:
    """Bytes of a blob from `offset`, at most `length`."""
    return _ask(_host.read, dataset, offset, length)


def table(dataset: str, wanted: Sequence[str]) -> list[list[str]]:
    """All rows of a table, with these columns in this order."""
    present = columns(dataset)
    for column in wanted:
        if column not in present:
            raise DatasetFailure(f"dataset {dataset} has no column {column}, only {', '.join(present)}: add the column")
    places = [present.index(column) for column in wanted]
    rows: list[list[str]] = []
    while some := scan(dataset, len(rows), _ROWS):
        rows.extend([row[place] for place in places] for row in some)
    return rows


def read_all(dataset: str) -> bytes:
    """All bytes of a blob."""
    pieces, length = [], 0
    while piece := read(dataset, length, _BYTES):
        pieces.append(piece)
        length += len(piece)
    return b"".join(pieces)
