"""A run's council beside others on published counts: what that could find, and what it finds where nothing happened.

    beside = set_beside(county, first_effect=2020)
    beside.compared; beside.smallest; beside.panel

Choices: docs/decisions/0033-comparison-with-others.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cip_analysis.impact.comparison import (
    DEFAULT,
    FEWEST_BEFORE,
    Compared,
    ComparisonOverTimeError,
    Panelled,
    compare,
    find_smallest,
    make_panel,
)
from cip_analysis.returns.published import LOOKED_AFTER, as_known_at, latest
from cip_analysis.returns.reference.comparisons import read_comparison_trials
from cip_analysis.run import Run

TRIALS = Path("data") / "reference" / "comparison_scorecard.csv"
AFTER = 3
MANY, STRICT, LOOSE = 39, 0.05, 0.20
"""Others from which a test at one in twenty has room to be sure; the level of the test with so many, and with fewer."""


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """The council beside others over published years.

    start: the first year held to be after; placebo: that nothing began then, so that whatever is found is chance.
    smallest: the smallest fall, as a share below nought, that so many years would show; not a number where none would.
    alpha: the level of the test that the number of others has room for.
    """

    panel: Panelled
    start: int
    placebo: bool
    compared: tuple[Compared, ...]
    smallest: float
    alpha: float

    @property
    def chosen(self) -> Compared:
        """The way that is used: the others are shown beside it."""
        return next(one for one in self.compared if one.method == DEFAULT)


def set_beside(run: Run, first_effect: int) -> tuple[Beside | None, str]:
    """The council beside its neighbours, or beside every authority where all are held; and why not, where it cannot be.

    Only what was published by the run's own day is looked at. first_effect: the first 31 March that could show an
    effect. Where no year so late is published, the last AFTER years stand for those after, though nothing had begun:
    what is found then is chance, and shows how far chance reaches.
    """
    published = as_known_at(run.comparators, run.as_at)
    figures = latest(published).table
    held = figures[figures["measure"].eq(LOOKED_AFTER) & figures["value"].notna()]
    own = held.loc[held["area_code"].eq(run.council.la_code), "year"]
    if not run.own_data or own.empty:
        return None, "No published figures of the council whose returns these are, so it is set beside no other."
    known = [int(year) for year in range(int(own.min()), int(own.max()) + 1)]
    placebo = first_effect > known[-1]
    start = known[-1] - AFTER + 1 if placebo else first_effect
    before = [year for year in known if year < first_effect]
    others = _others(run, held)
    alpha = STRICT if len(others) >= MANY else LOOSE
    try:
        panel = make_panel(published, run.council.la_code, others, known)
        early = make_panel(published, run.council.la_code, others, before)
        smallest = find_smallest(early, AFTER, alpha) if len(before) >= AFTER + FEWEST_BEFORE else float("nan")
        return Beside(panel, start, placebo, compare(panel, start), smallest, alpha), ""
    except ComparisonOverTimeError as error:
        return None, str(error)


def _others(run: Run, held: pd.DataFrame) -> list[str]:
    """Every authority where enough are held, the council's neighbours where they are not."""
    authorities = sorted(held.loc[held["level"].eq("authority"), "area_code"].unique())
    every = [code for code in authorities if code != run.council.la_code]
    return every if len(every) >= MANY else [code for code in run.council.neighbours if code in every]


def list_trials(run: Run, beside: Beside) -> pd.DataFrame:
    """How right the chosen way has been on every authority, with such others and at such a level: planted (words), n,
    called_share, mean_found_share, held_share. No rows where the trials are not held.
    """
    trials = read_comparison_trials(run.root / TRIALS)
    others = "every authority" if beside.alpha == STRICT else "ten statistical neighbours"
    chosen = trials[trials["others"].eq(others) & trials["way"].eq(DEFAULT)]
    chosen = chosen[np.isclose(chosen["level_share"].astype("float64"), beside.alpha)]
    planted = ["nothing" if not share else f"{share:.0%}".replace("-", "−") for share in chosen["planted_share"]]
    kept = chosen.assign(planted=planted, trials=chosen["n"])
    return kept[["planted", "trials", "called_share", "mean_found_share", "held_share"]].reset_index(drop=True)


def say_smallest(beside: Beside) -> str:
    """What comparison with others could find, from the years before alone."""
    others = f"{len(beside.panel.areas) - 1} other authorities"
    if np.isnan(beside.smallest):
        return f"Beside {others}, no fall in all children looked after would be told from chance in {AFTER} years."
    return (
        f"Beside {others}, the smallest fall in all children looked after that {AFTER} years would show four times in "
        f"five is {-beside.smallest:.0%}, by a test wrong one time in {round(1 / beside.alpha)}. A programme that "
        "moves children within care does not change that number at all."
    )


def say_found(beside: Beside) -> str:
    """What was found beside others, and what to make of it."""
    one = beside.chosen
    course = f"{abs(one.share):.0%} {'fewer' if one.share < 0 else 'more'} children than what stands for the council"
    chance = f"a gap as wide comes by chance {one.placebos.chance:.0%} of the time"
    if beside.placebo:
        return f"From {beside.start}, when nothing had begun: {course}; {chance}. So far does chance reach."
    loose = "" if one.fits else " The years before are followed too loosely to reckon with it."
    return f"From {beside.start}: {course}; {chance}.{loose}"


def title_course(beside: Beside) -> str:
    """What the chart of the council and what stands for it shows, as its title."""
    one, name = beside.chosen, beside.panel.areas[0]
    after = f"from {beside.start}, {'with nothing done' if beside.placebo else 'after the programme began'}"
    return f"{name} stood {abs(one.share):.0%} {'below' if one.share < 0 else 'above'} what stands for it {after}"
