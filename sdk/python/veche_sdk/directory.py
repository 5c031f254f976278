"""Permission: read the region's dictionaries, as they were in force when the appeal was received."""

from wit_world.imports.directory import (
    Block,
    Body,
    BodyKind,
    Category,
    Municipality,
    blocks,
    bodies_of,
    body_by_code,
    categories,
    category_by_code,
    find_municipality,
    municipality_by_code,
)

__all__ = [
    "Block",
    "Body",
    "BodyKind",
    "Category",
    "Municipality",
    "blocks",
    "bodies_of",
    "body_by_code",
    "categories",
    "category_by_code",
    "find_municipality",
    "municipality_by_code",
]
