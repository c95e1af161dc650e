"""Within one setting, and child by child: the parts are the setting's own spend, and say what moved it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from builders import a_placement, make_episodes
from money_builders import a_payment, make_payments

from cip_analysis.codes import SETTINGS
from cip_analysis.money.change.splitting import DriversError
from cip_analysis.money.change.turnover import CONTINUING, GROUPS, LEFT, NEW, spend_turnover, turnover_steps
from cip_analysis.money.change.within import (
    CONTRIBUTED,
    FEES,
    NO_PLATFORM,
    SUPPORTED,
    WITHIN,
    WITHIN_WORDS,
    setting_parts,
    split_within,
)
from cip_analysis.money.drivers import steps_of, total_split
from cip_analysis.money.spend import UNMATCHED, price_outturn
from cip_analysis.records import Episodes, Payments
from cip_analysis.returns.finance import match_payments
from cip_analysis.returns.payments.cells import to_pence

HOME, FOSTER = "external residential", "independent foster"
KINDS = ["payment", "payment", "payment", "late payment", "additional support", "credit note"]
MONEY = [f"{name}_gbp" for name in WITHIN]


def a_home(child: str, start: str, end: str | None, **changes: object) -> dict[str, object]:
    return a_placement(child=child, start=start, end=end, **{"setting": HOME, "provider_urn": "SC001", **changes})


def a_bill(child: str, start: str, end: str, amount: float, **changes: object) -> dict[str, object]:
    return a_payment(child=child, start=start, end=end, amount_gbp=amount, **changes)


def a_county(seed: int, children: int = 120) -> tuple[Episodes, Payments]:
    """Invented stays and bills of every kind and platform, some for nobody, with contributions and awkward pence."""
    chance = np.random.default_rng(seed)
    starts = pd.Timestamp("2015-04-01") + pd.to_timedelta(chance.integers(0, 900, children), unit="D")
    lengths = pd.to_timedelta(chance.integers(20, 900, children), unit="D")
    ends = [end if end < pd.Timestamp("2018-03-31") else None for end in starts + lengths]
    homes = chance.choice([*SETTINGS[:4], HOME], children)
    stays = [a_placement(child=str(child), start=start, end=end, setting=home)
             for child, start, end, home in zip(range(children), starts, ends, homes, strict=True)]  # fmt: skip
    bills = 4 * children
    who, kinds = chance.integers(0, children + 4, bills), chance.choice(KINDS, bills)
    begins = pd.Timestamp("2015-04-01") + pd.to_timedelta(chance.integers(0, 1060, bills), unit="D")
    amounts = chance.normal(900, 500, bills).round(2)
    paid = [
        a_payment(
            child=str(child) if child < children else "", start=begin, end=begin + pd.Timedelta(days=28), setting="",
            kind=kind, amount_gbp=amount, platform=platform, health_gbp=float(given) / 7,
            education_gbp=float(given % 13),
        )
        for child, begin, kind, amount, platform, given in zip(
            who, begins, kinds, amounts, chance.choice(["framework", "spot", "block", ""], bills),
            chance.integers(0, 900, bills), strict=True)
    ]  # fmt: skip
    episodes = make_episodes(stays)
    return episodes, match_payments(make_payments(paid), episodes)[0]


# ---- one setting from within ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("setting", [HOME, *SETTINGS[:2]])
def test_the_parts_of_a_setting_are_its_spend_and_its_days(seed, setting):
    episodes, payments = a_county(seed)
    spend = price_outturn(episodes, payments, 2016, 2018).table.set_index(["setting", "financial_year"])
    for year in (2016, 2017, 2018):
        parts = setting_parts(episodes, payments, setting, year)
        assert to_pence(parts["spend_gbp"]).sum() == round(spend.loc[(setting, year), "spend_gbp"] * 100)
        days = parts.groupby("part")["child_days"].sum()
        assert days.tolist() == pytest.approx([spend.loc[(setting, year), "child_days"]] * 3)


@pytest.mark.parametrize("seed", range(6))
def test_a_setting_taken_apart_adds_up_to_the_penny_and_its_volume_is_that_of_the_whole(seed):
    episodes, payments = a_county(seed)
    before, after = (setting_parts(episodes, payments, HOME, year) for year in (2017, 2018))
    split = split_within(before, after, 1.03)
    pence = split[[*MONEY, "change_gbp"]].apply(to_pence)
    assert (pence[MONEY].sum(axis=1) == pence["change_gbp"]).all()
    spend = price_outturn(episodes, payments, 2017, 2018).table
    years = spend[spend["setting"].eq(HOME)].set_index("financial_year")
    total = total_split(split).iloc[0]
    assert total["change_gbp"] == pytest.approx(years["spend_gbp"].diff().iloc[-1], abs=1e-6)
    grown = years.loc[2018, "child_days"] / years.loc[2017, "child_days"] - 1
    assert total["volume_gbp"] == pytest.approx(years.loc[2017, "spend_gbp"] * grown, abs=0.05)


@pytest.mark.parametrize("seed", range(3))
def test_a_year_set_against_itself_moved_by_nothing(seed):
    episodes, payments = a_county(seed)
    parts = setting_parts(episodes, payments, HOME, 2018)
    assert (split_within(parts, parts, 1.0)[MONEY] == 0).all(axis=None)


def a_pair_of_years() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two children all of 2016/17, one on the framework and one spot; in 2017/18 the framework one alone, dearer."""
    episodes = make_episodes([a_home("1", "2016-04-01", None), a_home("2", "2016-04-01", "2017-04-01")])
    year, next_year = ("2016-04-01", "2017-04-01"), ("2017-04-01", "2018-04-01")
    payments = make_payments([
        a_bill("1", *year, 73_000.0, platform="framework"),
        a_bill("2", *year, 105_850.0, platform="spot", health_gbp=3_650.0),
        a_bill("2", *year, 7_300.0, platform="spot", kind="additional support"),
        a_bill("1", *next_year, 80_300.0, platform="framework", education_gbp=3_650.0),
        a_bill("1", *next_year, 10_950.0, platform="framework", kind="additional support"),
    ])  # fmt: skip
    return setting_parts(episodes, payments, HOME, 2017), setting_parts(episodes, payments, HOME, 2018)


