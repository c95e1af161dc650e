"""The invented payments: known totals recovered, blemishes there and found, the same bytes from the same seed."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from builders import a_placement, make_episodes
from synthetic.invented import a_child, a_county, a_line, the_council

from cip_analysis.codes import setting_of
from cip_analysis.money.concentration import concentration, framework_gap
from cip_analysis.money.reconciliation import reconcile_payments
from cip_analysis.money.spend import price_outturn, unit_costs
from cip_analysis.returns.finance import match_payments, read_payments
from cip_analysis.settings import PaymentColumns
from cip_analysis.synthetic.files import invent_identities
from cip_analysis.synthetic.history import Histories
from cip_analysis.synthetic.payments import WEEKLY_GBP, invent_payments, price_level, stays_of

SEED = 5
HOME = "external residential"
MIX = (
    ("U6", "PR1", 170), ("U6", "PR4", 170), ("U3", "PR1", 60), ("K2", "PR4", 90), ("H5", "PR4", 40), ("P1", "PR0", 10),
    ("A5", "PR1", 30),
)  # fmt: skip


@cache
def a_whole_county() -> Histories:
    """Placements in about the proportions of the default county, years ending March 2016 to 2018."""
    chance = np.random.default_rng(SEED)
    lines, children = [], []
    for placement, provider, number in MIX:
        for _ in range(number * 2):
            child = len(children) + 1
            start = pd.Timestamp("2015-01-01") + pd.Timedelta(days=int(chance.integers(0, 1150)))
            end = start + pd.Timedelta(days=int(chance.integers(40, 1100)))
            open_now = end > pd.Timestamp("2018-03-31")
            children.append(a_child(child=child, birth_date="2004-01-01", household=child))
            lines.append(
                a_line(
                    child=child, start=start, end=None if open_now else end, end_reason="" if open_now else "E4A",
                    placement=placement, provider=provider, urn=f"SC99{chance.integers(1000, 1040)}",
                )
            )  # fmt: skip
    return a_county(*lines, children=tuple(children), years=(2016, 2018))


@cache
def the_payments() -> pd.DataFrame:
    return invent_payments(a_whole_county(), the_council(), SEED)


def as_returned(histories: Histories):
    """The stays as a return would give them, under the returns' child numbers."""
    ids = invent_identities(histories.children, SEED).ids
    rows = [
        a_placement(
            child=ids[line.child], start=line.start, end=None if pd.isna(line.end) else line.end,
            provider_urn=line.urn, setting=setting_of(line.placement, line.provider),
        )
        for line in histories.episodes.itertuples()
    ]  # fmt: skip
    return make_episodes(rows)


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """The invented file read and matched, with what the readers said of it."""
    path = tmp_path_factory.mktemp("county") / "payments.csv"
    the_payments().to_csv(path, index=False)
    payments, findings, treatments = read_payments(path, PaymentColumns())
    episodes = as_returned(a_whole_county())
    matched, matching = match_payments(payments, episodes)
    return episodes, matched, findings, treatments.join(matching)


# ---- recovery -------------------------------------------------------------------------------------------------


def test_the_known_weekly_price_is_recovered_by_the_31_march_definition(read):
    episodes, payments, _, _ = read
    costs = unit_costs(price_outturn(episodes, payments, 2018, 2018), episodes, "52.14")
    home = costs[costs["setting"] == HOME].iloc[0]
    assert home["weekly_by_31_march_gbp"] == pytest.approx(WEEKLY_GBP[HOME], rel=0.05)
    assert home["spend_gbp"] == pytest.approx(home["children_31_march"] * 52.14 * WEEKLY_GBP[HOME], rel=0.05)


def test_mean_fees_net_of_contributions_are_the_known_ones_in_2017_18():
    rows = the_payments().query("financial_year == '2017/18' and row_type != 'credit note' and child_id != ''")
    rows = rows[~rows["child_id"].str.startswith("P") & rows["weekly_fee"].ne("")]
    nights = (
        pd.to_datetime(rows["period_end"], dayfirst=True) - pd.to_datetime(rows["period_start"], dayfirst=True)
    ).dt.days + 1
    paid = pd.to_numeric(rows["amount"].str.replace("[£,]", "", regex=True))
    for setting, low, high in ((HOME, 2850, 3050), ("independent foster", 790, 850), ("in-house foster", 400, 550)):
        those = rows["placement_type"] == setting
        assert low < paid[those].sum() / (nights[those].sum() / 7) < high, setting


def test_the_dearest_tenth_take_about_four_tenths_of_the_spend(read):
    _, payments, _, _ = read
    assert 0.36 < concentration(payments, 2018, 2018)["dearest_share"].iloc[0] < 0.46


def test_buying_off_the_framework_is_dearer_for_homes_and_foster_agencies(read):
    _, payments, _, _ = read
    gap = framework_gap(payments, 2016, 2018)
    spot = gap[(gap["platform"] == "spot") & gap["setting"].isin((HOME, "independent foster"))]
    mean_gap = spot.groupby("setting")["dearer_than_framework"].mean()
    assert (mean_gap > 0.02).all()
    assert len(mean_gap) == 2


def test_prices_rise_from_year_to_year_and_faster_after_2017_18():
    levels = [price_level(HOME, year) for year in range(2011, 2026)]
    assert (np.diff(levels) > 0).all()
    assert levels[7] == 1
    assert levels[8] / levels[7] > levels[7] / levels[6]


