"""How right interrupted series are: false alarms, power and bias on invented counties with effects put in.

    python benchmarks/evaluation_accuracy.py [--series 1000] [--to data/reference/evaluation_scorecard.csv]

Three invented counties: the run's own, played forward child by child with every drift the forecast knows of; the same
with its drifts off; and one in which children come and go one by one at steady rates. Three designs. Falls of nought,
5%, 15%, 30% and 50% are put into each series as the plan says they would come. Beside our way, where nothing is put in,
two in common use. What the months before foretold is the mean over a tenth of the series. Figures: docs/accuracy.md.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from cip_analysis.codes import SETTINGS
from cip_analysis.demand.inputs import ModelInputs, stream
from cip_analysis.demand.simulate import simulate
from cip_analysis.evaluation_settings import EvaluationPlan
from cip_analysis.forecasts import asked_of, prepare_run
from cip_analysis.impact.evaluating.design import lay_out
from cip_analysis.impact.evaluating.finding import what_is_findable
from cip_analysis.impact.evaluating.luck import Luck, draw_luck
from cip_analysis.impact.evaluating.monthly import DAYS_IN_WEEK, Monthly
from cip_analysis.impact.interrupted import NAIVE, OURS, ROBUST, other_ways, take_months
from cip_analysis.returns.reference.evaluations import SCORE_COLUMNS
from cip_analysis.run import open_run

RUN, SETTING = "config/runs/autumn-2018.toml", "external residential"
PLANTED = (0.0, -0.05, -0.15, -0.30, -0.50)
MONTHS, WORN_OFF = 132, 24
DRIFTING, CALM, STEADY = "this one, with its drifts", "this one, drifts off", "steady, one by one"
DESIGNS = {
    "60 months before, 36 after; weeks follow over 6 months": (2020, 2025, 2028, 6, 6.0),
    "60 months before, 36 after; in full within a year": (2020, 2025, 2028, 12, 0.0),
    "24 months before, 24 after; in full within half a year": (2020, 2022, 2024, 6, 0.0),
}


def main() -> None:
    """Write the scorecard, and print it."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--series", type=int, default=1000)
    asked.add_argument("--to", type=Path, default=Path("data/reference/evaluation_scorecard.csv"))
    told = asked.parse_args()
    rows = []
    months, counties = invent_counties(told.series)
    for design, terms in DESIGNS.items():
        plan = make_plan(*terms)
        luck = draw_luck(lay_out(plan), 20180706)
        for county, weeks in counties.items():
            rows += score(weeks, months, plan, luck, {"county": county, "design": design})
            print(f"{county}; {design}: done", flush=True)
    table = pd.DataFrame(rows)[list(SCORE_COLUMNS)].round(4)
    told.to.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(told.to, index=False)
    print(table.to_string())


def make_plan(first: int, start: int, last: int, ramp_months: int, follow: float) -> EvaluationPlan:
    """A plan whose months run from April of `first`, with a programme from April of `start`, to March of `last`."""
    full = (pd.Timestamp(start, 4, 1) + pd.DateOffset(months=ramp_months)).date()
    return EvaluationPlan(
        key="trial", title="trial", programme="invented", outcome="weeks", settings=(SETTING,), start=date(start, 4, 1),
        full_by=full, follow_months=follow, pre_from=date(first, 4, 1), pre_to=date(start, 3, 31),
        post_to=date(last, 3, 31), effect=-0.15, source="invented", owner="nobody", agreed=date(2018, 7, 6),
    )  # fmt: skip


def invent_counties(series: int) -> tuple[pd.DatetimeIndex, dict[str, np.ndarray]]:
    """Weeks of care by series and month of each invented county, once what it began with has worn off."""
    run = open_run(RUN, check=False)
    inputs = prepare_run(run, asked_of(run, horizon_months=MONTHS, draws=series))
    drifting, calm = (simulate(one) for one in (inputs, without_drifts(inputs)))
    months = pd.DatetimeIndex(drifting.months[1:])
    place = SETTINGS.index(SETTING)
    weeks = {DRIFTING: drifting.child_days[:, 1:, place] / DAYS_IN_WEEK,
             CALM: calm.child_days[:, 1:, place] / DAYS_IN_WEEK, STEADY: come_and_go(series, months)}  # fmt: skip
    return months[WORN_OFF:], {name: every[:, WORN_OFF:] for name, every in weeks.items()}


