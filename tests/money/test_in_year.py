"""The year's position at a month's end: cuts, accruals, the rest of the year and the variance, to the penny."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import a_placement, make_episodes
from hypothesis import given, settings
from hypothesis import strategies as st
from money_builders import a_payment, make_payments

from cip_analysis.budget_settings import Budget
from cip_analysis.codes import SETTINGS
from cip_analysis.money.in_year import (
    LINES,
    InYearError,
    Position,
    ToDate,
    carry_unmatched,
    compare_budget,
    known_payments,
    months_between,
    run_rate,
    spend_to_date,
)
from cip_analysis.money.spend import UNMATCHED, price_outturn
from cip_analysis.settings import SettingsError, read_settings

SEPTEMBER, BILLED = date(2018, 9, 30), date(2018, 8, 1)
HOMES, FOSTER = "external residential", "in-house foster"
KINSHIP = 'setting = "kinship"\nbudget_gbp = 1\nchild_weeks = 1'
MONTHS = months_between(SEPTEMBER, date(2019, 3, 31))


def a_stay(**changes: object) -> dict[str, object]:
    """One child's open stay in a home from 1 June 2018."""
    home = {
        "child": "1",
        "start": "2018-06-01",
        "setting": HOMES,
        "placement": "children's home",
        "provider": "private",
    }
    return a_placement(**{**home, **changes})


def a_bill(start: str, end: str, gbp: float, **changes: object) -> dict[str, object]:
    """A payment for a child in a home, matched to the stay."""
    return a_payment(**{"start": start, "end": end, "amount_gbp": gbp, **changes})


def by_setting(spent: ToDate, column: str) -> dict[str, int]:
    """One column of the table, the settings where it is not nought."""
    told = spent.table.set_index("setting")[column]
    return {str(name): int(value) for name, value in told.items() if value}


