"""Permission: write to the plug-in's own log. What is over the limits of a call is cut and counted."""

from wit_world.imports.log import Level, write

__all__ = ["Level", "debug", "error", "info", "trace", "warn", "write"]


def trace(message: str) -> None:
    """For the author while a rule is being written."""
    write(Level.TRACE, message)


def debug(message: str) -> None:
    """For the author."""
    write(Level.DEBUG, message)


def info(message: str) -> None:
    """For the administrator."""
    write(Level.INFO, message)


def warn(message: str) -> None:
    """Something is odd, and the answer stands."""
    write(Level.WARN, message)


def error(message: str) -> None:
    """The answer may be wrong."""
    write(Level.ERROR, message)
