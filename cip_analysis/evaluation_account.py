"""A run's evaluations: the plan, what it could find, what was found, and what a page says of them.

    planned = open_evaluation(county, "config/evaluations/partnership-homes.toml")   # before outcomes
    example = play_example(county, "config/evaluations/worked-example.toml")         # invented years, a planted effect
    beside = follow_step_down(county, planned.plan)

Luck and worked futures are kept by content, so that nobody waits twice. Choices: docs/decisions/0032-evaluation.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from cip_analysis.codes import SETTINGS
from cip_analysis.costs import prices_today
from cip_analysis.demand.caseload import last_whole_month
from cip_analysis.demand.forecast import ForecastError, population_of
from cip_analysis.demand.simulate import simulate
from cip_analysis.evaluation_settings import (
    EvaluationPlan,
    check_registered,
    plan_hash,
    read_register,
)
from cip_analysis.forecasts import KEPT, asked_of, evidence_of, prepare_run
from cip_analysis.impact.evaluating.dearest import follow_dearest
from cip_analysis.impact.evaluating.design import DesignError, lay_out
from cip_analysis.impact.evaluating.finding import Findable, longer, what_is_findable
from cip_analysis.impact.evaluating.luck import Luck, draw_luck, luck_from
from cip_analysis.impact.evaluating.monthly import DAYS_IN_WEEK, Monthly, MonthlyError, count_weeks, populate
from cip_analysis.impact.evaluating.spells import SpellsError, find_spells
from cip_analysis.impact.evaluating.worth import value_for_money
from cip_analysis.impact.interrupted import (
    FEWEST_CHILDREN,
    NAIVE,
    OURS,
    ROBUST,
    Interrupted,
    InterruptedSeriesError,
    find_effect,
    other_ways,
    take_months,
)
from cip_analysis.impact.step_down import Following, StepDownError, SteppedDown, compare_cohorts
from cip_analysis.returns.reference.evaluations import SCORE_COLUMNS, read_trials
from cip_analysis.run import Run
from cip_analysis.settings import read_settings
from cip_analysis.store import code_files, fingerprint, keep_projection, keep_table

RECORD = "data/reference/evaluation_scorecard.csv"
FUTURES = 200
AFTER = (12, 24, 36, 48, 60)
FOLLOWED, JOINING = 24, 12


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """A plan before its outcomes.

    standing: whether it is as registered (evaluation_settings). digest: its hash; registered: the day, if it is.
    monthly: weeks of the months known so far. luck: of its design. findable: what the design could find. refused: why
    it could not be worked out, in which case the last three are none.
    """

    plan: EvaluationPlan
    standing: str
    digest: str
    registered: date | None
    monthly: Monthly | None = None
    luck: Luck | None = None
    findable: Findable | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A worked evaluation on invented years.

    evaluation: its plan and what could be found. found: on the middle future, with the effect put in. without: weeks
    of that future as it was. futures: how the method did on every future: `judge_futures`. children_now: in the plan's
    settings where the futures begin.
    """

    evaluation: Evaluation
    found: Interrupted
    without: Monthly
    futures: pd.DataFrame
    children_now: int


# ---- before outcomes --------------------------------------------------------------------------------------------


def read_plan(run: Run, path: str) -> Evaluation:
    """A plan and how it stands to the register beside it. Raises SettingsError naming the file and key at fault."""
    plan = read_settings(run.root / path, EvaluationPlan)
    register = read_register((run.root / path).parent)
    entry = register.plans.get(plan.key)
    return Evaluation(plan, check_registered(plan, register), plan_hash(plan), entry.registered if entry else None)


def open_evaluation(run: Run, path: str) -> Evaluation:
    """The plan, the months known of its series, and what it could find; or why not, in its `refused`."""
    read = read_plan(run, path)
    if not run.own_data:
        return _refuse(read, f"The plan is of {run.council.name}'s children. These returns are of others.")
    try:
        luck = luck_of(run, read.plan)
        monthly = weeks_of(run, read.plan)
        findable = what_is_findable(monthly, read.plan, luck, run.settings.seed)
    except (DesignError, MonthlyError, InterruptedSeriesError) as error:
        return _refuse(read, str(error))
    return Evaluation(read.plan, read.standing, read.digest, read.registered, monthly, luck, findable)


def _refuse(read: Evaluation, why: str) -> Evaluation:
    return Evaluation(read.plan, read.standing, read.digest, read.registered, refused=why)


def luck_of(run: Run, plan: EvaluationPlan) -> Luck:
    """What luck does under a plan's design, kept by the design."""
    design, seed = lay_out(plan), run.settings.seed
    name = fingerprint("luck of a series", design.at, design.matrix, design.tested, seed, code_files())
    return luck_from(keep_table(run.root / KEPT, name, lambda: draw_luck(design, seed).as_table()), design)


