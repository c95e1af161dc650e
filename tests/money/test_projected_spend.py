"""Projected child-days priced: every day once, whole years only, summed draw by draw."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from cip_analysis.codes import AGE_BANDS, SETTINGS, WAYS_OUT
from cip_analysis.demand.forecast import STATISTICS, describe_draws
from cip_analysis.demand.inputs import month_ends
from cip_analysis.money.spend import SpendError, price_projection, summarise_spend
from cip_analysis.projections import Projection


def a_projection(days_a_month: float, months: int = 24) -> Projection:
    """Two draws of one setting used: 10 children throughout, nobody starting or leaving."""
    ends = month_ends(date(2018, 3, 31), months)
    shape = (2, months + 1, len(SETTINGS))
    nothing = np.zeros(shape, dtype="uint16")
    stock = np.zeros((2, months + 1, len(AGE_BANDS), len(SETTINGS)), dtype="uint16")
    stock[:, :, 3, SETTINGS.index("external residential")] = 10
    days = np.zeros(shape, dtype="float32")
    days[0, 1:, SETTINGS.index("external residential")] = days_a_month
    days[1, 1:, SETTINGS.index("external residential")] = 2 * days_a_month
    return Projection(
        "baseline", "constant rate", ends, stock, nothing, nothing, nothing, nothing,
        np.zeros((2, months + 1, len(WAYS_OUT)), dtype="uint16"), np.zeros((2, months + 1), dtype="uint16"), days, days,
    )  # fmt: skip


def test_every_projected_child_day_is_priced_once_and_by_hand():
    projected = price_projection(a_projection(300.0), {"external residential": 2950.0}, "2017/18 prices")
    spent = projected.table[projected.table["setting"] == "external residential"].set_index(["draw", "financial_year"])
    assert spent.loc[(0, 2019), "child_days"] == 3600
    assert spent.loc[(0, 2019), "spend_gbp"] == round(3600 * 2950 / 7, 2)
    assert spent.loc[(1, 2020), "spend_gbp"] == round(7200 * 2950 / 7, 2)
    assert projected.table["child_days"].sum() == a_projection(300.0).child_days.sum()


def test_a_part_year_is_not_priced_as_a_whole_one():
    with pytest.raises(SpendError, match="lengthen the horizon"):
        price_projection(a_projection(300.0, months=11), {"external residential": 2950.0}, "2017/18 prices")
    years = price_projection(a_projection(300.0, months=18), {"external residential": 1.0}, "x").table["financial_year"]
    assert set(years) == {2019}


def test_projected_spend_is_summed_over_settings_draw_by_draw():
    projected = price_projection(a_projection(300.0), {"external residential": 700.0}, "2017/18 prices")
    told = summarise_spend(projected, describe_draws).set_index(["financial_year", "setting"])
    assert told.loc[("2018-19", "all"), "mean"] == told.loc[("2018-19", "external residential"), "mean"] == 540_000
    assert list(told.columns) == ["price_base", *STATISTICS]
