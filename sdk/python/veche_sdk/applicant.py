"""Permission: see who wrote the appeal. With it the texts of the appeal are not masked."""

from wit_world.imports.applicant import Applicant, current

__all__ = ["Applicant", "current"]
