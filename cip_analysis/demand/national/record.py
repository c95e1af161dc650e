"""The national record in one small table: how right each method was, so that a page can show it without the panel."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cip_analysis.demand.national.backtest import Backtest, backtest_national, scorecard
from cip_analysis.demand.national.estimates import HORIZONS
from cip_analysis.records import Comparators
from cip_analysis.returns.reference.national import EVERY_ORIGIN, EVERY_SIZE, LATEST, RECORD_COLUMNS

GROUPS: tuple[tuple[str, ...], ...] = ((), ("origins",), ("size",))
"""What the record is told by: nothing, whether an origin settled the methods or confirms them, third of authorities."""


def national_record(scored: Backtest, latest: Backtest | None = None) -> pd.DataFrame:
    """Every scorecard below one another: columns of RECORD_COLUMNS, of which `origins` and `size` name the group.

    scored: every forecast, as `backtest_national` gives it. latest: those whose outturn came after its panel, scored
    apart under LATEST, because only a few authorities have them.
    """
    parts = [_told_by(scored, by) for by in GROUPS]
    if latest is not None:
        parts.append(_told_by(Backtest(latest.table.assign(origins=LATEST)), ("origins",)))
    return pd.concat(parts, ignore_index=True)[list(RECORD_COLUMNS)]


def score_latest(figures: Comparators, came: Comparators) -> Backtest:
    """Forecasts made from the panel whose outturn is later than its last year, in a file of what came since.

    came: later figures of some of the panel's authorities, of which only outturns are taken.
    Raises BacktestError where it holds no outturn after the panel's last.
    """
    last = int(figures.table["year"].max())
    made = backtest_national(figures, came, list(range(last + 1 - max(HORIZONS), last + 1))).table
    return Backtest(made[made["origin"] + made["horizon"] > last].reset_index(drop=True))


def _told_by(scored: Backtest, by: Sequence[str]) -> pd.DataFrame:
    """One scorecard with its group named, and which years and how many authorities stand behind it."""
    groups = list(by)
    about = scored.table.groupby([*groups, "measure"], observed=True).agg(
        first_origin=("origin", "min"), last_origin=("origin", "max"), authorities=("area_code", "nunique")
    )
    card = scorecard(scored, groups).merge(about.reset_index(), on=[*groups, "measure"], validate="many_to_one")
    named = {"origins": EVERY_ORIGIN, "size": EVERY_SIZE}
    return card.assign(**{name: every for name, every in named.items() if name not in groups})
