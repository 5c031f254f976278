"""Says what an appeal is about."""

from collections.abc import Sequence
from dataclasses import dataclass

from wit_world.imports.types import Appeal, Context, Reason

__all__ = ["Candidate", "Categorizer"]


@dataclass
class Candidate:
    """One category that may fit."""

    category: str
    """Category code of the region, in force when the appeal was received."""
    confidence: float
    """0 to 1; the host compares it with the block's threshold."""
    reasons: Sequence[Reason | str] = ()
    """Why, strongest first."""


class Categorizer:
    """Ranks categories for one question of an appeal."""

    def categorize(self, appeal: Appeal, context: Context) -> Sequence[Candidate] | None:
        """Candidates best first, at most 16. None of them is no opinion: the next plug-in in the chain is asked.

        What is raised is a fault of this call."""
        raise NotImplementedError("write `categorize`")
