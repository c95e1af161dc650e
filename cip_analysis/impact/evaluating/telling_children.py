"""Children followed one by one, and the dearest a year later, in tables and sentences for a page."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from cip_analysis.evaluation_settings import EvaluationPlan
from cip_analysis.impact.step_down import SteppedDown

MARKS = (6, 12, 18, 24)


# ---- child by child ---------------------------------------------------------------------------------------------


def draw_stepping(compared: SteppedDown) -> pd.DataFrame:
    """How many had stepped down: after, cohort, children, children_stepped_down, share_stepped_down.

    The share allows for those not followed so long, and for matching.
    """
    later, earlier = f"from {_month(compared.following.later)}", f"like them, from {_month(compared.following.earlier)}"
    marks = compared.course[compared.course["months"].isin(MARKS)]
    sides = (("earlier", earlier, compared.earlier), ("later", later, compared.later))
    parts = [
        pd.DataFrame(
            {"after": marks["months"].map("{} months".format), "cohort": name, "children": children,
             "children_stepped_down": marks[f"{side}_stepped"], "share_stepped_down": marks[f"{side}_share"].round(2)}
        )
        for side, name, children in sides
    ]  # fmt: skip
    return pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)


def title_stepping(compared: SteppedDown) -> str:
    """Whether cohorts differ, for a chart's title."""
    if compared.low <= 0 <= compared.high:
        return "As many stepped down as children like them did before, as far as luck lets one tell"
    return f"{_points(compared.difference)} stepped down than children like them before"


def say_untouched(compared: SteppedDown, plan: EvaluationPlan) -> str:
    """What the difference is of: luck alone where the programme had not begun."""
    if compared.following.known_to < plan.start:
        return (
            "Nothing was done to either of these cohorts: the programme had not begun. The difference between them is "
            "how far luck reaches, and what a programme would have to beat."
        )
    return f"The programme began on {_day(plan.start)}; the earlier children are from before it where they could be."


def list_ways_out(compared: SteppedDown) -> pd.DataFrame:
    """The first way out of both cohorts after two years: way_out, children, leavers and share of each."""
    ways = compared.ways.assign(later_children=compared.later, earlier_children=compared.earlier)
    return ways.assign(**{name: ways[name].round(2) for name in ("later_share", "earlier_share")})


def say_stepping(compared: SteppedDown) -> str:
    """The difference between the cohorts in two sentences."""
    ends = f"between {_points(compared.low)} and {_points(compared.high)}"
    told = "not told from luck" if compared.low <= 0 <= compared.high else "more than luck"
    return (
        f"Beside children like them before, {_points(compared.difference)} stepped down in two years ({ends}): {told}. "
        f"Only a difference of {_points(compared.findable, signed=False)} or more would be found four times in five."
    )


# ---- the dearest ------------------------------------------------------------------------------------------------


def pool_dearest(years: pd.DataFrame) -> dict[str, float]:
    """The dearest of every year together, each child there still in the next counted once a year.

    then, later, as_others, regressed: £ a week. fall: share of `then`. regression_share: of the fall beyond what all
    children's costs did. No rows give noughts.
    """
    still = (years["dearest_children"] - years["gone_children"]).to_numpy("float64")
    if not still.sum():
        return dict.fromkeys(("then", "later", "as_others", "regressed", "fall", "regression_share"), 0.0)
    means = {name: float(np.average(years[f"{name}_gbp_per_week"], weights=still))
             for name in ("then", "later", "as_others", "regressed")}  # fmt: skip
    fell = means["as_others"] - means["later"]
    explained = (means["as_others"] - means["regressed"]) / fell if fell > 0 else 0.0
    return means | {"fall": 1 - means["later"] / means["then"], "regression_share": explained}


def say_dearest(pooled: dict[str, float]) -> str:
    """What the dearest children's cost did with nothing done, in two sentences."""
    if pooled["fall"] <= 0:
        return "The dearest children of a year did not cost less in the next."
    return (
        f"Children among the dearest tenth of one year, and still in care in the next, cost {pooled['fall']:.0%} less "
        "a week then, with no programme at all. The tie between one year's cost and the next's, which is luck running "
        f"out, explains {_about(pooled['regression_share'])} of the fall beyond what everyone's cost did."
    )


def list_dearest(years: pd.DataFrame) -> pd.DataFrame:
    """The dearest of each year a year later, for a page."""
    still = years["dearest_children"] - years["gone_children"]
    names = {"as_others_gbp_per_week": "had_they_moved_as_all_did_gbp_per_week",
             "regressed_gbp_per_week": "by_regression_alone_gbp_per_week"}  # fmt: skip
    shown = years.assign(still_in_care_children=still).rename(columns=names)
    kept = ["financial_year", "still_in_care_children", "gone_children", "then_gbp_per_week", *names.values(),
            "later_gbp_per_week", "providers"]  # fmt: skip
    return shown[kept]


# ---- words ------------------------------------------------------------------------------------------------------


def _points(share: float, signed: bool = True) -> str:
    """A difference of shares as children in a hundred."""
    number = f"{abs(share) * 100:.0f}"
    if not signed:
        return f"{number} in a hundred"
    return f"{number} in a hundred {'fewer' if share < 0 else 'more'}"


def _about(share: float) -> str:
    return "all" if share >= 0.95 else f"about {share:.0%}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _month(day: date) -> str:
    return f"{day:%B %Y}"
