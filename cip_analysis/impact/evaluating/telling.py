"""An evaluation in tables and sentences for a page, before outcomes and after. Written for whoever decides."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from cip_analysis.evaluation_settings import AS_REGISTERED, CHANGED, EvaluationPlan
from cip_analysis.impact.evaluating.finding import Findable
from cip_analysis.impact.interrupted import NAIVE, OURS, ROBUST, Interrupted

SEEN, WITHOUT, LOW, HIGH = "weeks as they came", "without the programme, estimated", "low end", "high end"
WAYS = {
    OURS: "This page's: months carry over, because children stay",
    NAIVE: "Each month taken as news of its own",
    ROBUST: "The same, with Newey-West errors",
}
SHORT_HASH = 12


# ---- the plan ---------------------------------------------------------------------------------------------------


def list_plan(plan: EvaluationPlan) -> pd.DataFrame:
    """What a plan says, a row a matter: matter, said."""
    after = f"{_month(plan.start)} to {_month(plan.post_to)}"
    said = {
        "Programme": plan.programme,
        "Outcome": plan.outcome,
        "Whose weeks": f"{', '.join(plan.settings)}; {', '.join(plan.ages) or 'every age'}",
        "Begins, and is in full": f"{_day(plan.start)}, {_day(plan.in_full)}",
        "Weeks follow": f"over {plan.follow_months:g} months on average" if plan.follow_months else "at once",
        "Months before": f"{_month(plan.pre_from)} to {_month(plan.pre_to)}",
        "Months after": after,
        "Left out": "; ".join(f"{_month(one.begins)} to {_month(one.to)}: {one.because}" for one in plan.left_out)
        or "none",
        "Method that decides": plan.method,
        "Shown beside it": ", ".join(plan.also) or "nothing",
        "Compared with": ", ".join(plan.comparators) or "its own months before",
        "Effect worth finding": f"{_percent(plan.effect)}, once all of it has come",
        "Chances": f"a false alarm {plan.alpha:.0%}, finding that effect {plan.power:.0%}",
        "Who says so": plan.source,
        "Who answers for it": plan.owner,
        "Agreed": f"{_day(plan.agreed)}, outcomes {'seen' if plan.outcomes_seen else 'not seen'}",
        "Note": plan.note or "none",
    }
    return pd.DataFrame({"matter": list(said), "what_the_plan_says": list(said.values())})


def say_standing(standing: str, digest: str, registered: date | None) -> str:
    """Whether the plan is as it was registered, in a sentence with the beginning of its hash."""
    mark = f"its hash begins {digest[:SHORT_HASH]}"
    if standing == AS_REGISTERED and registered:
        return f"The plan is as it was registered on {_day(registered)}; {mark}."
    if standing == CHANGED and registered:
        return (
            f"This plan was changed after it was registered, on {_day(registered)}: {mark}, which is not the one "
            "registered. What is found under it was not promised beforehand."
        )
    return f"The plan is not in the register, so nothing holds anyone to it: {mark}."


# ---- what could be found ----------------------------------------------------------------------------------------


def say_findable(findable: Findable, plan: EvaluationPlan) -> str:
    """Whether a design could answer, in two or three sentences."""
    chance = f"it would find {_fewer(plan.effect)}, the effect worth finding, {findable.at_effect:.0%} of the time"
    least = (
        f"Judging by the {findable.months_before} months before that are known, it would take a fall of "
        f"{findable.fall:.0%} to be found {plan.power:.0%} of the time."
    )
    if findable.is_enough:
        return f"This design can answer: {chance}. {least}"
    return f"This design alone cannot answer: {chance}. {least} Finding nothing would not mean that nothing came."


def say_finding(findable: Findable, plan: EvaluationPlan) -> str:
    """The page in two sentences."""
    if findable.is_enough:
        return (
            f"The design can answer: an effect of {_percent(plan.effect)} on weeks of care would be found "
            f"{findable.at_effect:.0%} of the time. It is written down before outcomes, and so is what would count."
        )
    return (
        f"One county's weeks of care cannot tell an effect of {_percent(plan.effect)} from luck: it would be found "
        f"{findable.at_effect:.0%} of the time. So it must rest on children followed one by one as well, and a "
        "contract that pays on this series alone would pay on luck."
    )


def title_findable(findable: Findable, plan: EvaluationPlan) -> str:
    """The same for a chart's title."""
    verb = "would" if findable.is_enough else "would seldom"
    return f"This design {verb} find {_fewer(plan.effect)}; it needs a fall of about {findable.fall:.0%}"


