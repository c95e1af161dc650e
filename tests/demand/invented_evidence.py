"""What stands beside an invented county's returns: no published figures, and how far flows drift."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
from builders import ROOT

from cip_analysis.contracts import empty_table
from cip_analysis.demand.forecast import Evidence
from cip_analysis.records import COMPARATOR_COLUMNS, Comparators
from cip_analysis.settings import Council, read_assumptions, read_settings

PULL_SD = "forecast.setting-pull-sd"


def evidence_for(county, years=None):
    """Evidence of a county with no published figures: of the national panel, only what it tells of drift."""
    council = read_settings(ROOT / "config" / "councils" / "leicestershire.toml", Council)
    nothing = empty_table(COMPARATOR_COLUMNS).assign(published=pd.Series(dtype="datetime64[us]"))
    learned = pd.read_csv(ROOT / "data" / "reference" / "national_estimates.csv")
    drift = learned[learned["term"].str.endswith("_sd")]
    last = county.episodes.census_date.year
    first = county.episodes.table["end"].min().year + 1
    pull = read_assumptions(ROOT / "config" / "assumptions.toml")[PULL_SD].value
    return Evidence(council, years or tuple(range(first, last + 1)), Comparators(nothing), drift, pull)


def without_drift(evidence):
    """The same evidence, had nothing ever drifted."""
    return replace(evidence, estimates=evidence.estimates.assign(value=0.0), moves_sd=0.0)
