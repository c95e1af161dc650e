"""Builders: tables of invented counts as a notebook lists them, and what an intruder with all of them finds."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd

from cip_analysis.publish.protection.audit import Shown, give_away
from cip_analysis.publish.protection.cells import Key, Listing, link
from cip_analysis.publish.protection.rounding import nearest
from cip_analysis.publish.protection.rulings import Ruled
from cip_analysis.settings import Disclosure


def some_counts(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    """Counts as a small county has them: a few large, many small, some nought."""
    chance = np.random.default_rng(seed)
    return chance.poisson(chance.gamma(0.5, 14.0, shape))


def a_table(inner: np.ndarray, names: tuple[str, ...], what: str = "children") -> Listing:
    """A table of as many labels as the counts have dimensions, with every total."""
    cells: dict[Key, int] = {}
    for picked in product(*[[*range(size), None] for size in inner.shape]):
        labels = frozenset((name, str(at)) for name, at in zip(names, picked, strict=True) if at is not None)
        at = tuple(slice(None) if one is None else one for one in picked)
        cells[what, labels] = int(inner[at].sum())
    return Listing(what, tuple(cells), tuple(cells.values()), what)


def found_out(listings: list[Listing], ruled: Ruled, rule: Disclosure) -> pd.DataFrame:
    """Small counts of which an intruder with everything shown learns more than that they are small."""
    cells = link(listings)
    shown = np.array([ruled[key].shown or 0 if key in ruled else 0 for key in cells.keys])
    withheld = np.array([key not in ruled or ruled[key].shown is None for key in cells.keys])
    least = 1 if rule.zeros_shown else 0
    near = bool((shown == nearest(cells.counts, rule.rounding_base))[~withheld].all())
    far = int(abs(shown - cells.counts)[~withheld].max(initial=0))
    seen = Shown(shown, withheld, rule.threshold, rule.rounding_base, least, near, far)
    small = (cells.counts >= least) & (cells.counts < rule.threshold) & (cells.printed | (cells.counts > 0))
    return give_away(cells, seen, small)
