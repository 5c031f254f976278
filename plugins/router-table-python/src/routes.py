"""The table of routes. The most specific row wins: first by category (the code, then the longest wildcard, then any), then
by place (district with its municipality, district, municipality, any)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pattern import parse
from veche_sdk import Place, SettingsError

OKTMO_MUNICIPALITY = 8
"""Digits of an OKTMO code that name the municipality; the other three name a settlement."""
ANY = "*"

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Route:
    """A row that decides."""

    row: int
    """Row number in the dataset, from 1, without the header."""
    body: str
    condition: str
    """What the row is for, as written: category, municipality, district."""


class Routes:
    """All rows by their normalised condition."""

    def __init__(self, rows: Sequence[Sequence[str]]) -> None:
        self._routes: dict[Key, Route] = {}
        for row, (category, municipality, district, body) in enumerate(rows, start=1):
            self._add(row, category, municipality.strip() or ANY, district.strip() or ANY, body.strip())

    def _add(self, row: int, category: str, municipality: str, district: str, body: str) -> None:
        where = f"dataset routes, row {row} after the header"
        try:
            pattern = parse(category).text
        except ValueError as error:
            raise SettingsError(f"{where}: {error}") from None
        if body in ("", ANY):
            raise SettingsError(f"{where}: no body: write the code of the body that acts")
        condition = f"{pattern}, {municipality}, {district}"
        other = self._routes.setdefault((pattern, municipality, _normalized(district)), Route(row, body, condition))
        if other.body != body:
            raise SettingsError(
                f"{where}: «{condition}» goes to {body}, but row {other.row} sends it to {other.body}: keep one"
            )

    def find(self, category: str, place: Place) -> Route | None:
        """The row that decides; none if no row fits."""
        places = _places(place)
        keys = ((pattern, *place) for pattern in _patterns(category) for place in places)
        return next((route for key in keys if (route := self._routes.get(key))), None)


def _places(place: Place) -> list[tuple[str, str]]:
    """Municipality and district as rows name them, the most exact first."""
    district = _normalized(place.district or "")
    municipality = (place.municipality or "").strip()
    municipalities = [municipality] if municipality else []
    if len(municipality) > OKTMO_MUNICIPALITY:
        municipalities.append(municipality[:OKTMO_MUNICIPALITY])
    exact = [(code, district) for code in [*municipalities, ANY]] if district else []
    return [*exact, *((code, ANY) for code in [*municipalities, ANY])]


def _patterns(category: str) -> Iterator[str]:
    """The patterns that fit a category, the most exact first: `a.b`, `a.*`, `*`."""
    yield category
    for dot in reversed(range(len(category))):
        if category[dot] == ".":
            yield f"{category[: dot + 1]}*"
    yield ANY


def _normalized(name: str) -> str:
    """Names of districts are compared in lower case, with «е» for «ё» and single spaces."""
    return " ".join(name.split()).lower().replace("ё", "е")
