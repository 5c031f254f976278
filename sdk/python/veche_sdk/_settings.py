"""Settings as a class: the schema of the form is made from it, and it is made from what the administrator gave."""

import dataclasses
import types
from collections.abc import Callable
from enum import Enum
from typing import Any, Literal, TypeVar, Union, cast, dataclass_transform, get_args, get_origin, get_type_hints

from ._errors import SettingsError

T = TypeVar("T")

_MISSING: Any = dataclasses.MISSING


def setting(
    description: str,
    *,
    default: Any = _MISSING,
    default_factory: Callable[[], Any] = _MISSING,
    **keywords: Any,
) -> Any:
    """A field of the settings with the text of the form, in the languages of the centre's staff («Сколько. / How many.»).

    Without `default` or `default_factory` it must be given. Keywords go into the JSON Schema, in snake case: `minimum=1`,
    `max_length=300`, `pattern="…"`.
    """
    schema = {"description": description} | {_camel(name): value for name, value in keywords.items()}
    return dataclasses.field(default=default, default_factory=default_factory, metadata={"schema": schema}, kw_only=True)


@dataclass_transform(kw_only_default=True, field_specifiers=(setting,))
def settings(cls: type[T]) -> type[T]:
    """Makes a class one of settings. Its fields may be `str`, `int`, `float`, `bool`, a `Literal`, an `Enum` of texts,
    lists and optional values of these, and other classes under `@settings`."""
    return dataclasses.dataclass(kw_only=True)(cls)


def schema(cls: type | None) -> dict[str, Any]:
    """JSON Schema (2020-12) of a settings class."""
    if cls is None:
        return {"type": "object", "additionalProperties": False}
    if not dataclasses.is_dataclass(cls):
        raise TypeError(f"{cls.__name__} is no class of settings: put `@settings` before it")
    hints = get_type_hints(cls)
    properties, required = {}, []
    for field in dataclasses.fields(cls):
        one = _type(hints[field.name], f"{cls.__name__}.{field.name}") | field.metadata.get("schema", {})
        if field.default is not dataclasses.MISSING:
            one["default"] = _plain(field.default)
        elif field.default_factory is not dataclasses.MISSING:
            one["default"] = _plain(field.default_factory())
        else:
            required.append(field.name)
        properties[field.name] = one
    made: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": properties}
    return made | {"required": required} if required else made


_PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
}


def _type(hint: Any, where: str) -> dict[str, Any]:
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"enum": list(args)}
    if origin is list:
        return {"type": "array", "items": _type(args[0], where)}
    if origin in (Union, types.UnionType) and len(args) == 2 and type(None) in args:
        inner = _type(next(one for one in args if one is not type(None)), where)
        if isinstance(inner.get("type"), str):
            return inner | {"type": [inner["type"], "null"]}
        return {"anyOf": [inner, {"type": "null"}]}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [one.value for one in hint]}
    if dataclasses.is_dataclass(hint):
        return schema(cast(type, hint))
    raise TypeError(f"{where} has the type {hint}, of which no form can be made: use str, int, float, bool, Literal, list or @settings")


def _plain(value: Any) -> Any:
    """A default as JSON has it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value


def read(cls: type[T], value: Any, at: str = "") -> T:
    """Settings from JSON that passed the schema."""
    hints = get_type_hints(cls)
    known = {field.name: field for field in dataclasses.fields(cast(Any, cls))}
    for name in value:
        if name not in known:
            raise SettingsError(f"{at}/{name}", f"there is no such setting; there are {', '.join(known)}")
    given = {name: _read(hints[name], one, f"{at}/{name}") for name, one in value.items()}
    for name, field in known.items():
        if name not in given and field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise SettingsError(f"{at}/{name}", "it is missing, and has no default: give it")
    return cls(**given)


def _read(hint: Any, value: Any, at: str) -> Any:
    args = get_args(hint)
    if get_origin(hint) is list:
        return [_read(args[0], one, f"{at}/{index}") for index, one in enumerate(value)]
    if get_origin(hint) in (Union, types.UnionType):
        return None if value is None else _read(next(one for one in args if one is not type(None)), value, at)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    if dataclasses.is_dataclass(hint):
        return read(cast(type, hint), value, at)
    return float(value) if hint is float else value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