def draw_power(findable: Findable, children: int) -> pd.DataFrame:
    """The chance of finding each fall: fall_in_weeks, in words, chance_of_finding, and children behind the series."""
    curve = findable.curve
    words = [f"{fall:.0%}" if fall else "none" for fall in curve["fall_share"]]
    return pd.DataFrame({"fall_in_weeks": words, "chance_of_finding": curve["chance_of_finding"], "children": children})


# ---- what was found ---------------------------------------------------------------------------------------------


def draw_path(found: Interrupted, children: int) -> pd.DataFrame:
    """Weeks by month as they came and as they would have been: month, line, child_weeks, children_now."""
    path = found.path.set_index("month")
    lines = {SEEN: "seen_weeks", WITHOUT: "without_weeks", LOW: "low_weeks", HIGH: "high_weeks"}
    parts = [pd.DataFrame({"month": path.index, "line": name, "child_weeks": path[column].to_numpy()})
             for name, column in lines.items()]  # fmt: skip
    return pd.concat(parts, ignore_index=True).dropna().assign(children_now=children)


def list_found(found: Interrupted, children: int) -> pd.DataFrame:
    """What each way of reckoning says: way, change_share, low_share, high_share, chance_by_luck, children_now."""
    table = found.ways.rename(columns={"change": "change_share", "low": "low_share", "high": "high_share"})
    table = table.assign(way=table["way"].map(WAYS).astype("str"), chance_by_luck=table["p_value"].clip(lower=0.001))
    return table.drop(columns="p_value").assign(children_now=children)


def say_found(found: Interrupted) -> str:
    """What an interrupted series found, in two sentences."""
    ends = f"between {_percent(found.low)} and {_percent(found.high)}"
    changed = f"Weeks of care changed by {_percent(found.change)}, {ends}"
    luck = f"as much or more would come by luck {_chance(found.p_value)}"
    if found.is_found:
        return f"{changed}, by more than luck moves them: {luck}."
    return f"{changed}: not told from luck ({luck}). Not that nothing came: these months cannot tell."


def say_planted(found: Interrupted) -> str:
    """What was put in beside what was found, in a sentence; blank where nothing was."""
    planted = found.plan.planted
    if planted is None:
        return ""
    held = "holds" if found.low <= planted <= found.high else "misses"
    put_in, change = _percent(planted), _percent(found.change)
    return f"What was put in is {put_in}; what was found is {change}. The range {held} the truth."


def title_path(found: Interrupted) -> str:
    """The finding of the series, for a chart's title."""
    if not found.is_found:
        return "Weeks with the programme cannot be told from those without"
    way = "fewer" if found.change < 0 else "more"
    return f"About {abs(found.change):.0%} {way} weeks than without the programme"


def say_carried(found: Interrupted) -> str:
    """How months carry over, and what that does to a test, in two sentences."""
    return (
        f"One month's deviation from the trend goes with the next's at a correlation of {found.carried:.2f}, because "
        f"most children are the same ones. So an effect must lie {found.needed:.1f} standard errors from nought, where "
        "textbooks ask for about two, to be told from luck."
    )


def list_futures(futures: pd.DataFrame) -> pd.DataFrame:
    """How each way did on every invented future, named for a page."""
    names = {
        "false_alarm_share": "share_of_false_alarms", "found_share": "share_that_find_the_effect",
        "held_share": "share_of_ranges_that_hold_the_truth",
    }  # fmt: skip
    told = futures["futures"].astype("int64").astype("str")
    return futures.assign(way=futures["way"].map(WAYS).astype("str"), futures=told).rename(columns=names)


