"""A council beside others on published statistics, before and after: difference in differences, synthetic control.

    panel = make_panel(comparators, code, donors, years)     # -> Panelled, whole, areas left out named
    compared = compare(panel, start=2020)                    # each way of standing for the council, with placebos
    find_smallest(panel, after=3)                            # what it could find, from the years before alone

The same children do not live in published figures: they tell of all children looked after, not of a programme's own.
Choices: docs/decisions/0033-comparison-with-others.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cip_analysis.impact.comparing.placebo import (
    WIDEST_FIT,
    PlaceboError,
    Placebos,
    leave_each_out,
    smallest_found,
    try_everyone,
)
from cip_analysis.impact.comparing.weighting import CLASSIC, Panel, Weighting
from cip_analysis.records import Comparators
from cip_analysis.returns.published import LOOKED_AFTER, latest

__all__ = [
    "CLASSIC", "METHODS", "Compared", "ComparisonOverTimeError", "Panelled", "PlaceboError", "Placebos", "Weighting",
    "compare", "find_smallest", "list_compared", "list_gaps", "list_left_out", "list_weights", "make_panel",
]  # fmt: skip

FEWEST_BEFORE, FEWEST_CHILDREN = 4, 20
METHODS: Mapping[str, Weighting | None] = {
    "difference in differences": None,
    "synthetic control, on its course": Weighting(),
    "synthetic control, on its level": CLASSIC,
}
"""How the council is stood for -> the weighting; none weighs all alike."""

DEFAULT = "synthetic control, on its course"


class ComparisonOverTimeError(ValueError):
    """Others cannot stand for the council over the years asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Panelled:
    """The council, first, and those that may stand for it: a number for each in every year.

    areas: names in their order, the council first. years: ascending, no gap. logs: natural logarithms, area x year.
    left_out: areas that do not cover the years, or are too small, and why.
    """

    areas: tuple[str, ...]
    years: tuple[int, ...]
    logs: Panel
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """One way of standing for the council, and what chance makes of it. before: how many of the years come first."""

    method: str
    panel: Panelled
    before: int
    placebos: Placebos

    @property
    def share(self) -> float:
        """The change found, as a share: -0.1 is a tenth fewer than what stands for it."""
        return float(np.expm1(self.placebos.effect))

    @property
    def fits(self) -> bool:
        """Whether the years before are followed closely enough to reckon with."""
        return self.placebos.fit <= WIDEST_FIT


def make_panel(
    comparators: Comparators, council: str, donors: Sequence[str], years: Sequence[int], measure: str = LOOKED_AFTER
) -> Panelled:
    """Counts of the council and of those that may stand for it, over a run of years; the last figure held of each.

    A donor without a figure in every year (a boundary moved, a symbol stands there) or with fewer than FEWEST_CHILDREN
    is left out and named. Raises ComparisonOverTimeError where the council itself lacks a year, is among the donors, or
    fewer than two donors are left.
    """
    wanted = sorted(years)
    if council in donors:
        raise ComparisonOverTimeError(f"{council} is among those that are to stand for it. Take it out of the donors.")
    if wanted != list(range(wanted[0], wanted[-1] + 1)):
        raise ComparisonOverTimeError("The years do not run on without a gap.")
    figures = latest(comparators).table
    held = figures[(figures["measure"] == measure) & figures["area_code"].isin([council, *donors])]
    names = held.drop_duplicates("area_code").set_index("area_code")["area"].to_dict()
    wide = held.pivot_table(index="area_code", columns="year", values="value").reindex(columns=wanted)
    reasons = {code: reason for code in [council, *donors] if (reason := _why_not(wide, code, names.get(code, code)))}
    if council in reasons:
        raise ComparisonOverTimeError(f"{reasons[council]} It cannot be compared over these years.")
    kept = [code for code in donors if code not in reasons]
    if len(kept) < 2:
        raise ComparisonOverTimeError(
            f"{len(kept)} of {len(donors)} others cover {wanted[0]} to {wanted[-1]}: {' '.join(reasons.values())} Name "
            "more neighbours in the council's file, or published figures that hold them."
        )
    rows = wide.loc[[council, *kept]].to_numpy(dtype="float64")
    return Panelled(
        tuple(str(names[code]) for code in [council, *kept]), tuple(wanted), np.log(rows), tuple(reasons.values())
    )


