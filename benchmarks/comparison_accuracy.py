"""How right comparisons with others are: every authority treated in turn at dates when nothing happened.

    python benchmarks/comparison_accuracy.py PANEL.csv NEIGHBOURS.csv [--to data/reference/comparison_scorecard.csv]

Three years after each start from 2016 to 2021, those before from 2010. Falls are then put into each authority's own
years after. Two sets of others: every authority, and the ten statistical neighbours. Figures: docs/accuracy.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from cip_analysis.impact.comparing.placebo import Placebos, try_everyone, try_one
from cip_analysis.impact.comparison import METHODS, ComparisonOverTimeError, Panelled, make_panel
from cip_analysis.records import Comparators
from cip_analysis.returns.published import read_neighbours, read_published

STARTS, FIRST, AFTER = range(2016, 2022), 2010, 3
PLANTED = (0.0, -0.05, -0.15, -0.30)
EVERYONE, NEIGHBOURS = "every authority", "ten statistical neighbours"
LEVELS = {EVERYONE: (0.05, 0.10), NEIGHBOURS: (0.10, 0.20)}
SCORE_COLUMNS = ["others", "way", "planted_share", "level_share", "n", "called_share", "mean_found_share", "held_share"]


def main() -> None:
    """Write the scorecard, and print it."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("panel", type=Path)
    asked.add_argument("neighbours", type=Path)
    asked.add_argument("--to", type=Path, default=Path("data/reference/comparison_scorecard.csv"))
    told = asked.parse_args()
    figures, near = read_published(told.panel), read_neighbours(told.neighbours, "2021")
    scored = pd.concat([score_everyone(figures), score_neighbours(figures, near)], ignore_index=True)
    scored.to_csv(told.to, index=False, float_format="%.4f")
    print(scored.to_string(index=False, float_format=lambda value: f"{value:.3f}"))


def score_everyone(figures: Comparators) -> pd.DataFrame:
    """Every authority treated in turn, all others its others."""
    tried: dict[str, list[Placebos]] = {way: [] for way in METHODS}
    for start in STARTS:
        panel = _whole(figures, range(FIRST, start + AFTER))
        for way, how in METHODS.items():
            before = start - FIRST
            found = [try_one(panel, unit, before, how) for unit in range(len(panel))]
            ratios = np.array([one.ratio for one in found])
            tried[way] += [replace(one, ratios=np.delete(ratios, place)) for place, one in enumerate(found)]
    return _score(EVERYONE, tried)


def score_neighbours(figures: Comparators, near: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Every authority treated in turn, its ten neighbours its others, each of them tried as the method does."""
    tried: dict[str, list[Placebos]] = {way: [] for way in METHODS}
    for start in STARTS:
        for code, others in near.items():
            panel = _panel_of(figures, code, others, range(FIRST, start + AFTER))
            if panel is None or len(panel.areas) < 11:
                continue
            for way, how in METHODS.items():
                tried[way].append(try_everyone(panel.logs, 0, start - FIRST, how))
    return _score(NEIGHBOURS, tried)


def _whole(figures: Comparators, years: range) -> np.ndarray:
    """Logarithms of every authority with a figure in every year."""
    codes = sorted(figures.table.loc[figures.table["level"].eq("authority"), "area_code"].unique())
    for first in codes:
        panel = _panel_of(figures, first, [code for code in codes if code != first], years)
        if panel is not None:
            return panel.logs
    raise SystemExit("No authority covers the years.")


def _panel_of(figures: Comparators, code: str, others: Sequence[str], years: range) -> Panelled | None:
    try:
        return make_panel(figures, code, list(others), years)
    except ComparisonOverTimeError:
        return None


def _score(others: str, tried: Mapping[str, Sequence[Placebos]]) -> pd.DataFrame:
    """How often each planted fall is called, how large it is found, and how often its range holds it."""
    rows = []
    for way, every in tried.items():
        for planted in PLANTED:
            moved = [_planted(one, planted) for one in every]
            found = float(np.mean([np.expm1(one.effect) for one in moved]))
            for level in LEVELS[others]:
                called = float(np.mean([one.chance <= level + 1e-9 for one in moved]))
                held = float(np.mean([_holds(one, planted, level) for one in moved]))
                rows.append((others, way, planted, level, len(moved), called, found, held))
    return pd.DataFrame(rows, columns=SCORE_COLUMNS)


def _planted(one: Placebos, planted: float) -> Placebos:
    return replace(one, effect=one.effect + float(np.log1p(planted)))


def _holds(one: Placebos, planted: float, level: float) -> bool:
    low, high = one.interval(level)
    return bool(low <= planted <= high)


if __name__ == "__main__":
    main()
