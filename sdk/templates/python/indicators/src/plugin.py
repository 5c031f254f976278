"""The share of questions that were closed within some days."""

from veche_sdk import Plugin, setting, settings
from veche_sdk.indicators import (
    Column_Integers,
    Definition,
    Direction,
    FactStream,
    Indicators,
    Measurement,
    Period,
    batches,
)

SECONDS_OF_DAY = 24 * 60 * 60


@settings
class Settings:
    """The administrator's form is made of this class."""

    days: int = setting("За сколько дней. / Within how many days.", default=5, minimum=1)


class {{Type}}(Plugin[Settings], Indicators):
    title = {"ru": "Закрыто в срок", "en": "Closed in time"}
    definitions = [
        Definition(
            code="closed-in-days",
            title={"ru": "Доля закрытых в срок", "en": "Share of closed in time"},
            unit="%",
            direction=Direction.UP,
            columns=["received_at", "closed_at"],
        )
    ]

    def configure(self, settings: Settings) -> None:
        self.seconds = settings.days * SECONDS_OF_DAY

    def measure(self, indicator: str, period: Period, facts: FactStream) -> list[Measurement]:
        closed = rows = 0
        # Facts come in columns, some thousand rows at once, in the order of `columns` above.
        for batch in batches(facts):
            match batch.columns:
                case [Column_Integers(received), Column_Integers(answered)]:
                    rows += batch.rows
                    # Where nothing is, the moment is the smallest number that there is.
                    closed += sum(0 <= to - at <= self.seconds for at, to in zip(received, answered))
                case _:
                    raise TypeError("both columns hold moments")
        return [Measurement(100 * closed / rows if rows else None, closed, rows)]