def weeks_of(run: Run, plan: EvaluationPlan) -> Monthly:
    """Weeks of the plan's series in the months that the returns know, with the population of the council's area."""
    known = last_whole_month(run.as_at)
    span = max(plan.pre_from, run.first_month.replace(day=1)), min(plan.post_to, known)
    if span[0] > span[1]:
        raise MonthlyError(f"{plan.key}: its months begin on {_day(plan.pre_from)}; the returns end before.")
    counted = count_weeks(run.episodes, span, plan.settings, plan.ages)
    return populate(counted, population_of(evidence_of(run), run.as_at))


def list_longer(run: Run, evaluation: Evaluation, months: Sequence[int] = AFTER) -> pd.DataFrame:
    """What the plan could find if outcomes were awaited for longer or less: awaited, smallest_fall_share, chance.

    awaited: months after the programme begins, in words. chance: of finding the plan's own effect.
    """
    rows = []
    for plan in longer(evaluation.plan, months):
        try:
            findable = what_is_findable(_known(evaluation), plan, luck_of(run, plan), run.settings.seed)
        except DesignError:
            continue
        rows.append((f"{findable.months_after} months", findable.fall, findable.at_effect))
    return pd.DataFrame(rows, columns=["awaited", "smallest_fall_share", "chance"])


def _known(evaluation: Evaluation) -> Monthly:
    """The months known; those of a plan that was refused are none, and nothing is asked of it."""
    if evaluation.monthly is None:
        raise MonthlyError(f"{evaluation.plan.key}: {evaluation.refused}")
    return evaluation.monthly


# ---- outcomes ---------------------------------------------------------------------------------------------------


def judge_plan(run: Run, evaluation: Evaluation) -> tuple[Interrupted | None, str]:
    """What was found; or none, and why: mostly because what it is about has not happened yet."""
    plan = evaluation.plan
    if evaluation.luck is None or evaluation.monthly is None:
        return None, evaluation.refused
    if last_whole_month(run.as_at) < plan.post_to:
        return None, (
            f"Outcomes are not there yet: the programme begins on {_day(plan.start)}, its months run to "
            f"{_day(plan.post_to)}, and the returns end on {_day(run.as_at)}. The plan says beforehand what will count."
        )
    try:
        return find_effect(evaluation.monthly, plan, evaluation.luck), ""
    except InterruptedSeriesError as error:
        return None, str(error)


def play_example(run: Run, path: str, futures: int = FUTURES) -> tuple[Example | None, str]:
    """A whole evaluation on futures played from the run's own returns, with the plan's effect put in; or why not.

    The future evaluated is the middle one by its weeks before the programme, whatever is found in it. Every future,
    with the effect and without, says how often the method is right.
    """
    read = read_plan(run, path)
    plan, origin = read.plan, last_whole_month(run.as_at)
    if plan.planted is None or plan.ages:
        return None, f"{plan.key}: a worked example needs `planted`, the effect to put in, and every age."
    if plan.pre_from <= origin:
        return (
            None,
            f"{plan.key}: its invented months begin before the returns end, {_day(origin)}. Give it later ones.",
        )
    months = (plan.post_to.year - origin.year) * 12 + plan.post_to.month - origin.month
    asked = asked_of(run, horizon_months=months, draws=futures)
    name = fingerprint("worked example", run.episodes, evidence_of(run), asked, run.capacity, code_files())
    try:
        luck = luck_of(run, plan)
        played = keep_projection(run.root / KEPT, name, lambda: simulate(prepare_run(run, asked)))
        places = [SETTINGS.index(setting) for setting in plan.settings]
        if (now := int(played.stock[0, 0][:, places].sum(dtype="int64"))) < max(
            FEWEST_CHILDREN, run.disclosure.threshold
        ):
            return None, f"{plan.key}: too few children live in {', '.join(plan.settings)} to play an example from."
        weeks = played.child_days[:, 1:, places].sum(axis=2, dtype="float64") / DAYS_IN_WEEK
        ends = pd.DatetimeIndex(played.months[1:])
        lift = _planted(plan, luck, ends)
        chosen = weeks[_middle(weeks, ends, plan)]
        first, found_on = (Monthly(ends, chosen * times, np.ones(len(ends)), None, True) for times in (1.0, lift))
        findable = what_is_findable(first, plan, luck, run.settings.seed)
        found = find_effect(found_on, plan, luck)
    except (ForecastError, DesignError, MonthlyError, InterruptedSeriesError) as error:
        return None, str(error)
    evaluation = Evaluation(plan, read.standing, read.digest, read.registered, first, luck, findable)
    made = fingerprint("futures judged", name, plan, luck.surprises)
    judged = keep_table(run.root / KEPT, made, lambda: judge_futures(weeks, ends, (plan, luck)))
    return Example(evaluation, found, first, judged, now), ""


