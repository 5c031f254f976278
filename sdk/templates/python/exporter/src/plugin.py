"""Appeals as lines of text with tabs between the columns."""

from veche_sdk import Plugin
from veche_sdk.exporter import Cell, Cell_Null, Exporter, Format, Output, Request, Rows, Subject, Summary

TABS = Format(
    id="tabs",
    title={"ru": "Текст с табуляцией", "en": "Text with tabs"},
    media_type="text/tab-separated-values; charset=utf-8",
    extension="tsv",
    subject=Subject.APPEALS,
    columns=["id", "text"],
)


def text(cell: Cell) -> str:
    """A cell on one line."""
    return "" if isinstance(cell, Cell_Null) else " ".join(str(cell.value).split())


class {{Type}}(Plugin[None], Exporter):
    title = {"ru": "Текст с табуляцией", "en": "Text with tabs"}

    def formats(self) -> list[Format]:
        return [TABS]

    def export(self, format: str, request: Request, rows: Rows, output: Output) -> Summary:
        output.write("\t".join(column.name for column in rows.columns) + "\n")
        count = 0
        # Rows come a few hundred at once, so memory stays flat; read them to the end.
        for row in rows:
            output.write("\t".join(map(text, row)) + "\n")
            count += 1
        return Summary(count)
