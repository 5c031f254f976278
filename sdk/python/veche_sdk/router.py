"""Says who must act, and by when."""

from collections.abc import Sequence
from dataclasses import dataclass

from wit_world.exports.router import ChosenCategory, Clock, ClockKind, Priority
from wit_world.imports.types import Appeal, Context, Reason

__all__ = ["Assignment", "ChosenCategory", "Clock", "ClockKind", "NeedsPerson", "Priority", "Router"]


@dataclass
class Assignment:
    """Who, how urgent, by when."""

    body: str
    """Body code of the region."""
    priority: Priority = Priority.NORMAL
    """Priority."""
    clocks: Sequence[Clock] = ()
    """Terms, in any order."""
    reasons: Sequence[Reason | str] = ()
    """Why, strongest first."""


@dataclass
class NeedsPerson:
    """A person must decide."""

    question: str
    """The question to ask them."""


class Router:
    """Routes one question of an appeal."""

    def route(self, appeal: Appeal, category: ChosenCategory, context: Context) -> Assignment | NeedsPerson | None:
        """The body that must act with its clocks, a question to a person, or nothing: then the next plug-in is asked.

        What is raised is a fault of this call."""
        raise NotImplementedError("write `route`")