def test_a_setting_by_hand():
    before, after = a_pair_of_years()
    # fees £200 a day on the framework and £300 spot, £250 on average; support £10; contributions £5
    assert before.set_index(["part", "platform"])["spend_gbp"].to_dict() == {
        (FEES, "framework"): 73_000, (FEES, "spot"): 109_500, (SUPPORTED, "all"): 7_300, (CONTRIBUTED, "all"): -3_650,
    }  # fmt: skip
    total = total_split(split_within(before, after, 1.05)).iloc[0]
    # half the days went: 365 × £255; nobody is spot any longer: 365 × £50 less; 365 × £205 × 5%; fees rose from £200 to
    # £230, £20 beyond inflation; support from £10 to £30, £19.50 beyond it; contributions from £5 to £10, £4.75 beyond
    assert total[MONEY].tolist() == [-93_075, -18_250, 3_741.25, 7_300, 7_117.5, -1_733.75, 0]
    assert total["change_gbp"] == 91_250 - 186_150


def test_the_steps_of_a_setting_name_its_own_elements_and_count_no_day_thrice():
    before, after = a_pair_of_years()
    split = split_within(before, after, 1.05)
    steps = steps_of(split, ("2016/17", "2017/18"), WITHIN_WORDS)
    assert steps["step"].tolist()[1:4] == [WITHIN_WORDS[name] for name in ("volume", "platform", "inflation")]
    assert to_pence(steps["spend_gbp"]).iloc[:-1].sum() == to_pence(steps["spend_gbp"]).iloc[-1]
    assert not [name for name in [*steps.columns, *total_split(split).columns] if name.startswith("child")]


def test_days_nobody_paid_a_fee_for_are_on_no_platform():
    episodes = make_episodes([a_home("1", "2016-04-01", None)])
    payments = make_payments([
        a_bill("1", "2016-04-01", "2017-04-01", 50.0, kind="additional support"),
        a_bill("1", "2016-04-01", "2017-04-01", -20.0, kind="credit note", platform=""),
    ])  # fmt: skip
    parts = setting_parts(episodes, payments, HOME, 2017).set_index("platform")
    assert parts.loc[NO_PLATFORM, ["child_days", "spend_gbp"]].tolist() == [365, -20]
    assert parts["spend_gbp"].sum() == 30


