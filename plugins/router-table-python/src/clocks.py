"""Terms of an appeal: which rule, and when it ends."""

from collections.abc import Sequence
from dataclasses import dataclass

import pattern
from pattern import Pattern
from terms import ClockRule, Counting, Kind, Rolling, Start, Unit
from veche_sdk import Appeal, SettingsError, calendar
from veche_sdk.calendar import Date, Roll
from veche_sdk.router import Clock, ClockKind

MINUTES_OF_HOUR = 60
SECONDS_OF_HOUR = 3600

KINDS = {kind: ClockKind[kind.name] for kind in Kind}
ROLLS = {roll: Roll[roll.name] for roll in Rolling}

Fit = tuple[int, bool, bool]
"""How exactly a rule names an appeal: category before regime before channel."""


@dataclass(frozen=True)
class Rule:
    """A rule with its conditions read."""

    category: Pattern
    regime: str | None
    channel: str | None
    rule: ClockRule

    def fit(self, appeal: Appeal, category: str) -> Fit | None:
        exact = self.category.fit(category)
        if exact is None or self.regime not in (None, appeal.regime) or self.channel not in (None, appeal.channel):
            return None
        return exact, self.regime is not None, self.channel is not None

    @property
    def conditions(self) -> tuple[Kind, Pattern, str | None, str | None]:
        return self.rule.kind, self.category, self.regime, self.channel


class Clocks:
    """Rules, the most specific of which sets each term."""

    def __init__(self, rules: Sequence[ClockRule], start: Start) -> None:
        self._start = start
        self._rules: list[Rule] = []
        for index, rule in enumerate(rules):
            self._add(f"/clocks/{index}", rule)

    def _add(self, at: str, rule: ClockRule) -> None:
        if not rule.basis.strip():
            raise SettingsError(f"{at}/basis", "no basis: name the act or the rule that sets the term")
        try:
            category = pattern.parse(rule.category or "")
        except ValueError as error:
            raise SettingsError(f"{at}/category", str(error)) from None
        read = Rule(category, _condition(rule.regime), _condition(rule.channel), rule)
        for same, known in enumerate(self._rules):
            if known.conditions == read.conditions:
                raise SettingsError(at, f"rule {same} (from 0) has the same kind and conditions: keep one of them")
        self._rules.append(read)

    def of(self, appeal: Appeal, category: str, body: str) -> list[Clock]:
        """The terms of an appeal that this body answers."""
        chosen: dict[Kind, tuple[Fit, ClockRule]] = {}
        for rule in self._rules:
            fit = rule.fit(appeal, category)
            best = chosen.get(rule.rule.kind)
            if fit is not None and (best is None or fit > best[0]):
                chosen[rule.rule.kind] = fit, rule.rule
        first = self._first_day(appeal.received_at)
        rules = [chosen[kind][1] for kind in Kind if kind in chosen]
        return [Clock(KINDS[rule.kind], _due(rule, appeal.received_at, first, body), rule.basis) for rule in rules]

    def _first_day(self, received: int) -> Date:
        day = calendar.local_date(received)
        return day if self._start is Start.RECEIVED else calendar.add_days(day, 0, Roll.FORWARD)


def _condition(text: str | None) -> str | None:
    """Forms send an empty text for a field that was left out."""
    condition = (text or "").strip()
    return None if condition in ("", "*") else condition


def _due(rule: ClockRule, received: int, first: Date, body: str) -> int:
    """The last moment that is still in time."""
    inclusive = rule.counting is Counting.INCLUSIVE
    match rule.unit:
        case Unit.HOURS:
            return received + rule.amount * SECONDS_OF_HOUR
        case Unit.WORKING_HOURS:
            return calendar.add_working_minutes(body, received, rule.amount * MINUTES_OF_HOUR)
        case Unit.WORKING_DAYS:
            # The first day can only be day 1 if it is a working day.
            counted = inclusive and calendar.is_working_day(first)
            return calendar.end_of_day(calendar.add_working_days(first, rule.amount - counted))
        case Unit.CALENDAR_DAYS:
            days = rule.amount - inclusive
            due = calendar.end_of_day(calendar.add_days(first, days, ROLLS[rule.roll]))
            # Rolled back over a long holiday, a short term would end before the appeal came.
            return due if due >= received else calendar.end_of_day(calendar.add_days(first, days, Roll.FORWARD))
