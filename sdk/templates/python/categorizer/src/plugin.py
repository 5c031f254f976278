"""Says that an appeal is of one category if one of some words stands in its text."""

import re

from veche_sdk import Appeal, Context, Plugin, Reason, SettingsError, directory, log, setting, settings
from veche_sdk.categorizer import Candidate, Categorizer

WORD = re.compile(r"[^\W\d_]+")


@settings
class Settings:
    """The administrator's form is made of this class."""

    category: str = setting("Категория обращений с этими словами. / Category of appeals with these words.")
    words: list[str] = setting(
        "Начала слов, в нижнем регистре. / Beginnings of words, in lower case.",
        default_factory=lambda: ["яма", "ямы", "выбоин"],
        min_items=1,
    )


class {{Type}}(Plugin[Settings], Categorizer):
    title = {"ru": "Категория по словам", "en": "Category by words"}

    def configure(self, settings: Settings) -> None:
        """Runs once for each binding; every call starts from what it leaves."""
        if any(word != word.lower() for word in settings.words):
            raise SettingsError("/words", "a word has capital letters: write all of them in lower case")
        self.category = settings.category
        self.words = tuple(settings.words)

    def categorize(self, appeal: Appeal, context: Context) -> list[Candidate]:
        words = WORD.findall(appeal.text.lower())
        found = [word for word in words if word.startswith(self.words)]
        log.debug(f"{len(found)} of {len(words)} words")
        if not found or directory.category_by_code(self.category) is None:
            return []
        return [Candidate(self.category, 0.9, [Reason(f"Слова: {', '.join(found)}", found)])]