# ---- blemishes: put in, and found -----------------------------------------------------------------------------


def test_every_blemish_is_there_and_is_found(read):
    _, payments, findings, treatments = read
    assert {"repeated row", "money typed as text", "late payment", "no child given"} <= set(findings.table["rule"])
    assert not findings.table["severity"].isin(("error", "refusal")).any()
    changed = treatments.table.set_index("rule")["rows_changed"]
    assert changed["payment runs on from a stay"] > 0
    assert changed["payment kept out: repeated row"] > 0
    table = reconcile_payments(payments).set_index("match")
    assert (table.loc[["stay", "part stay", "other child, same stay", "no child"], "rows"] > 0).all()
    assert table.loc["stay", "share_of_spend"] > 0.97


def test_re_keyed_children_are_listed_beside_an_unpaid_stay(read):
    episodes, payments, _, _ = read
    lost = payments.table[payments.table["match"] == "other child, same stay"]
    assert not set(lost["child"]) & set(episodes.table["child"])
    assert lost["child"].str.fullmatch(r"\d{6}").all()


def test_credit_notes_undo_overruns_to_the_penny(read):
    _, payments, _, _ = read
    table = payments.table
    credits = table[table["kind"] == "credit note"]
    assert len(credits) > 5
    assert (credits["amount_gbp"] < 0).all()
    for credit in credits.itertuples():
        same = table[(table["child"] == credit.child) & (table["provider_urn"] == credit.provider_urn)]
        assert ((same["end"] == credit.end) & (same["amount_gbp"] > -credit.amount_gbp)).any()


# ---- identities -----------------------------------------------------------------------------------------------


def test_without_blemishes_a_row_is_days_times_fee_over_seven_less_contributions():
    table = the_payments()
    rows = table[table["row_type"].eq("payment") & table["child_id"].ne("") & ~table["amount"].str.startswith("£")]
    start, end = (pd.to_datetime(rows[f"period_{name}"], dayfirst=True) for name in ("start", "end"))
    gross = ((end - start).dt.days + 1) * rows["weekly_fee"].astype(float) / 7
    given = rows[["health_contribution", "education_contribution"]].replace("", "0").astype(float).sum(axis=1)
    assert (gross - given - rows["amount"].astype(float)).abs().max() < 0.025


def test_nothing_is_paid_outside_the_years_or_for_care_that_is_free():
    table = the_payments()
    assert set(table["financial_year"]) == {"2015/16", "2016/17", "2017/18"}
    assert not set(table["placement_type"]) & {"with parents", "placed for adoption"}
    ends = pd.to_datetime(table["period_end"], dayfirst=True)
    assert (ends <= pd.Timestamp("2018-03-31")).all()


def test_a_change_of_legal_status_or_a_holiday_does_not_end_a_stay():
    histories = a_county(
        a_line(start="2016-06-01", end="2017-01-01", end_reason="X1", legal_status="C1"),
        a_line(start="2017-01-01", end="2017-02-01", end_reason="X1", start_reason="L"),
        a_line(start="2017-02-01", end="2017-02-08", end_reason="X1", start_reason="P", placement="T2"),
        a_line(start="2017-02-08", end=None, start_reason="P", placement="K2", provider="PR4", urn="SC991111"),
    )
    stays = stays_of(histories)
    assert stays["setting"].tolist() == ["in-house foster", HOME]
    assert stays["start"].dt.strftime("%Y-%m-%d").tolist() == ["2016-06-01", "2017-02-08"]
    assert stays["end"].dt.strftime("%Y-%m-%d").tolist() == ["2017-02-08", "2018-04-01"]


def test_one_child_in_one_home_is_paid_for_by_the_year_and_nothing_else():
    table = invent_payments(a_county(a_line(placement="K2", provider="PR4", urn="SC990007")), the_council(), SEED)
    fees = table[table["row_type"] == "payment"]
    assert fees["period_start"].tolist() == ["01/06/2016", "01/04/2017"]
    assert fees["period_end"].tolist() == ["31/03/2017", "31/03/2018"]
    assert len(set(table["child_id"])) == 1
    assert not (table == "nan").any(axis=None)


def test_a_seed_gives_the_same_bytes_and_another_seed_others():
    same = invent_payments(a_whole_county(), the_council(), SEED).to_csv()
    assert same == the_payments().to_csv()
    assert same != invent_payments(a_whole_county(), the_council(), SEED + 1).to_csv()


def test_the_file_is_under_the_councils_own_column_names_and_meaning_of_an_end():
    own = PaymentColumns(child="Mosaic ID", platform="", end_is="day after last paid")
    council = the_council().model_copy(update={"payment_columns": own})
    table = invent_payments(a_whole_county(), council, SEED)
    assert "Mosaic ID" in table.columns
    assert "procurement_platform" not in table.columns
    first, usual = table["period_end"].iloc[0], the_payments()["period_end"].iloc[0]
    assert pd.to_datetime(first, dayfirst=True) - pd.to_datetime(usual, dayfirst=True) == pd.Timedelta(days=1)


def test_providers_are_plainly_invented_and_no_stay_gives_no_rows():
    names = set(the_payments()["provider_name"])
    assert all(name.startswith("Invented") or name == "Own service" for name in names)
    at_home = a_county(a_line(placement="P1", provider="PR0", urn=""))
    assert invent_payments(at_home, the_council(), SEED).empty
