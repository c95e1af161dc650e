"""What is asked of a database, and what was taken out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Asked:
    """What to take: the day it is to describe (the last day anything is known of, where None), the first collection
    year that is whole (six before the last, where None), and the schema the tables stand in ("" the connection's own).
    """

    as_at: date | None = None
    first_year: int | None = None
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Extract:
    """What was taken: as at which day, from which collection year, how many rows of each table of the return.

    left_out: why rows of the database are not in it -> how many. digest: of all its files, the same for the same rows.
    """

    as_at: date
    first_year: int
    rows: Mapping[str, int]
    left_out: Mapping[str, int]
    digest: str
    synthetic: bool
