"""The national record holds every scorecard, says who stands behind each, and keeps the latest years apart."""

from __future__ import annotations

import pandas as pd

from cip_analysis.demand.national.backtest import ORIGINS, SIZES, Backtest, scorecard
from cip_analysis.demand.national.record import national_record
from cip_analysis.returns.reference.national import EVERY_ORIGIN, EVERY_SIZE, LATEST, RECORD_COLUMNS


def a_forecast(area: str, origin: int, size: str, miss: float) -> dict[str, object]:
    return {
        "measure": "stock", "method": "no change", "origin": origin, "horizon": 1, "area_code": area, "size": size,
        "origins": ORIGINS[origin > 2018], "forecast": 100.0 + miss, "outturn": 100.0, "stock": 100.0, "crps": miss,
        "held_80": miss < 10, "held_95": True,
    }  # fmt: skip


def scored() -> Backtest:
    rows = [
        a_forecast("1", 2017, SIZES[0], 4.0),
        a_forecast("2", 2017, SIZES[2], 8.0),
        a_forecast("1", 2019, SIZES[0], 18.0),
    ]
    return Backtest(pd.DataFrame(rows))


def test_it_holds_every_scorecard_by_group():
    record = national_record(scored())
    assert list(record) == list(RECORD_COLUMNS)
    told = record.set_index(["origins", "size"])
    assert told.loc[(EVERY_ORIGIN, EVERY_SIZE), "mae"].item() == 10.0
    assert told.loc[(ORIGINS[0], EVERY_SIZE), "mae"].item() == 6.0
    assert told.loc[(EVERY_ORIGIN, SIZES[0]), "mape"].item() == 0.11
    assert told.loc[(EVERY_ORIGIN, EVERY_SIZE), "coverage_80"].item() == scorecard(scored())["coverage_80"].item()


def test_it_says_how_many_authorities_and_which_years_stand_behind_a_score():
    told = national_record(scored()).set_index(["origins", "size"])
    assert told.loc[(EVERY_ORIGIN, EVERY_SIZE), ["first_origin", "last_origin", "authorities"]].tolist() == [
        2017,
        2019,
        2,
    ]
    assert told.loc[(ORIGINS[1], EVERY_SIZE), ["first_origin", "last_origin", "authorities"]].tolist() == [
        2019,
        2019,
        1,
    ]


def test_the_latest_years_are_scored_apart_and_move_nothing_else():
    latest = Backtest(pd.DataFrame([a_forecast("1", 2022, SIZES[0], 30.0)]))
    record = national_record(scored(), latest)
    pd.testing.assert_frame_equal(record[record["origins"] != LATEST], national_record(scored()))
    assert record[record["origins"] == LATEST]["mae"].tolist() == [30.0]
