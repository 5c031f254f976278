"""What every plug-in is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar, get_args, get_origin

S = TypeVar("S")


@dataclass(frozen=True)
class Dataset:
    """A dataset that a plug-in wants; made by `table`, `polygons` or `blob`."""

    name: str
    shape: str
    columns: tuple[str, ...] = ()
    required: bool = False
    description: Mapping[str, str] = field(default_factory=dict)


def table(name: str, columns: Sequence[str], *, required: bool = False, description: Mapping[str, str] = {}) -> Dataset:
    """A table that has these columns, in any order. Without a required one the plug-in cannot be configured."""
    return Dataset(name, "table", tuple(columns), required, description)


def polygons(name: str, *, required: bool = False, description: Mapping[str, str] = {}) -> Dataset:
    """Polygons with keys."""
    return Dataset(name, "polygons", (), required, description)


def blob(name: str, *, required: bool = False, description: Mapping[str, str] = {}) -> Dataset:
    """Bytes."""
    return Dataset(name, "blob", (), required, description)


class Plugin(Generic[S]):
    """What every plug-in is: a title, settings, and what is made of them.

    The type in brackets is a class under `@settings`: the form of the settings is made from it. `Plugin[None]` has none.
    """

    title: ClassVar[Mapping[str, str]]
    """Title by language."""
    summary: ClassVar[Mapping[str, str]] = {}
    """One paragraph by language."""
    datasets: ClassVar[Sequence[Dataset]] = ()
    """Datasets that it reads."""

    def configure(self, settings: S) -> None:
        """Sets the plug-in up. Runs once for each binding; every call starts from a snapshot of what it leaves, so tables
        belong here and not into a call. Raise `SettingsError` for settings or data that cannot be used."""


def settings_of(plugin: type[Plugin[Any]]) -> type | None:
    """The settings class of a plug-in; none if it has no settings."""
    for base in plugin.__mro__:
        for generic in base.__dict__.get("__orig_bases__", ()):
            if get_origin(generic) is Plugin:
                (found,) = get_args(generic)
                return None if found is type(None) or isinstance(found, TypeVar) else found
    return None
