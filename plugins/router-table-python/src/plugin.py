"""Routes by a table. The dataset `routes` names a body for a category and a place; the most specific row wins. The terms
come from settings, by category, legal regime and channel, and are counted by the production calendar of the region.
The same rules as `router-table`, which is written in Rust."""

import pattern
from clocks import Clocks
from routes import Route, Routes
from terms import Settings
from veche_sdk import Appeal, Context, Plugin, SettingsError, datasets, table
from veche_sdk.router import Assignment, ChosenCategory, Priority, Router

DATASET = "routes"
COLUMNS = ["category", "municipality", "district", "body"]


class Table(Plugin[Settings], Router):
    """The configured plug-in."""

    title = {"ru": "Маршрут по таблице (Python)", "en": "Route by table (Python)"}
    summary = {
        "ru": "Находит исполнителя в справочнике по категории, муниципалитету и району и ставит сроки по правовому режиму, "
        "каналу и категории.",
        "en": "Finds the body in a dataset by category, municipality and district, and sets the terms by legal regime, "
        "channel and category.",
    }
    datasets = [
        table(
            DATASET,
            COLUMNS,
            required=True,
            description={
                "ru": "Категория или блок.*, муниципалитет, район, орган; пусто или * — любой",
                "en": "Category or block.*, municipality, district, body; empty or * is any",
            },
        )
    ]

    def configure(self, settings: Settings) -> None:
        self.clocks = Clocks(settings.clocks, settings.start)
        self.priorities = []
        for index, rule in enumerate(settings.priorities):
            try:
                self.priorities.append((pattern.parse(rule.category), Priority[rule.priority.name]))
            except ValueError as error:
                raise SettingsError(f"/priorities/{index}/category", str(error)) from None
        self.default_body = (settings.default_body or "").strip()
        self.routes = Routes(datasets.table(DATASET, COLUMNS))

    def route(self, appeal: Appeal, category: ChosenCategory, context: Context) -> Assignment | None:
        route = self.routes.find(category.code, appeal.place)
        body = route.body if route else self.default_body
        if not body:
            return None
        return Assignment(
            body=body,
            priority=self.priority(category.code),
            clocks=self.clocks.of(appeal, category.code, body),
            reasons=[reason(route, context.language)],
        )

    def priority(self, category: str) -> Priority:
        """The most exact rule; of equal ones the first."""
        fits = [(fit, priority) for pattern, priority in self.priorities if (fit := pattern.fit(category)) is not None]
        return max(fits, key=lambda found: found[0])[1] if fits else Priority.NORMAL


def reason(route: Route | None, language: str) -> str:
    """Why, for the operator."""
    russian = language.startswith("ru")
    if route is None:
        if russian:
            return f"В справочнике {DATASET} нет подходящей строки: орган по умолчанию"
        return f"No row of dataset {DATASET} fits: the default body"
    if russian:
        return f"Строка {route.row} справочника {DATASET}: {route.condition}"
    return f"Row {route.row} of dataset {DATASET}: {route.condition}"
