"""Settings as the administrator gives them, with defaults for Russia."""

from enum import StrEnum

from veche_sdk import setting, settings


class Kind(StrEnum):
    """Which term."""

    REGISTRATION = "registration"
    FORWARDING = "forwarding"
    FIRST_REACTION = "first_reaction"
    ANSWER = "answer"
    EXTENSION = "extension"


class Unit(StrEnum):
    """Unit of a term. Days end with the day, in the region's time zone."""

    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"
    WORKING_HOURS = "working_hours"
    HOURS = "hours"


class Counting(StrEnum):
    """Whether the first day is counted."""

    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"


class Rolling(StrEnum):
    """Where a term goes that ends on a day off."""

    STAY = "stay"
    BACK = "back"
    FORWARD = "forward"


class Start(StrEnum):
    """The day that a term runs from."""

    RECEIVED = "received"
    NEXT_WORKING_DAY = "next_working_day"


class Urgency(StrEnum):
    """How urgent it is."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


@settings
class ClockRule:
    """One term. What is empty fits anything."""

    kind: Kind = setting("Вид срока. / Which term.")
    regime: str | None = setting(
        "Правовой режим (`59fz`, `pos`, `social`, …); пусто — любой. / Legal regime; any if empty.", default=None
    )
    channel: str | None = setting("Канал; пусто — любой. / Channel; any if empty.", default=None)
    category: str | None = setting(
        "Категория или `блок.*`; пусто — любая. / Category or `block.*`; any if empty.", default=None
    )
    amount: int = setting("Сколько единиц. / How many units.", minimum=1, maximum=10_000)
    unit: Unit = setting("Единица. / Unit.")
    counting: Counting = setting(
        "Входит ли первый день в срок. / Whether the first day is counted.", default=Counting.EXCLUSIVE
    )
    roll: Rolling = setting(
        "Куда переносится срок в календарных днях, если он кончается в нерабочий день. / Where a term in calendar days "
        "goes that ends on a day off.",
        default=Rolling.STAY,
    )
    basis: str = setting(
        "Основание, как его увидит оператор: «59-ФЗ ст. 12 ч. 1, 30 дней». / Basis, for the operator.",
        min_length=1,
        max_length=300,
    )


@settings
class PriorityRule:
    """Priority of a category."""

    category: str = setting("Категория или `блок.*`. / Category or `block.*`.", min_length=1)
    priority: Urgency = setting("Срочность. / Priority.")


def in_russia() -> list[ClockRule]:
    """What holds in Russia unless a region sets its own terms. The terms of the POS and of social networks are set by each
    region; these are common ones."""

    def days(regime: str, kind: Kind, amount: int, roll: Rolling, basis: str) -> ClockRule:
        return ClockRule(regime=regime, kind=kind, amount=amount, unit=Unit.CALENDAR_DAYS, roll=roll, basis=basis)

    def hours(kind: Kind, amount: int, basis: str) -> ClockRule:
        return ClockRule(regime="social", kind=kind, amount=amount, unit=Unit.WORKING_HOURS, basis=basis)

    return [
        # Received before days off, it may be registered on the next working day.
        days("59fz", Kind.REGISTRATION, 3, Rolling.FORWARD, "59-ФЗ ст. 8 ч. 2, 3 дня"),
        days("59fz", Kind.FORWARDING, 7, Rolling.BACK, "59-ФЗ ст. 8 ч. 3, 7 дней"),
        days("59fz", Kind.ANSWER, 30, Rolling.BACK, "59-ФЗ ст. 12 ч. 1, 30 дней"),
        days("pos", Kind.ANSWER, 30, Rolling.BACK, "ПОС (ПП РФ № 1802), обычный порядок, 30 дней"),
        days("pos-fast", Kind.ANSWER, 10, Rolling.BACK, "ПОС (ПП РФ № 1802), фаст-трек, 10 дней"),
        hours(Kind.FIRST_REACTION, 4, "Регламент ЦУР: первая реакция, 4 рабочих часа"),
        hours(Kind.ANSWER, 9, "Регламент ЦУР: ответ в соцсети, 9 рабочих часов"),
    ]


@settings
class Settings:
    """Settings of a binding."""

    clocks: list[ClockRule] = setting(
        "Сроки. Для каждого вида действует самое точное из подходящих правил. / Terms. For each kind the most specific rule "
        "that fits is used: category first, then regime, then channel.",
        default_factory=in_russia,
    )
    priorities: list[PriorityRule] = setting(
        "Срочность по категориям; без правила — обычная. / Priority by category; ordinary without a rule.",
        default_factory=list,
    )
    default_body: str | None = setting(
        "Орган, если ни одна строка справочника не подошла; без него решает следующий плагин. / Body where no row fits; "
        "without it the next plug-in is asked.",
        default=None,
    )
    start: Start = setting("День, от которого идёт срок. / The day that a term runs from.", default=Start.RECEIVED)
