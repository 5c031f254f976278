"""Write plug-ins for Veche in Python.

A plug-in is a class. It says what it is and how it is set up (`Plugin`), and is one thing for each kind of work that it
does (`veche_sdk.categorizer.Categorizer`, `veche_sdk.router.Router`, `veche_sdk.indicators.Indicators`,
`veche_sdk.exporter.Exporter`):

    from veche_sdk import Appeal, Context, Plugin, setting, settings
    from veche_sdk.categorizer import Candidate, Categorizer

    @settings
    class Settings:
        category: str = setting("Category of every appeal that speaks of a pothole.")

    class Potholes(Plugin[Settings], Categorizer):
        title = {"ru": "Ямы", "en": "Potholes"}

        def configure(self, settings: Settings) -> None:
            self.category = settings.category

        def categorize(self, appeal: Appeal, context: Context) -> list[Candidate]:
            return [Candidate(self.category, 0.9)] if "яма" in appeal.text else []

The host is reached by the modules `log`, `directory`, `calendar`, `datasets` and `applicant` of this package. Each of
them that a plug-in imports is a permission that an administrator sees.

What a plug-in needs is imported at the top of its files: the component has no files, so nothing can be imported later.
"""

from wit_world.imports.types import ApplicantKind, Appeal, Context, Date, Place, Point, Reason

from ._errors import Failure, SettingsError
from ._plugin import Dataset, Plugin, blob, polygons, table
from ._settings import setting, settings

__all__ = [
    "ApplicantKind",
    "Appeal",
    "Context",
    "Dataset",
    "Date",
    "Failure",
    "Place",
    "Plugin",
    "Point",
    "Reason",
    "SettingsError",
    "blob",
    "polygons",
    "setting",
    "settings",
    "table",
]