def without_drifts(inputs: ModelInputs) -> ModelInputs:
    """The same county with every level as it is expected, so that luck is children's alone."""
    starts, alone = (np.broadcast_to(levels.mean(axis=0), levels.shape).copy()
                     for levels in (inputs.starts, inputs.starts_unaccompanied))  # fmt: skip
    return replace(inputs, starts=starts, starts_unaccompanied=alone, leave_drift=np.ones_like(inputs.leave_drift),
                   move_drift=np.ones_like(inputs.move_drift))  # fmt: skip


def come_and_go(series: int, months: pd.DatetimeIndex, children: float = 60.0, stay_months: float = 12.0) -> np.ndarray:
    """Weeks where children come one by one at a steady rate and stay so long on average: series x month."""
    chance, parts = stream(20180706, "steady county"), 4
    stay = np.exp(-1 / (stay_months * parts))
    there = chance.poisson(children, series)
    out = np.empty((series, len(months)))
    for place, days in enumerate(months.days_in_month):
        seen = np.zeros(series)
        for _part in range(parts):
            there = chance.binomial(there, stay) + chance.poisson(children * (1 - stay), series)
            seen += there
        out[:, place] = seen / parts * days / DAYS_IN_WEEK
    return out


def score(
    weeks: np.ndarray, months: pd.DatetimeIndex, plan: EvaluationPlan, luck: Luck, names: dict[str, str]
) -> list[dict[str, object]]:
    """How every series of a county came out, a row an effect put in; where none was, also by two ways in common use."""
    at, days = months.get_indexer(luck.design.months), luck.design.months.days_in_month.to_numpy("float64")
    logs = np.log(weeks[:, at] / days).T
    rising, foretold = luck.design.acting.max(axis=1), foretell(weeks, months, plan, luck)
    rows = []
    for planted in PLANTED:
        truth = np.log1p(planted)
        judged = luck.judge(logs + (truth * rising)[:, None], plan.alpha)
        called = np.abs(judged.effect) > judged.reach if not planted else judged.effect < -judged.reach
        held = np.abs(judged.effect - truth) <= judged.reach
        rows.append({**names, "method": OURS, "planted_share": planted, "series": len(weeks),
                     "called_share": called.mean(), "mean_found_share": np.expm1(judged.effect.mean()),
                     "held_share": held.mean(), "predicted_share": foretold.get(-planted)})  # fmt: skip
    return rows + in_common_use(weeks, months, plan, luck, names)


def foretell(weeks: np.ndarray, months: pd.DatetimeIndex, plan: EvaluationPlan, luck: Luck) -> dict[float, float]:
    """The chance of finding each fall as the months before foretell it, the mean over a tenth of the series."""
    ones = np.ones(len(months))
    curves = [what_is_findable(Monthly(months, one, ones), plan, luck, number).curve.set_index("fall_share")
              for number, one in enumerate(weeks[: max(len(weeks) // 10, 1)])]  # fmt: skip
    return pd.concat(curves, axis=1).mean(axis=1).to_dict()


def in_common_use(
    weeks: np.ndarray, months: pd.DatetimeIndex, plan: EvaluationPlan, luck: Luck, names: dict[str, str]
) -> list[dict[str, object]]:
    """How often two ways in common use call an effect where there is none."""
    ones, design = np.ones(len(months)), luck.design
    seen = (take_months(Monthly(months, one, ones), design) for one in weeks)
    said = pd.DataFrame([row for one in seen for row in other_ways(one, design, plan.alpha)])
    rows = []
    for way in (NAIVE, ROBUST):
        its = said[said["way"].eq(way)]
        called = (its["low"] > 0) | (its["high"] < 0)
        rows.append({**names, "method": way, "planted_share": 0.0, "series": len(its), "called_share": called.mean(),
                     "mean_found_share": np.expm1(np.log1p(its["change"]).mean()), "held_share": (~called).mean(),
                     "predicted_share": None})  # fmt: skip
    return rows


if __name__ == "__main__":
    main()
