"""The made-up photographs, for this room."""

from tests.photographs import photographs  # noqa: F401
