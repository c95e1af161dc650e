"""Builders of small invented counties: one child, one line, or a handful, written by hand."""

from __future__ import annotations

from datetime import date
from functools import cache

import pandas as pd
from builders import ROOT

from cip_analysis.settings import Council, read_settings
from cip_analysis.synthetic.county import invent_county
from cip_analysis.synthetic.history import Histories
from cip_analysis.synthetic.totals.targets import read_targets
from cip_analysis.synthetic.write import REFERENCE

CHILD: dict[str, object] = {
    "child": 1, "birth_date": "2005-06-15", "sex": "male", "ethnicity": "WBRI", "uasc": False, "disabled": False,
    "mother": False, "mother_child_birth_date": None, "household": 1, "home_postcode": "LE3 8RA",
}  # fmt: skip
LINE: dict[str, object] = {
    "child": 1, "start": "2016-06-01", "start_reason": "S", "legal_status": "C2", "need": "N1", "placement": "U6",
    "provider": "PR1", "end": None, "end_reason": "", "move_reason": "", "placement_postcode": "LE10 1HB",
    "urn": "SC990001",
}  # fmt: skip


def a_child(**changes: object) -> dict[str, object]:
    """One child of the county, with `changes`."""
    return {**CHILD, **changes}


def a_line(**changes: object) -> dict[str, object]:
    """One line of a history, with `changes`; open unless an end is given."""
    return {**LINE, **changes}


def a_county(
    *lines: dict[str, object], children: tuple[dict[str, object], ...] = (), years: tuple[int, int] = (2017, 2018)
) -> Histories:
    """Histories of the lines given, in order; `children` defaults to one plain child."""
    people = pd.DataFrame(list(children) or [a_child()])
    episodes = pd.DataFrame(list(lines))
    dates = ("birth_date", "mother_child_birth_date")
    return Histories(
        people.assign(**{name: pd.to_datetime(people[name]).astype("datetime64[us]") for name in dates}),
        episodes.assign(
            start=pd.to_datetime(episodes["start"]).astype("datetime64[us]"),
            end=pd.to_datetime(episodes["end"]).astype("datetime64[us]"),
        ),
        date(years[0] - 1, 4, 1),
        date(years[1], 3, 31),
    )


@cache
def the_council() -> Council:
    """Leicestershire, as configured."""
    return read_settings(ROOT / "config" / "councils" / "leicestershire.toml", Council)


@cache
def a_small_county(first_year: int = 2016, last_year: int = 2019) -> Histories:
    """An invented county of about two hundred children."""
    targets = read_targets(REFERENCE, the_council())
    return invent_county(the_council(), targets, seed=7, years=(first_year, last_year), children=200)
