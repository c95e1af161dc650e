"""The table of price indices: what it holds, and what is refused."""

from __future__ import annotations

import pandas as pd
import pytest
from builders import ROOT, SHARED

from cip_analysis.returns.reference.indices import COLUMNS, IndexFileError, read_indices

HELD = ROOT / "data" / "reference" / "price_indices.csv"
ROW = "CPI,Invented publication,2018-02-01,{year},no,{value}"


HEADER = ",".join(COLUMNS)


def write(folder, *rows, header=HEADER):
    path = folder / "indices.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_the_table_held_reads_with_its_kinds():
    table = read_indices(HELD)
    assert list(table) == list(COLUMNS)
    assert set(table["index"]) == {"CPI", "CPIH", "GDP deflator", "average earnings"}
    assert table["forecast"].dtype == bool
    assert table["published"].min() == pd.Timestamp(2019, 3, 13)


def test_a_financial_year_of_the_table_held_is_the_mean_of_its_four_quarters():
    """By hand: CPI of April to June 2017 103.1807, then 103.7103, 104.5760 and 104.7467: mean 104.0534."""
    table = read_indices(HELD)
    row = table[table["index"].eq("CPI") & table["financial_year"].eq(2018) & table["published"].eq("2019-03-13")]
    assert row["value"].item() == pytest.approx((103.1807 + 103.7103 + 104.5760 + 104.7467) / 4, abs=1e-4)


def test_every_value_of_the_forecast_of_march_2019_follows_from_its_quarters():
    source = SHARED / "published" / "prices" / "cpi_gdpdeflator_quarterly_obr_vintage_march_2019.csv"
    if not source.exists():
        pytest.skip("the publishers' quarterly series are not here")
    quarters = pd.read_csv(source)
    year = quarters["Date"].str[:4].astype(int) + quarters["Date"].str[5].astype(int).gt(1)
    table = read_indices(HELD)
    for column, name in {"CPI": "CPI", "GDP deflator": "GDP deflator", "Average earnings": "average earnings"}.items():
        own = table[table["index"].eq(name) & table["published"].eq("2019-03-13")].set_index("financial_year")["value"]
        means = quarters[column].groupby(year).mean().reindex(own.index)
        assert (own - means).abs().max() < 1e-4


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("CPI,Invented publication,2018-02-01,2017,no,nought", "hold no index"),
        ("CPI,Invented publication,2018-02-01,2017,no,-1", "hold no index"),
        ("CPI,Invented publication,1 Feb 2018,2017,no,100", "hold no index"),
        ("CPI,Invented publication,2018-02-01,2016/17,no,100", "hold no index"),
        ("CPI,Invented publication,2018-02-01,2017,perhaps,100", "hold no index"),
        (",Invented publication,2018-02-01,2017,no,100", "hold no index"),
        (ROW.format(year=2016, value=101), "repeat"),
        (ROW.format(year=2018, value=101), "come after a year left out"),
    ],
)
def test_a_row_that_is_no_index_is_refused_by_its_number(tmp_path, row, says):
    path = write(tmp_path, ROW.format(year=2016, value=100), row)
    with pytest.raises(IndexFileError, match=rf"indices\.csv: 1 rows {says}.*first row 3"):
        read_indices(path)


def test_a_file_that_is_not_a_table_of_indices_is_refused_in_words(tmp_path):
    with pytest.raises(IndexFileError, match="no such file"):
        read_indices(tmp_path / "none.csv")
    with pytest.raises(IndexFileError, match="no column index"):
        read_indices(write(tmp_path, "1", header="year"))
    with pytest.raises(IndexFileError, match="no rows"):
        read_indices(write(tmp_path))
