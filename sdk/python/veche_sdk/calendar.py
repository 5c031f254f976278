"""Permission: count working days and hours by the production calendar of the region.

What cannot be counted is a `CalendarFailure`; raised out of a call, its message tells what to load or to correct.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from componentize_py_types import Err
from wit_world.imports import calendar as _host
from wit_world.imports.calendar import (
    CalendarError,
    CalendarError_InvalidDate,
    CalendarError_UnknownBody,
    CalendarError_YearMissing,
    Roll,
    local_date,
    version,
)
from wit_world.imports.types import Date

from ._errors import Failure

__all__ = [
    "CalendarFailure",
    "Date",
    "Roll",
    "add_days",
    "add_working_days",
    "add_working_minutes",
    "end_of_day",
    "is_working_day",
    "local_date",
    "start_of_day",
    "version",
    "working_days_between",
]

P = ParamSpec("P")
R = TypeVar("R")


class CalendarFailure(Failure):
    """A date cannot be counted."""

    def __init__(self, cause: CalendarError) -> None:
        match cause:
            case CalendarError_YearMissing(year):
                super().__init__(f"the calendar has no facts for {year}: load that year")
            case CalendarError_UnknownBody(body):
                super().__init__(f"unknown body {body}: correct the code or add the body to the dictionary")
            case CalendarError_InvalidDate():
                super().__init__("no such date: check the day that was asked for")
        self.cause = cause


def _ask(question: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    try:
        return question(*args, **kwargs)
    except Err as error:
        raise CalendarFailure(error.value) from None


def start_of_day(day: Date) -> int:
    """First moment of a day in the region's time zone."""
    return _ask(_host.start_of_day, day)


def end_of_day(day: Date) -> int:
    """Last second of a day in the region's time zone."""
    return _ask(_host.end_of_day, day)


def is_working_day(day: Date) -> bool:
    """Whether it is a working day (a shortened day is)."""
    return _ask(_host.is_working_day, day)


def add_days(day: Date, days: int, roll: Roll = Roll.STAY) -> Date:
    """`days` calendar days later, then rolled."""
    return _ask(_host.add_days, day, days, roll)


def add_working_days(day: Date, days: int) -> Date:
    """The `days`-th working day after; before, if negative."""
    return _ask(_host.add_working_days, day, days)


def add_working_minutes(body: str | None, start: int, minutes: int) -> int:
    """Working minutes later, by the working time of a body or of the centre."""
    return _ask(_host.add_working_minutes, body, start, minutes)


def working_days_between(start: Date, to: Date) -> int:
    """Working days after `start` up to and with `to`; negative if `to` is earlier."""
    return _ask(_host.working_days_between, start, to)
