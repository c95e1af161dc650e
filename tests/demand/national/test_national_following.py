"""A council's total made to follow the national method, from a day that is no 31 March too."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from builders import ROOT
from demand.invented_model import a_model

from cip_analysis.demand.caseload import count_caseload
from cip_analysis.demand.forecast import Asked, Evidence, prepare
from cip_analysis.demand.national.estimates import forecast_authority
from cip_analysis.demand.national.following import SOLVING_DRAWS, follow_national
from cip_analysis.demand.pathways import known_at
from cip_analysis.demand.simulate import simulate
from cip_analysis.demand.starts import Drift
from cip_analysis.run import open_run

COUNTY = ROOT / "data" / "synthetic" / "leicestershire"
needs_county = pytest.mark.skipif(not COUNTY.exists(), reason="the invented county is not made: make data")
ONE_DRIFT = Drift(0.1, 0.1, 0.08, 0.06, "a test")
SEPTEMBER = date(2017, 9, 30)
NATIONAL = pd.DataFrame(
    {"growth": [1.10, 1.21, 1.21, 1.21], "spread": [0.20, 0.25, 0.30, 0.35]}, index=pd.Index([1, 2, 3, 4])
)
"""A tenth more in each of two years, and nothing after."""


def totals(months: int) -> np.ndarray:
    """Draws of a council with 400 children at the end of September, at every month's end ahead."""
    model = a_model(draws=SOLVING_DRAWS, months=months, children=400, starts_a_year=160)
    september = replace(model, origin=SEPTEMBER, leave_drift=np.ones_like(model.leave_drift))
    followed = follow_national(september, NATIONAL, ONE_DRIFT)
    assert followed.months[0] == SEPTEMBER
    return simulate(followed).total


def test_from_september_a_years_growth_is_reached_by_the_september_after_and_not_by_march():
    total = totals(24)
    assert (total[:, 0] == 400).all()
    assert np.median(total[:, 12]) == pytest.approx(440, rel=0.015)
    assert np.median(total[:, 24]) == pytest.approx(484, rel=0.015)
    assert 405 < np.median(total[:, 6]) < 435
    assert np.log(total[:, 12]).std() == pytest.approx(0.20, rel=0.15)


def test_half_a_year_ahead_the_growth_is_the_root_of_a_years_and_the_variance_half():
    total = totals(6)
    assert np.median(total[:, 6]) == pytest.approx(400 * 1.10**0.5, rel=0.015)
    assert np.log(total[:, 6]).std() == pytest.approx(0.20 * 0.5**0.5, rel=0.15)


@needs_county
def test_a_council_forecast_in_september_starts_from_its_own_count_and_grows_as_the_panel_said_in_march():
    county = open_run("config/runs/autumn-2018.toml")
    known = known_at(county.episodes, SEPTEMBER)
    evidence = Evidence(county.council, county.years, county.comparators, county.estimates, 0.1)
    inputs = prepare(known, evidence, Asked(draws=SOLVING_DRAWS, horizon_months=24))
    outturn = count_caseload(known, date(2017, 9, 1), SEPTEMBER).table["stock"].sum()
    growth = forecast_authority(county.estimates, county.comparators, county.council, 2017)["growth"]
    total = simulate(inputs).total
    assert (inputs.origin, inputs.method) == (SEPTEMBER, "national panel")
    assert any("counts from 31 March 2017: its growth is carried over to 30 September 2017" in n for n in inputs.notes)
    assert (total[:, 0] == outturn).all()
    for year in (1, 2):
        assert np.median(total[:, 12 * year]) == pytest.approx(outturn * growth[year], rel=0.015)
