"""What a plug-in raises, and what its author learns of any other exception."""

from types import TracebackType

_SDK = __name__.partition(".")[0]


class SettingsError(Exception):
    """Settings or data that pass their schema and still cannot be used.

    `SettingsError("/clocks/0/amount", "…")` names the field by its JSON pointer (RFC 6901), `SettingsError("…")` is
    about the whole. The message says what is wrong and what would be right.
    """

    def __init__(self, field_or_message: str, message: str | None = None) -> None:
        super().__init__(field_or_message if message is None else message)
        self.field = None if message is None else field_or_message
        self.message = field_or_message if message is None else message


class Failure(Exception):
    """The plug-in cannot do its work: what went wrong and what would mend it, without personal data."""


class Stopped(Failure):
    """The host takes no more of an export; let it go up."""


def say(error: BaseException) -> str:
    """What an exception says, with its type where that tells more than its text."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def places(traceback: TracebackType | None) -> list[str]:
    """Where it was raised, innermost first, without the SDK's own frames. The source itself is not in the component."""
    found = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if traceback.tb_frame.f_globals.get("__name__", "").partition(".")[0] not in (_SDK, "veche_entry"):
            found.append(f"{code.co_qualname} ({_short(code.co_filename)}:{traceback.tb_lineno})")
        traceback = traceback.tb_next
    return found[::-1]


def _short(path: str) -> str:
    """A path as the author knows it: the component keeps each folder of the source under a number."""
    parts = path.lstrip("/").split("/")
    return "/".join(parts[1:] if parts[0].isdigit() else parts)