def a_position(to_date: dict[str, int], rest: dict[str, list[int]], days: dict[str, float] | None = None) -> Position:
    """A position at September: pence to date by line, and pence a draw still to come, all in October."""
    table = pd.DataFrame({"setting": LINES, "children": 9, "child_days": 0, "unpaid_days": 0, "paid_pence": 0})
    table = table.assign(accrued_pence=0, paid_pence=[to_date.get(line, 0) for line in LINES])
    table = table.assign(child_days=[(days or {}).get(line, 0) for line in LINES])
    draws = len(next(iter(rest.values())))
    pence = np.zeros((draws, len(MONTHS), len(LINES)), dtype="int64")
    for line, drawn in rest.items():
        pence[:, 0, LINES.index(line)] = drawn
    spent = ToDate(SEPTEMBER, table, months_between(date(2018, 3, 31), SEPTEMBER), np.zeros(6, dtype="int64"))
    return Position(spent, MONTHS, pence, pence // 2, np.zeros((draws, len(MONTHS), len(SETTINGS))), "by hand")


def a_budget(*lines: tuple[str, float, float], year: str = "2018-19") -> Budget:
    """A budget of (setting, £, weeks)."""
    named = [{"setting": setting, "budget_gbp": gbp, "child_weeks": weeks} for setting, gbp, weeks in lines]
    return Budget.model_validate(
        {"title": "A budget", "financial_year": year, "source": "by hand", "owner": "nobody", "lines": named}
    )


# ---- what is known at the month's end ---------------------------------------------------------------------------


def test_a_bill_over_a_month_is_known_up_to_the_day_by_its_days():
    """£300 for 30 nights of September, cut after the tenth: £100."""
    known = known_payments(make_payments([a_bill("2018-09-01", "2018-10-01", 300)]), date(2018, 9, 10), BILLED).table
    assert known["amount_gbp"].tolist() == [100.0]
    assert known["end"].tolist() == [pd.Timestamp(2018, 9, 11)]


def test_a_late_bill_is_known_only_up_to_the_night_such_bills_had_come_for():
    """£10 a night from 1 June: 62 nights to 1 August are billed by then, not the 122 to 30 September."""
    late = a_bill("2018-06-01", "2018-12-01", 1830, kind="late payment")
    unseen = a_bill("2018-08-02", "2018-09-01", 300, kind="late payment")
    known = known_payments(make_payments([late, unseen]), SEPTEMBER, BILLED).table
    assert known["amount_gbp"].tolist() == [620.0]


@settings(deadline=None)
@given(st.integers(-10_000_000, 10_000_000), st.integers(1, 365), st.integers(0, 364))
def test_whatever_the_cut_no_penny_is_made_and_a_cut_at_the_end_changes_nothing(pence, nights, cut):
    opened = pd.Timestamp(2018, 4, 1)
    paid = make_payments([a_bill(str(opened), str(opened + pd.Timedelta(days=nights)), pence / 100)])
    known = known_payments(paid, (opened + pd.Timedelta(days=cut)).date(), BILLED).table["amount_gbp"].sum()
    assert abs(round(known * 100) - pence * min(cut + 1, nights) / nights) <= 0.5
    whole = known_payments(paid, date(2019, 3, 31), BILLED).table
    assert whole["amount_gbp"].tolist() == paid.table["amount_gbp"].tolist()


def test_the_payments_given_are_left_as_they_were():
    paid = make_payments([a_bill("2018-09-01", "2018-10-01", 300)])
    before = paid.table.copy()
    known_payments(paid, date(2018, 9, 10), BILLED)
    pd.testing.assert_frame_equal(paid.table, before)


# ---- accruals ---------------------------------------------------------------------------------------------------


def test_nights_not_billed_yet_are_accrued_at_the_childs_own_fee():
    """Billed at £10 a night to 1 August; the 60 nights from 2 August to 30 September are owed: £600."""
    episodes = make_episodes([a_stay()], "2018-09-30")
    late = make_payments([a_bill("2018-06-01", "2018-12-01", 1830, kind="late payment")])
    spent = spend_to_date(episodes, known_payments(late, SEPTEMBER, BILLED), BILLED)
    assert by_setting(spent, "paid_pence") == {HOMES: 62_000}
    assert by_setting(spent, "accrued_pence") == {HOMES: 60_000}
    assert by_setting(spent, "unpaid_days") == {HOMES: 60}
    assert spent.by_month.tolist() == [0, 0, 30_000, 31_000, 31_000, 30_000]


def test_a_new_stay_without_a_bill_is_accrued_at_what_its_settings_nights_cost():
    """The other child's nights cost £20; nobody in that setting went unpaid the year before: 10 nights, £200."""
    episodes = make_episodes([a_stay(), a_stay(child="2", start="2018-09-21")], "2018-09-30")
    paid = make_payments([a_bill("2018-06-01", "2018-10-01", 2440)])
    spent = spend_to_date(episodes, paid, BILLED)
    assert by_setting(spent, "accrued_pence") == {HOMES: 20_000}


def test_a_new_stay_is_accrued_for_the_share_of_its_setting_that_was_ever_paid_for():
    """Last year one of two such children was never paid for, on as many nights: half of £20 for 10 nights, £100."""
    before = {"start": "2018-01-01", "end": "2018-02-01"}
    stays = [a_stay(), a_stay(child="2", start="2018-09-21"), a_stay(child="3", **before), a_stay(child="4", **before)]
    paid = [a_bill("2018-06-01", "2018-10-01", 2440), a_bill("2018-01-01", "2018-02-01", 620, child="3")]
    spent = spend_to_date(make_episodes(stays, "2018-09-30"), make_payments(paid), BILLED)
    assert by_setting(spent, "accrued_pence") == {HOMES: 10_000}


def test_a_stay_that_nobody_has_billed_for_long_is_not_accrued():
    episodes = make_episodes([a_stay(), a_stay(child="2", start="2018-05-01")], "2018-09-30")
    spent = spend_to_date(episodes, make_payments([a_bill("2018-06-01", "2018-10-01", 1220)]), BILLED)
    assert by_setting(spent, "accrued_pence") == {}


def test_a_stay_since_an_earlier_year_is_not_taken_for_a_new_one():
    """In April all the year's nights are after the day that bills had come for; the stay is old all the same."""
    episodes = make_episodes([a_stay(), a_stay(child="2", start="2016-05-01")], "2018-06-30")
    spent = spend_to_date(episodes, make_payments([a_bill("2018-06-01", "2018-07-01", 300)]), date(2018, 5, 1))
    assert by_setting(spent, "accrued_pence") == {}


def test_what_the_file_itself_accrues_is_accrued_and_not_paid_and_not_accrued_again():
    episodes = make_episodes([a_stay()], "2018-09-30")
    rows = [a_bill("2018-06-01", "2018-09-01", 920), a_bill("2018-09-01", "2018-10-01", 300, kind="accrual")]
    spent = spend_to_date(episodes, make_payments(rows), BILLED)
    assert (by_setting(spent, "paid_pence"), by_setting(spent, "accrued_pence")) == ({HOMES: 92_000}, {HOMES: 30_000})


def test_without_payments_every_night_is_at_the_assumed_price():
    """122 nights at £700 a week, £100 a night."""
    nobody = make_payments([a_bill("2018-06-01", "2018-07-01", 300)])
    none = type(nobody)(nobody.table.iloc[:0])
    spent = spend_to_date(make_episodes([a_stay()], "2018-09-30"), none, BILLED, {HOMES: 700.0})
    assert by_setting(spent, "accrued_pence") == {HOMES: 1_220_000}
    assert spent.by_month.sum() == 1_220_000


def test_a_closed_year_is_its_outturn_to_the_penny_with_nothing_accrued():
    episodes = make_episodes([a_stay(), a_stay(child="2", start="2018-09-21")], "2019-03-31")
    rows = [a_bill("2018-06-01", "2019-04-01", 3333.33), a_bill("2018-06-03", "2018-06-04", -0.01, child=None,
                                                                match="no child", kind="credit note")]  # fmt: skip
    paid = make_payments(rows)
    spent = spend_to_date(episodes, paid, date(2019, 3, 31))
    outturn = price_outturn(episodes, paid, 2019, 2019).table.set_index("setting")["spend_gbp"]
    assert by_setting(spent, "accrued_pence") == {}
    assert {name: round(gbp * 100) for name, gbp in outturn.items() if gbp} == by_setting(spent, "paid_pence")
    assert spent.by_month.sum() == spent.pence.sum() == 333_332


# ---- the rest of the year ---------------------------------------------------------------------------------------


def test_to_date_and_the_rest_are_the_outturn_of_every_draw_to_the_penny():
    position = a_position({HOMES: 1_000_001, UNMATCHED: 7}, {HOMES: [5, 6, 8], FOSTER: [1, 2, 3]})
    assert position.outturn[:, LINES.index(HOMES)].tolist() == [1_000_006, 1_000_007, 1_000_009]
    assert (position.outturn.sum(axis=1) - position.pence.sum(axis=(1, 2))).tolist() == [1_000_008] * 3
    assert position.expected.sum() == 1_000_007 + 2 + 7


def test_what_children_already_in_care_cost_cannot_be_more_than_everyone_does():
    good = a_position({}, {HOMES: [100]})
    with pytest.raises(InYearError, match="cost more than all"):
        Position(good.to_date, MONTHS, good.pence, good.pence + 1, good.days, "")
    with pytest.raises(InYearError, match="shape"):
        Position(good.to_date, MONTHS[1:], good.pence, good.pence, good.days, "")


def test_payments_that_meet_no_stay_go_on_by_the_night():
    """£183 over the 183 nights to September: £31 in October, £30 in November, and £182 to the year's end."""
    ahead = carry_unmatched(a_position({UNMATCHED: 18_300}, {HOMES: [0]}).to_date, MONTHS)
    assert ahead.tolist() == [3_100, 3_000, 3_100, 3_100, 2_800, 3_100]


def test_the_run_rate_is_spend_so_far_by_twelve_over_the_months_gone():
    assert run_rate(a_position({HOMES: 600_000}, {HOMES: [0]}).to_date) == 1_200_000


# ---- against the budget -----------------------------------------------------------------------------------------


def test_the_variance_is_weeks_and_price_as_a_hand_would_take_it_apart():
    """100 weeks at £10 budgeted, 110 weeks at £12 forecast: +£320, £100 of it weeks and £220 price."""
    position = a_position({HOMES: 132_000}, {HOMES: [0]}, {HOMES: 770.0})
    told = compare_budget(position, a_budget((HOMES, 1000.0, 100.0))).set_index("setting").loc[HOMES]
    assert told[["variance_gbp", "volume_gbp", "mix_gbp", "price_gbp"]].tolist() == [320.0, 100.0, 0.0, 220.0]
    assert told[["budget_weeks", "outturn_weeks"]].tolist() == [100.0, 110.0]


def test_every_line_and_every_driver_adds_up_to_the_penny_whatever_was_spent():
    chance = np.random.default_rng(20180706)
    spent = {line: int(pence) for line, pence in zip(LINES, chance.integers(1, 10**9, len(LINES)), strict=True)}
    days = {line: float(some) for line, some in zip(SETTINGS, chance.integers(1, 9000, len(SETTINGS)), strict=True)}
    position = a_position(spent, {HOMES: [1, 2]}, days)
    told = compare_budget(position, a_budget((HOMES, 1234.56, 7.0), (FOSTER, 99999.99, 333.3)))
    pence = (told.filter(like="_gbp") * 100).round().astype("int64")
    parts = pence[["volume_gbp", "mix_gbp", "price_gbp", "without_days_gbp"]].sum(axis=1)
    assert (parts == pence["variance_gbp"]).all()
    assert (pence["outturn_gbp"] - pence["budget_gbp"] == pence["variance_gbp"]).all()
    assert pence["outturn_gbp"].sum() == position.expected.sum()


def test_payments_that_met_no_stay_are_a_variance_of_their_own():
    position = a_position({HOMES: 100_000, UNMATCHED: 5_000}, {HOMES: [0]}, {HOMES: 700.0})
    told = compare_budget(position, a_budget((HOMES, 1000.0, 100.0))).set_index("setting")
    assert told.loc[UNMATCHED, ["variance_gbp", "without_days_gbp"]].tolist() == [50.0, 50.0]
    assert told.loc[HOMES, "variance_gbp"] == 0


def test_a_budget_of_another_year_is_not_held_against_this_one():
    with pytest.raises(InYearError, match="2017-18"):
        compare_budget(a_position({}, {HOMES: [0]}), a_budget((HOMES, 1.0, 1.0), year="2017-18"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('setting = "caravan"\nbudget_gbp = 1\nchild_weeks = 1', "not a setting"),
        ('setting = "kinship"\nbudget_gbp = 1.005\nchild_weeks = 1', "finer than a penny"),
        ('setting = "kinship"\nbudget_gbp = 1', "child_weeks"),
        ('setting = "kinship"\nbudget_gbp = -1\nchild_weeks = 1', "greater than or equal to 0"),
        (f"{KINSHIP}\n[[lines]]\n{KINSHIP}", "more than one"),
    ],
)  # fmt: skip
def test_a_budget_that_cannot_be_used_is_refused_in_words(tmp_path: Path, wrong, said):
    path = tmp_path / "budget.toml"
    head = 'title = "B"\nfinancial_year = "2018-19"\nsource = "s"\nowner = "o"\n[[lines]]\n'
    path.write_text(head + wrong, encoding="utf-8")
    with pytest.raises(SettingsError, match=said):
        read_settings(path, Budget)


def test_a_budget_for_years_that_do_not_follow_is_refused():
    with pytest.raises(ValueError, match="2018-20 is not a financial year"):
        a_budget((HOMES, 1.0, 1.0), year="2018-20")