def _middle(weeks: np.ndarray, months: pd.DatetimeIndex, plan: EvaluationPlan) -> int:
    """The future in the middle by its weeks before the programme: chosen before anything after is looked at."""
    before = weeks[:, months.isin(plan.months_before)].mean(axis=1)
    return int(np.argsort(before, kind="stable")[len(before) // 2])


def _planted(plan: EvaluationPlan, luck: Luck, months: pd.DatetimeIndex) -> np.ndarray:
    """What weeks are multiplied by, month by month, so that what is planted comes as the plan says it would."""
    at = luck.design.months.get_indexer(months)
    return np.where(at >= 0, np.exp(np.log1p(plan.planted or 0.0) * luck.design.acting.max(axis=1)[at]), 1.0)


def judge_futures(weeks: np.ndarray, months: pd.DatetimeIndex, tested: tuple[EvaluationPlan, Luck]) -> pd.DataFrame:
    """How the method, and two in common use, do on every future.

    Columns way, futures (those without a month of nobody: the others could not be judged), false_alarm_share (nothing
    put in), found_share, held_share (whose interval holds the truth).
    """
    plan, luck = tested
    truth = float(np.log1p(plan.planted or 0.0))
    at = months.get_indexer(luck.design.months)
    days = luck.design.months.days_in_month.to_numpy("float64")
    weeks = weeks[(weeks[:, at] > 0).all(axis=1)]
    judged = luck.judge(np.log(weeks[:, at] / days).T, plan.alpha)
    away = np.sign(truth) * (judged.effect + truth) > judged.reach
    rows = [(OURS, len(weeks), (np.abs(judged.effect) > judged.reach).mean(), away.mean(),
             (np.abs(judged.effect) <= judged.reach).mean())]  # fmt: skip
    ones = np.ones(len(months))
    others = [
        other_ways(take_months(Monthly(months, one, ones), luck.design), luck.design, plan.alpha) for one in weeks
    ]
    table = pd.DataFrame([row for future in others for row in future])
    low, high = np.log1p(table["low"]), np.log1p(table["high"])
    table = table.assign(alarm=(low > 0) | (high < 0), found=(high + truth < 0) if truth < 0 else (low + truth > 0))
    for way in (NAIVE, ROBUST):
        its = table[table["way"].eq(way)]
        rows.append((way, len(its), its["alarm"].mean(), its["found"].mean(), (~its["alarm"]).mean()))
    columns = ["way", "futures", "false_alarm_share", "found_share", "held_share"]
    return pd.DataFrame(rows, columns=columns).astype({"way": "str"})


def worth_of(run: Run, found: Interrupted) -> pd.DataFrame:
    """Value for money of an effect at today's prices: columns of impact/evaluating/worth.py."""
    return value_for_money(found, prices_today(run).weekly)


# ---- child by child ---------------------------------------------------------------------------------------------


def follow_step_down(run: Run, plan: EvaluationPlan) -> tuple[SteppedDown | None, str]:
    """Children of the plan's settings beside those like them before, over the two years to the end of the returns.

    Where the programme begins later, nothing was done to either: what is then found is luck, and how far luck reaches.
    """
    closes = pd.Timestamp(last_whole_month(run.as_at)) + pd.Timedelta(days=1)
    later = (closes - pd.DateOffset(months=FOLLOWED)).date()
    earlier = (closes - pd.DateOffset(months=2 * FOLLOWED)).date()
    if earlier < run.first_month.replace(day=1):
        return None, "The returns are of too few years to follow children for two of them and others like them before."
    following = Following(later, earlier, FOLLOWED, JOINING, run.as_at)
    try:
        return compare_cohorts(find_spells(run.episodes, plan.settings), following, run.settings.seed), ""
    except (StepDownError, SpellsError) as error:
        return None, str(error)


def follow_dearest_run(run: Run) -> pd.DataFrame:
    """The dearest tenth of each closed year a year later; no rows without payments."""
    return follow_dearest(run.episodes, run.payments, run.closed_years)


def track_record(run: Run) -> pd.DataFrame:
    """How right such evaluations have been on invented counties; no rows where the trials are not at hand."""
    path = run.root / RECORD
    return read_trials(path) if path.exists() else pd.DataFrame({name: [] for name in SCORE_COLUMNS})


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
