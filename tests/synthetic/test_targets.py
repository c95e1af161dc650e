"""Published totals become goals: a withheld cell is inferred from what the others leave, and is never a nought."""

from __future__ import annotations

import pandas as pd
import pytest
from builders import ROOT
from synthetic.invented import the_council

from cip_analysis.synthetic.totals.targets import STARTED, STOCK, Targets, TargetsError, goals, read_targets

REFERENCE = ROOT / "data" / "reference"
BAND = {"measure": "placements ended", "group": "foster", "from": 1, "below": 8}


def some_figures(*figures: tuple[int, str, float | None]) -> Targets:
    rows = [
        {"year": year, "measure": measure, "value": value, "symbol": "x" if value is None else None, "publication": "p"}
        for year, measure, value in figures
    ]
    durations = pd.DataFrame([{**BAND, "value": 30.0}, {**BAND, "from": 8, "below": 31, "value": 10.0}])
    table = pd.DataFrame(rows).astype({"value": "float64", "symbol": "str"})
    return Targets(table, durations)


def test_leicestershires_figures_are_those_published() -> None:
    targets = read_targets(REFERENCE, the_council())
    stock = targets.series(STOCK)
    assert stock.loc[2010:2018].tolist() == [330, 352, 373, 435, 456, 471, 469, 510, 554]
    assert targets.series(STARTED).loc[2014:2018].tolist() == [252, 245, 246, 253, 218]
    assert targets.figures["publication"].notna().all()


def test_what_is_withheld_takes_what_the_published_cells_leave() -> None:
    targets = some_figures(
        (2018, STOCK, 100), (2018, "ceased", 40), (2018, "age: under 1", 60), (2018, "age: 1 to 4", 40),
        (2018, "provider: own authority", 80), (2018, "provider: private", 12),
        (2018, "provider: voluntary", None), (2018, "provider: other public", None),
    )  # fmt: skip
    wanted = goals(targets, 2018, 2018).set_index("measure")
    assert wanted.loc["provider: other public", "goal"] == 3
    assert wanted.loc["provider: voluntary", "goal"] == 5
    assert wanted.loc["provider: voluntary", "inferred"]
    assert not wanted.loc["provider: private", "inferred"]


def test_starts_not_published_are_what_the_change_in_stock_implies() -> None:
    targets = some_figures((2012, STOCK, 90), (2013, STOCK, 100), (2013, "ceased", 40))
    wanted = goals(targets, 2013, 2013).set_index("measure")
    assert wanted.loc[STARTED, "goal"] == 50
    assert wanted.loc[STARTED, "inferred"]


def test_the_cells_of_every_year_add_up_to_the_total_published_with_them() -> None:
    targets = read_targets(REFERENCE, the_council())
    wanted = goals(targets, 2011, 2018)
    for year, rows in wanted.groupby("year"):
        by_dimension = rows.groupby(rows["measure"].str.split(":").str[0])["goal"].sum()
        cells = by_dimension[["age", "sex", "legal status", "placement", "provider"]]
        assert (cells - by_dimension["age"]).abs().max() <= 3, (year, cells)


def test_the_nearest_published_year_stands_in_for_one_without() -> None:
    targets = some_figures((2012, STOCK, 90), (2018, STOCK, 100))
    assert targets.nearest(STOCK, 2013) == 90
    assert targets.nearest(STOCK, 2030) == 100
    assert targets.nearest("nothing", 2013, default=7.0) == 7.0


def test_shares_of_lengths_add_to_one() -> None:
    assert some_figures((2012, STOCK, 90)).shares("placements ended", "foster")["share"].tolist() == [0.75, 0.25]


def test_a_council_without_published_totals_is_told_what_is_missing() -> None:
    council = the_council().model_copy(update={"name": "Rutland"})
    with pytest.raises(TargetsError, match=r"rutland_targets\.csv"):
        read_targets(REFERENCE, council)


def test_a_figure_given_twice_is_refused() -> None:
    with pytest.raises(TargetsError, match="1 figures repeat"):
        some_figures((2012, STOCK, 90), (2012, STOCK, 91))
