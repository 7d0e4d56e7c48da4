"""A query that the service has no answer for."""

from __future__ import annotations


class UnsupportedQueryError(NotImplementedError):
    """The query asks for something that was in a table and is not in an answer."""

    def __init__(self, table: str, asked: str, instead: str) -> None:
        """Says what was asked and what can be."""
        super().__init__(
            f"{table}.objects cannot answer {asked}: {instead}. "
            "aiusage.Client() answers more: get_breakdown, get_time_series, list_usage, export."
        )
