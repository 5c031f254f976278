"""Which categories a row or a rule is for."""

from dataclasses import dataclass

ONE = 1 << 30
"""How exactly a code names its category: more than any prefix."""


@dataclass(frozen=True)
class Pattern:
    """`*` and nothing is every category, `housing.*` those whose code starts with `housing.`, else one code."""

    text: str

    def fit(self, category: str) -> int | None:
        """How exactly it names the category; none if it does not fit."""
        if self.text == "*":
            return 0
        if self.text.endswith("*"):
            prefix = self.text[:-1]
            return len(prefix) if category.startswith(prefix) else None
        return ONE if self.text == category else None


def parse(text: str) -> Pattern:
    """Reads a pattern; the error says what would be right."""
    pattern = text.strip() or "*"
    prefix = pattern[:-1]
    if pattern == "*" or "*" not in pattern:
        return Pattern(pattern)
    if pattern.endswith(".*") and len(prefix) > 1 and "*" not in prefix:
        return Pattern(pattern)
    raise ValueError(f"category «{pattern}» is no pattern: write a code, a block like `housing.*`, or `*` for all")
