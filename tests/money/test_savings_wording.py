"""What is said of a ledger of savings is what its figures say, withheld ones included."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from savings_builders import a_claim

from cip_analysis.money.saving import wording
from cip_analysis.money.saving.telling import TOTAL, plan_lines, plan_marches, show_beside, show_profile

WHOLE = {"mean_saving_gbp": 690_000, "p10_saving_gbp": 6_000, "p50_saving_gbp": 590_000, "p90_saving_gbp": 1_460_000,
         "shortfall_at_p10_gbp": 6_464_000}  # fmt: skip


def weighed(alone, double):
    """One row of all claims, as released."""
    return pd.DataFrame({"claim": [TOTAL], "alone_gbp_million": [alone], "double_counted_gbp_million": [double],
                         "in_ledger_gbp_million": [alone - double]})  # fmt: skip


def test_the_answer_names_the_range_the_target_and_the_shortfall():
    said = wording.say_answer(WHOLE, "2020/21", 6_470_000)
    assert "likely to save £0.6 million after their running costs" in said
    assert "(between next to nothing and £1.5 million eight times in ten), against a target of £6.47 million" in said
    assert said.endswith("A poor case falls £6.5 million short of it.")
    assert wording.say_answer({**WHOLE, "shortfall_at_p10_gbp": 0}, "2020/21", 1.0).endswith("reaches it.")
    losing = {**WHOLE, "p10_saving_gbp": -1_100_000, "p50_saving_gbp": -800_000, "p90_saving_gbp": -500_000}
    assert "cost £0.8 million more to run than they save (a saving between −£1.1" in wording.say_answer(
        losing, "x", 1e6
    )


@pytest.mark.parametrize(
    ("alone", "double", "said"),
    [
        (2.7, 0.11, "Of that, £0.11 million is counted twice and is taken out: together they would save £2.6 million."),
        (2.7, 0.001, "next to nothing of it is counted twice"),
        (2.7, -0.4, "together they would save more, £3.1 million"),
        (float("nan"), float("nan"), "Too few children to show"),
    ],
)
def test_what_is_counted_twice_is_said_either_way(alone, double, said):
    assert said in wording.say_double(weighed(alone, double), "2020/21")


def test_what_is_cashable_is_said_withheld_or_none():
    row = pd.DataFrame({"p10_saving_gbp_million": [0.1], "p90_saving_gbp_million": [1.0]})
    assert "between £0.1 million and £1.0 million" in wording.say_cashable(row, "2020/21")
    assert "too few children" in wording.say_cashable(row.assign(p10_saving_gbp_million=None), "2020/21")
    assert wording.say_cashable(row.iloc[:0], "2020/21").startswith("None of it is cashable")


def test_the_finding_names_the_claims_that_cost_more_than_they_bring_and_none_that_is_withheld():
    net = pd.DataFrame({"claim": ["A", "B", "C", TOTAL], "net_gbp_million": [-0.1, None, 0.4, -9.0]})
    assert wording.say_finding(WHOLE, "2020/21", 6_900_000, net).endswith(
        "on average 10% of £6.9 million. A costs more than it brings by then, on average."
    )
    two = net.assign(net_gbp_million=[-0.1, -0.2, 0.4, 0.1])
    said = wording.say_finding(WHOLE, "2020/21", 6_900_000, two)
    assert said.endswith("A and B cost more than they bring by then, on average.")
    assert "costs more" not in wording.say_finding(WHOLE, "2020/21", 6_900_000, two.iloc[2:])


def test_a_spread_or_plan_that_is_withheld_is_not_told_in_a_title():
    names = {"p10_saving_gbp_million": [0.1, None], "p50_saving_gbp_million": [0.2, None],
             "p90_saving_gbp_million": [0.3, None]}  # fmt: skip
    spread = pd.DataFrame({"claim": ["A: in the ledger", "B: in the ledger"], **names})
    assert wording.say_spread(spread, "2020/21").startswith("A would save most in 2020/21: about £0.2 million")
    assert wording.say_spread(spread.iloc[1:], "2020/21").startswith("Too few children")
    lines = pd.DataFrame({"month": [pd.Timestamp("2021-03-31")] * 2, "line": ["a", "b"], "saving_gbp": [1.0, None]})
    assert wording.say_plan(lines) == "Too few children to show the plan"


def test_why_nothing_stands_beside_the_plan_depends_on_what_is_held():
    until = date(2018, 9, 30)
    assert "No register" in wording.say_register(False, True, False, until)
    assert "other children" in wording.say_register(False, False, True, until)
    assert "30 September 2018" in wording.say_register(True, True, True, until)


def test_a_profile_is_shown_in_millions_and_years_by_their_halves():
    profile = pd.DataFrame({"financial_year": [2021], "kind": ["cashable"], "mean_saving_gbp": [482_484.0],
                            "chance_of_target": [0.25], "shortfall_at_p10_gbp": [-1.0]})  # fmt: skip
    row = show_profile(profile).iloc[0]
    assert (row["in_the_year"], row["mean_saving_gbp_million"], row["chance_of_target"]) == ("2020/21", 0.48, 0.25)
    assert str(row["short_in_a_poor_case_gbp_million"]) == "0.0"


def test_delivered_beside_planned_is_told_by_title_in_whole_weeks_and_hundreds_of_pounds():
    month = pd.to_datetime(["2018-04-30", "2018-05-31"]).astype("datetime64[us]")
    both = pd.DataFrame({"claim": "first", "month": month, "p10_child_weeks": 1.4, "p50_child_weeks": 2.0,
                         "p90_child_weeks": 3.0, "p10_saving_gbp": 1_049.0, "p50_saving_gbp": 1_500.0,
                         "p90_saving_gbp": 2_000.0, "children": [2.0, None], "child_weeks": [1.9, None],
                         "saved_gbp": [1_234.5, None], "standing": ["within the plan", ""]})  # fmt: skip
    row = show_beside(both, [a_claim()]).iloc[0]
    assert row[["claim", "children", "child_weeks", "saved_gbp", "p10_saving_gbp"]].tolist() == [
        "The first claim", 2, 2.0, 1_200.0, 1_000.0,
    ]  # fmt: skip
    assert len(show_beside(both, [a_claim()])) == 1
    assert show_beside(both.iloc[:0], []).empty


def test_the_plan_is_drawn_from_the_first_start_and_told_in_marches_once_begun():
    months = pd.date_range("2018-04-30", periods=36, freq="ME")
    spread = {f"{point}_{what}": 1234.4 for point in ("p10", "p50", "p90") for what in ("child_weeks", "saving_gbp")}
    planned = pd.concat([pd.DataFrame({"claim": key, "month": months, **spread}) for key in ("first", "all claims")])
    claims = [a_claim(start=date(2019, 4, 1))]
    drawn = plan_lines(planned, claims, 2021, 9)
    assert (drawn["month"].min(), drawn["month"].max()) == (pd.Timestamp("2019-04-30"), pd.Timestamp("2021-03-31"))
    told = plan_marches(planned, claims, {"first": 9}, 2021)
    assert told["month"].dt.year.tolist() == [2020, 2021]
    assert told[["p50_child_weeks", "p50_saving_gbp"]].to_numpy().tolist() == [[1234, 1000]] * 2
