"""How listeners wait for one another, and that none of them is for strangers."""

from typing import Any

ONE_AT_A_TIME: dict[str, Any] = {"concurrency_id": "session", "concurrency_limit": 1}
"""Every listener that reads and writes a session waits its turn, or two answers could overwrite each other."""

EXPLAINING: dict[str, Any] = {"concurrency_id": "explain", "concurrency_limit": 1}
"""Explanations wait for each other and never keep a verdict waiting."""

PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
