"""Sends the appeals of one category to a body, with a term in working days."""

from veche_sdk import Appeal, Context, Plugin, calendar, setting, settings
from veche_sdk.router import Assignment, ChosenCategory, Clock, ClockKind, NeedsPerson, Priority, Router


@settings
class Settings:
    """The administrator's form is made of this class."""

    category: str = setting("Категория. / Category.")
    body: str = setting("Исполнитель. / Body that acts.")
    answer_days: int = setting("Срок ответа, рабочих дней. / Term, working days.", default=10, minimum=1, maximum=60)


class {{Type}}(Plugin[Settings], Router):
    title = {"ru": "Исполнитель категории", "en": "Body of a category"}

    def configure(self, settings: Settings) -> None:
        """Runs once for each binding; every call starts from what it leaves."""
        self.settings = settings

    def route(self, appeal: Appeal, category: ChosenCategory, context: Context) -> Assignment | NeedsPerson | None:
        if category.code != self.settings.category:
            return None
        if appeal.place.municipality is None:
            return NeedsPerson("В каком муниципалитете это находится?")
        days = self.settings.answer_days
        last = calendar.add_working_days(calendar.local_date(appeal.received_at), days)
        return Assignment(
            body=self.settings.body,
            priority=Priority.HIGH if "!" in appeal.text else Priority.NORMAL,
            clocks=[Clock(ClockKind.ANSWER, calendar.end_of_day(last), f"Регламент, рабочих дней: {days}")],
            reasons=[f"Категория {category.code}"],
        )