def compare(panel: Panelled, start: int) -> tuple[Compared, ...]:
    """The council from `start` on beside what stands for it, every way of METHODS.

    start: the first year that could hold an effect. Raises ComparisonOverTimeError where it lies outside the years or
    too few come before.
    """
    before = _years_before(panel, start)
    return tuple(
        Compared(method, panel, before, try_everyone(panel.logs, 0, before, how)) for method, how in METHODS.items()
    )


def find_smallest(panel: Panelled, after: int, alpha: float = 0.05, power: float = 0.8) -> float:
    """The smallest fall, as a share below nought, that `after` years would show, from the panel's years alone.

    panel: of years before the programme only. Its own last years stand for those after. Not a number where there are
    too few others for anything to be found at `alpha`.
    """
    before = _years_before(panel, panel.years[-1] - after + 1)
    return smallest_found(try_everyone(panel.logs, 0, before, METHODS[DEFAULT]), alpha, power)


def _years_before(panel: Panelled, start: int) -> int:
    before = sum(year < start for year in panel.years)
    if before < FEWEST_BEFORE or start > panel.years[-1]:
        raise ComparisonOverTimeError(
            f"{before} years come before {start} in {panel.years[0]} to {panel.years[-1]}: at least {FEWEST_BEFORE} "
            "must, and one after. Take earlier years in, or another start."
        )
    return before


def _why_not(wide: pd.DataFrame, code: str, name: str) -> str:
    """Why an area cannot be part of the panel; blank where it can."""
    if code not in wide.index:
        return f"{name}: no figure is held."
    counts = wide.loc[[code]].to_numpy(dtype="float64")[0]
    if absent := [str(year) for year, value in zip(wide.columns, counts, strict=True) if np.isnan(value)]:
        return f"{name}: no figure for {', '.join(absent)}."
    return f"{name}: fewer than {FEWEST_CHILDREN} children in a year." if counts.min() < FEWEST_CHILDREN else ""


# ---- for a page -------------------------------------------------------------------------------------------------


def list_compared(compared: Sequence[Compared], alpha: float) -> pd.DataFrame:
    """Every way beside the others: way, change_share, low_share, high_share (at 1 - alpha; blank where too few others),
    chance_by_luck, fit_share (how far apart before, on average), follows (words).
    """
    rows = []
    for one in compared:
        low, high = one.placebos.interval(alpha)
        bounded = np.isfinite(one.placebos.reach(alpha))
        rows.append(
            {"way": one.method, "change_share": one.share, "low_share": low if bounded else np.nan,
             "high_share": high if bounded else np.nan, "chance_by_luck": one.placebos.chance,
             "fit_share": one.placebos.fit, "follows": "closely enough" if one.fits else "too loosely to reckon with"}
        )  # fmt: skip
    return pd.DataFrame(rows)


def list_gaps(one: Compared) -> pd.DataFrame:
    """The council and what stands for it by year: year, line, children (worked out; indices of its own first year)."""
    own, apart = one.panel.logs[0], one.placebos.gaps
    stand_in = own - apart
    parts = {one.panel.areas[0]: own, "what stands for it": stand_in}
    rows = [(year, name, float(100 * np.exp(value - own[0]))) for name, line in parts.items()
            for year, value in zip(one.panel.years, line, strict=True)]  # fmt: skip
    return pd.DataFrame(rows, columns=["year", "line", "index_first_year_100"])


def list_weights(one: Compared, least: float = 0.01) -> pd.DataFrame:
    """Who stands for the council and how the effect would be without each: area, weight_share, change_without_share.

    Those that weigh less than `least` are left out.
    """
    without = leave_each_out(one.panel.logs, 0, one.before, METHODS[one.method])
    table = pd.DataFrame(
        {"area": one.panel.areas[1:], "weight_share": one.placebos.weights, "change_without_share": np.expm1(without)}
    )
    ordered = table[table["weight_share"] >= least].sort_values("weight_share", ascending=False, kind="stable")
    return ordered.reset_index(drop=True)


def list_left_out(panel: Panelled) -> str:
    """Who was left out and why, in one sentence; blank where nobody was."""
    return f"Left out: {' '.join(panel.left_out)}" if panel.left_out else ""
