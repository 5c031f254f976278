"""Makes what the contract wants of what an author writes. What `veche_build` makes calls this; authors do not."""

import builtins
import gc
import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from importlib.machinery import ModuleSpec
from typing import Any, NoReturn, TypeVar

# What the standard library imports only when it needs it: there are no files then.
import _strptime  # type: ignore[import-not-found]  # noqa: F401
import encodings.idna  # noqa: F401
import unicodedata  # noqa: F401

from componentize_py_types import Err
from wit_world.exports import plugin as contract
from wit_world.imports import log, types

from . import _settings
from ._errors import Failure, SettingsError, places, say
from ._plugin import Plugin, settings_of

T = TypeVar("T")

_FRAMES = 16
"""Functions of a stack that are logged, the innermost ones."""

_state: Any = None
_closed = False


class _Missing:
    """Answers an import that comes too late: without it the component would end in a trap that says nothing."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        raise ModuleNotFoundError(
            f"{name} is not in the component: import it at the top of a file of the plug-in", name=name
        )


def _no_files(*_: Any, **__: Any) -> NoReturn:
    raise OSError("a plug-in has no files: read a dataset, or put the data into a module")


def _no_clock(*_: Any, **__: Any) -> NoReturn:
    raise RuntimeError("a plug-in has no clock: take `context.now`, the moment when the appeal was received")


_CLOCKS = ["time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "sleep"]


def _close() -> None:
    """From the first call on there is nothing outside."""
    global _closed
    if not _closed:
        _closed = True
        sys.meta_path.append(_Missing)
        sys.path.clear()
        sys.path_hooks.clear()
        sys.path_importer_cache.clear()
        setattr(builtins, "open", _no_files)
        for clock in _CLOCKS:
            setattr(time, clock, _no_clock)


def _report(call: str, error: BaseException) -> str:
    """Writes an exception with its stack to the plug-in's log; what it says, and where."""
    stack = places(error.__traceback__)
    log.write(log.Level.ERROR, "\n".join([f"{call}: {say(error)}", *(f"    at {place}" for place in stack[:_FRAMES])]))
    return f"{say(error)} (at {stack[0]})" if stack else say(error)


def call(name: str, work: Callable[[], T]) -> T:
    """Runs a call; an exception becomes the plug-in's failure."""
    try:
        return work()
    except BaseException as error:
        where = _report(name, error)
        raise Err(types.Failure(str(error) if isinstance(error, Failure) else where)) from None


def state() -> Any:
    """The configured plug-in."""
    if _state is None:
        raise Failure("not configured: call `configure` before any other function")
    return _state


def localized(texts: Mapping[str, str]) -> list[types.Localized]:
    return [types.Localized(language, text) for language, text in texts.items()]


def reasons(given: Iterable[types.Reason | str]) -> list[types.Reason]:
    return [types.Reason(one, []) if isinstance(one, str) else types.Reason(one.message, list(one.evidence)) for one in given]


def checked(kind: type[T], value: Any, what: str) -> T:
    """A value of the answer; a wrong one is named, where the border would only trap."""
    if kind is float and type(value) is int:
        value = float(value)
    if not isinstance(value, kind):
        raise TypeError(f"the {what} is a {type(value).__name__}: it must be a {kind.__name__}")
    return value


def plugin(author: type[Plugin[Any]]) -> type:
    """The interface `plugin` of an author's class."""
    settings = settings_of(author)
    if not getattr(author, "title", None):
        raise TypeError(f'{author.__name__} has no title: write `title = {{"ru": "…", "en": "…"}}`')
    description = contract.Description(
        title=localized(author.title),
        summary=localized(author.summary),
        settings_schema=json.dumps(_settings.schema(settings), ensure_ascii=False),
        datasets=[
            contract.DatasetNeed(
                name=one.name,
                shape=contract.DatasetShape[one.shape.upper()],
                columns=list(one.columns),
                required=one.required,
                description=localized(one.description),
            )
            for one in author.datasets
        ],
    )

    class Exported:
        def describe(self) -> contract.Description:
            _close()
            return description

        def configure(self, settings_json: str) -> None:
            global _state
            _close()
            try:
                given = json.loads(settings_json)
                made = author()
                made.configure(None if settings is None else _settings.read(settings, given))
                _state = made
            except SettingsError as error:
                raise Err(contract.SettingsError(error.field, error.message)) from None
            except Failure as error:
                raise Err(contract.SettingsError(None, str(error))) from None
            except BaseException as error:
                raise Err(contract.SettingsError(None, _report("configure", error))) from None
            # Calls start from a copy of this memory: what is here stays, and need not be looked through again.
            gc.collect()
            gc.freeze()

    return Exported