def test_a_setting_nobody_lived_in_before_is_refused():
    episodes = make_episodes([a_home("1", "2017-04-01", None)])
    payments = make_payments([a_bill("1", "2017-04-01", "2018-04-01", 50.0)])
    before, after = (setting_parts(episodes, payments, HOME, year) for year in (2017, 2018))
    with pytest.raises(DriversError, match="Nobody lived"):
        split_within(before, after, 1.0)


# ---- new, continuing and left ---------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("setting", ["all", HOME])
def test_new_continuing_and_left_add_up_to_the_change_to_the_penny(seed, setting):
    episodes, payments = a_county(seed)
    turnover = spend_turnover(episodes, payments, 2016, 2018, setting)
    pence = turnover[[name for name in turnover if name.endswith("_gbp")]].apply(to_pence)
    assert (pence["weeks_gbp"] + pence["weekly_cost_gbp"]).iloc[:3].tolist() == pence["change_gbp"].iloc[:3].tolist()
    assert (pence["after_gbp"] - pence["before_gbp"]).tolist() == pence["change_gbp"].tolist()
    spend = price_outturn(episodes, payments, 2016, 2018).table
    of = spend if setting == "all" else spend[spend["setting"].eq(setting)]
    years = of.assign(pence=to_pence(of["spend_gbp"])).groupby("financial_year")["pence"].sum()
    assert pence["before_gbp"].sum() == years[2016]
    assert pence["after_gbp"].sum() == years[2018]
    steps = turnover_steps(turnover, ("2015/16", "2017/18"))
    assert to_pence(steps["spend_gbp"]).iloc[:-1].sum() == to_pence(steps["spend_gbp"]).iloc[-1]


def test_who_came_and_went_by_hand():
    episodes = make_episodes([
        a_home("stays", "2016-10-01", None), a_home("leaves", "2016-04-01", "2016-04-15"),
        a_home("comes", "2018-03-01", None), a_home("free", "2016-04-01", None, setting="with parents"),
    ])  # fmt: skip
    payments = make_payments([
        a_bill("stays", "2016-10-01", "2017-04-01", 182 * 100.0), a_bill("leaves", "2016-04-01", "2016-04-15", 1_400.0),
        a_bill("stays", "2017-04-01", "2018-04-01", 365 * 110.0), a_bill("comes", "2018-03-01", "2018-04-01", 3_000.0),
        a_bill("", "2017-04-01", "2017-05-01", 70.0, match="no child"),
    ])  # fmt: skip
    turnover = spend_turnover(episodes, payments, 2017, 2018).set_index("group")
    assert turnover["children"].to_dict() == {LEFT: 1, CONTINUING: 1, NEW: 1, UNMATCHED: 1}
    assert turnover["change_gbp"].to_dict() == {LEFT: -1_400, CONTINUING: 21_950, NEW: 3_000, UNMATCHED: 70}
    # 183 more days at £100, and 365 days at £10 more
    assert turnover.loc[CONTINUING, ["weeks_gbp", "weekly_cost_gbp"]].tolist() == [18_300, 3_650]
    assert turnover.loc[LEFT, "child_weeks_before"] == 2


def test_a_child_who_moved_in_from_elsewhere_is_new_to_the_setting_and_continuing_in_care():
    episodes = make_episodes([
        a_home("1", "2016-04-01", "2017-04-01", setting=FOSTER), a_home("1", "2017-04-01", None),
    ])  # fmt: skip
    payments = make_payments([
        a_bill("1", "2016-04-01", "2017-04-01", 36_500.0, setting=FOSTER),
        a_bill("1", "2017-04-01", "2018-04-01", 146_000.0),
    ])  # fmt: skip
    whole = spend_turnover(episodes, payments, 2017, 2018).set_index("group")
    assert whole.loc[CONTINUING, ["weeks_gbp", "weekly_cost_gbp"]].tolist() == [0, 109_500]
    home = spend_turnover(episodes, payments, 2017, 2018, HOME).set_index("group")
    assert home["children"].to_dict() == {LEFT: 0, CONTINUING: 0, NEW: 1}
    assert list(GROUPS[:3]) == list(home.index)


def test_a_year_nobody_was_paid_for_in_is_refused():
    episodes, payments = a_county(1)
    with pytest.raises(DriversError, match="Nothing was paid"):
        spend_turnover(episodes, payments, 1999, 2000)
