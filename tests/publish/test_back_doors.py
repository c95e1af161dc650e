"""Each way round a withheld number: by its price, its share, its total, its rate or a change, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from cip_analysis.publish.disclosure import About, DisclosureError, release
from cip_analysis.settings import Disclosure

ABOUT = About("payments", date(2018, 3, 31), "£", rule=Disclosure())
EXACT = replace(ABOUT, rule=Disclosure(rounding_base=1))
SETTINGS = pd.DataFrame(
    {
        "setting": ["foster", "homes", "secure", "family centre", "kinship"],
        "children": [250, 100, 2, 7, 130],
        "providers": [16, 24, 2, 6, None],
        "child_weeks": [7000.0, 2800.0, 15.0, 30.0, 4000.0],
        "spend_gbp_million": [6.4, 9.7, 0.05, 0.08, 1.0],
    }
).astype({"providers": "Int64"})
SETTINGS = SETTINGS.assign(
    share_of_spend=SETTINGS["spend_gbp_million"] / SETTINGS["spend_gbp_million"].sum(),
    weekly_cost_gbp=SETTINGS["spend_gbp_million"] * 1e6 / SETTINGS["child_weeks"],
)
BASES = {
    "child_weeks": "children", "spend_gbp_million": "children", "share_of_spend": ["children", "spend_gbp_million"],
    "weekly_cost_gbp": ["children", "spend_gbp_million", "child_weeks"],
}  # fmt: skip


def spent(table: pd.DataFrame = SETTINGS, about: About = ABOUT, **told):
    known = {"adding": ["spend_gbp_million", "child_weeks"], "providers": {"spend_gbp_million": "providers"}, **told}
    return release(table, about, counts=["children"], plain=["setting"], bases=BASES, **known)


def withheld(released, column: str) -> list[str]:
    return released.table.loc[released.withheld[column].to_numpy(), "setting"].tolist()


def test_shares_of_all_spend_tell_its_total_so_a_sum_withheld_takes_another_with_it():
    # 0.05 of 17.23 is what the other shares lack of one; with the 0.08 withheld too, it may be anything up to 0.13
    shown = spent()
    assert withheld(shown, "children") == ["secure"]
    assert withheld(shown, "spend_gbp_million") == withheld(shown, "share_of_spend") == ["secure", "family centre"]


def test_a_price_is_withheld_wherever_the_pounds_or_the_weeks_are_because_one_gives_the_other():
    shown = spent()
    assert withheld(shown, "weekly_cost_gbp") == ["secure", "family centre"]
    assert withheld(shown, "child_weeks") == ["secure"]  # no total of weeks is shown, nor can be worked out


def test_without_a_total_or_shares_nothing_more_is_withheld():
    table = SETTINGS.drop(columns=["share_of_spend", "weekly_cost_gbp"])
    bases = dict.fromkeys(["child_weeks", "spend_gbp_million"], "children")
    shown = release(table, ABOUT, counts=["children"], plain=["setting", "providers"], bases=bases, adding=list(bases))
    assert withheld(shown, "spend_gbp_million") == ["secure"]


def test_a_total_beside_its_parts_takes_one_more_part_and_is_itself_shown():
    rows = pd.DataFrame(
        {"setting": ["a", "b", "c", "all"], "children": [3, 50, 60, 113], "spend_gbp": [90.0, 150, 400, 640]}
    )
    shown = release(
        rows, EXACT, counts=["children"], plain=["setting"], bases={"spend_gbp": "children"}, adding=["spend_gbp"]
    )
    assert withheld(shown, "spend_gbp") == ["a", "b"]


@pytest.mark.parametrize(("fewest", "hidden"), [(2, ["b", "c"]), (1, [])])
def test_what_one_provider_is_paid_is_withheld_and_cannot_be_worked_out(fewest, hidden):
    rows = pd.DataFrame(
        {
            "setting": ["a", "b", "c", "all"],
            "children": [90, 50, 60, 200],
            "providers": [5, 1, 2, 7],
            "spend_gbp": [900.0, 100, 200, 1200],
        }
    )
    about = replace(ABOUT, rule=Disclosure(fewest_providers=fewest))
    shown = release(rows, about, counts=["children"], plain=["setting"], bases={"spend_gbp": "children"},
                    adding=["spend_gbp"], providers={"spend_gbp": "providers"})  # fmt: skip
    assert withheld(shown, "spend_gbp") == hidden
    assert "providers" not in shown.table.columns


def test_a_cost_may_ask_for_more_children_than_a_count():
    about = replace(ABOUT, rule=Disclosure(fewest_children=10))
    shown = spent(about=about)
    assert withheld(shown, "children") == ["secure"]
    assert set(withheld(shown, "weekly_cost_gbp")) >= {"secure", "family centre"}


def test_a_price_over_the_children_of_one_day_is_worked_from_the_number_shown():
    # £6,552,000 over 63 children and 52 weeks is £2,000 a week; pounds ÷ price would tell the 63
    rows = pd.DataFrame(
        {"setting": ["homes"], "children": [63], "spend_gbp": [6_552_000.0], "weekly_cost_gbp": [2000.0]}
    )
    bases = {"spend_gbp": "children", "weekly_cost_gbp": ["children", "spend_gbp"]}
    shown = release(
        rows, ABOUT, counts=["children"], plain=["setting"], bases=bases, per={"weekly_cost_gbp": ["children"]}
    ).table
    assert shown["children"].tolist() == [65]
    assert shown["spend_gbp"].iloc[0] / shown["weekly_cost_gbp"].iloc[0] / 52 == pytest.approx(65)
    exact = release(
        rows, EXACT, counts=["children"], plain=["setting"], bases=bases, per={"weekly_cost_gbp": ["children"]}
    )
    assert exact.table["weekly_cost_gbp"].tolist() == [2000.0]


def test_a_change_from_a_withheld_year_is_withheld_because_the_other_year_would_give_it():
    rows = pd.DataFrame({"setting": ["a"], "children_before": [3], "children": [40], "spend_before_gbp": [80.0],
                         "spend_gbp": [120.0], "change_share": [0.5]})  # fmt: skip
    bases = {
        "spend_before_gbp": "children_before",
        "spend_gbp": "children",
        "change_share": ["spend_before_gbp", "spend_gbp"],
    }
    shown = release(rows, ABOUT, counts=["children_before", "children"], plain=["setting"], bases=bases)
    assert shown.withheld[["spend_before_gbp", "spend_gbp", "change_share"]].to_numpy().tolist() == [
        [True, False, True]
    ]


def test_a_share_over_some_labels_alone_tells_the_total_of_the_others():
    rows = pd.DataFrame(
        {
            "financial_year": [2018, 2018, 2018],
            "platform": ["framework", "spot", "other"],
            "children": [2, 40, 30],
            "spend_gbp": [10.0, 60, 30],
        }
    )
    rows = rows.assign(share_of_spend=rows["spend_gbp"] / 100)
    shown = release(rows, ABOUT, counts=["children"], plain=["financial_year", "platform"], adding=["spend_gbp"],
                    bases={"spend_gbp": "children", "share_of_spend": "spend_gbp"},
                    over={"share_of_spend": ["platform"]},
                    labels={"financial_year": "financial_year", "platform": "platform", "setting": "a"})  # fmt: skip
    told = shown.withheld[["spend_gbp", "share_of_spend"]].to_numpy().tolist()
    assert told == [[True, True], [False, False], [True, True]]


def test_a_value_divided_by_a_count_that_is_not_there_is_refused():
    with pytest.raises(DisclosureError, match="declared but not in the table"):
        spent(per={"price": ["children"]})


def test_nought_paid_to_one_provider_is_no_secret():
    rows = pd.DataFrame({"setting": ["a", "b"], "children": [50, 60], "providers": [1, 1], "spend_gbp": [0.0, 5.0]})
    shown = release(rows, ABOUT, counts=["children"], plain=["setting"], bases={"spend_gbp": "children"},
                    providers={"spend_gbp": "providers"})  # fmt: skip
    assert withheld(shown, "spend_gbp") == ["b"]
