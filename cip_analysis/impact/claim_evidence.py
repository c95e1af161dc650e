"""What claims are checked against, what a check finds, and the names both use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from cip_analysis.demand.others import ENGLAND_CODE, POOLED
from cip_analysis.records import Comparators, Episodes, Payments
from cip_analysis.settings import Council, Disclosure

AGREES, DIFFERS, UNCHECKED = "agrees", "differs", "cannot be checked with data held"
STATUSES = (AGREES, DIFFERS, UNCHECKED)
THE_REPORT = "the report itself"
NONE_HELD = "none held"
NO_DATA = "No data are held."


@dataclass(frozen=True, slots=True)
class Evidence:
    """What claims are checked against; the council's own data may be missing.

    comparators: published statistics, each with its publication. episodes, payments: the council's own, or None.
    disclosure: the rule by which counts from the council's own data are rounded before they leave this room.
    """

    council: Council
    comparators: Comparators
    disclosure: Disclosure
    episodes: Episodes | None = None
    payments: Payments | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found: the value (None for nothing held), why in words, its source.

    status: set where the figures alone do not decide. rounding: the base the value was rounded to, nought for none.
    """

    value: float | None
    why: str
    source: str
    status: str = ""
    rounding: int = 0


At = Mapping[str, str | int | float]


def series_of(area: str, evidence: Evidence) -> str:
    """The name, in `demand.others.compare_rates`, of council, neighbours, region or country."""
    council = evidence.council
    return {"council": council.name, "neighbours": POOLED, "region": council.region, "country": "England"}[area]


def code_of(area: str, evidence: Evidence) -> str:
    """The code of region or country, and of the council for anything else."""
    council = evidence.council
    return {"region": council.region_code, "country": ENGLAND_CODE}.get(area, council.la_code)


def in_release(source: str, known: date | None) -> str:
    """A source with the month of the release it is held from."""
    return f"{source}, in the release of {known:%B %Y}" if known else source


def in_words(ending: int) -> str:
    """A financial year by its two halves.

    >>> in_words(2018)
    '2017/18'
    """
    return f"{ending - 1}/{ending % 100:02d}"