def list_record(trials: pd.DataFrame) -> pd.DataFrame:
    """Trials on invented counties, a row a design and county: how often an effect was called, by what was put in."""
    called = {"chance_of_a_false_alarm_here": (OURS, 0.0), "chance_of_one_by_the_usual_way": (ROBUST, 0.0)}
    called |= {f"chance_of_calling_a_fall_of_{fall}": (OURS, -fall / 100) for fall in (5, 15, 30)}
    keyed = trials.set_index(["design", "county"])
    columns = {
        name: keyed[keyed["method"].eq(way) & keyed["planted_share"].eq(put_in)]["called_share"]
        for name, (way, put_in) in called.items()
    }
    return pd.DataFrame(columns).reindex(keyed.index.unique()).reset_index()


# ---- is it worth the money --------------------------------------------------------------------------------------


def list_worth(worth: pd.DataFrame, children: int) -> pd.DataFrame:
    """Value for money with £ in millions, and the children it rests on."""
    worth = worth.rename(columns={"programme_gbp_per_week": "cost_of_each_week_not_had_gbp"})
    money = {name: f"{name}_million" for name in ("worth_gbp", "programme_gbp", "net_gbp")}
    return (
        worth.assign(**{name: worth[name] / 1e6 for name in money}).rename(columns=money).assign(children_now=children)
    )


def say_worth(worth: pd.DataFrame) -> str:
    """Value for money in a sentence or two."""
    lines = worth.set_index("estimate")
    low, high = (float(lines["net_gbp"][end]) / 1e6 for end in ("low end", "high end"))
    per_week = float(lines["programme_gbp_per_week"]["estimate"])
    cost = f" Each week not had cost £{per_week:,.0f} of the programme." if np.isfinite(per_week) else ""
    if low < 0 < high:
        ends_said = f"{_million(low)} and {_million(high)}"
        return f"Whether it pays is not known: net of its cost it brings between {ends_said}.{cost}"
    verb = "brings" if high > 0 else "loses"
    ends = sorted((abs(low), abs(high)))
    return f"Net of its cost it {verb} between {_million(ends[0])} and {_million(ends[1])} over its months.{cost}"


# ---- what else it could be ----------------------------------------------------------------------------------------


def list_traps() -> pd.DataFrame:
    """What else moves weeks and money at the same time, and what is done about it: trap, what_it_does, what_is_done."""
    rows = [
        ("Regression to the mean", "The dearest children are picked when they are dearest, and fall back anyway",
         "Weeks of everyone in a setting are counted, picked or not; the page shows how far the dearest fall unaided"),
        ("A pandemic", "Courts, moves and homes stopped at once in the spring of 2020",
         "Months may be left out only by the plan, with the reason; other councils went through the same months"),
        ("A change of codes", "Supported placements for those of 16 and over are recorded under other codes from 2024",
         "The series is of children's homes and schools; a group that spans the change says so"),
        ("Prices", "Fees rise whatever is done, so spend rises while weeks fall",
         "Weeks are tested; prices come in after"),
        ("Other programmes", "Early help and fostering act on the same children in the same months",
         "No series can part them; the ledger of savings gives each child's week to one claim"),
        ("A trend that bends", "Growth that speeds up or stops is taken for an effect",
         "Comparators that bend likewise; the plan says which before outcomes are seen"),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["trap", "what_it_does", "what_is_done_about_it"])


# ---- words ------------------------------------------------------------------------------------------------------


def _percent(share: float) -> str:
    return f"{'−' if share < 0 else '+'}{abs(share):.0%}"


def _fewer(share: float) -> str:
    return f"{abs(share):.0%} {'fewer' if share < 0 else 'more'} weeks"


def _chance(chance: float) -> str:
    return "less than once in a hundred times" if chance < 0.01 else f"{chance:.0%} of the time"


def _million(value: float) -> str:
    return f"{'−' if value < 0 else ''}£{abs(value):.1f} million"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _month(day: date) -> str:
    return f"{day:%B %Y}"
