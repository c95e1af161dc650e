"""The forecast as a page tells it: what stood in, what each scenario is and moves, and how right it has been."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cip_analysis.demand.backtest import Scored, track_record
from cip_analysis.demand.forecast import ALL
from cip_analysis.demand.scenarios import compare_scenarios
from cip_analysis.forecasts import Ahead
from cip_analysis.scenario_settings import Scenario

IN_ALL = "children in all"
MOVES = {"p10": "p10_difference", "p50": "p50_difference", "p90": "p90_difference"}
TOLD = (ALL, "in-house foster", "independent foster", "external residential")


def list_notes(ahead: Ahead) -> pd.DataFrame:
    """Every fallback taken, a row each: what_stood_in."""
    return pd.DataFrame({"what_stood_in": list(ahead.notes)}, dtype="str")


def describe_scenarios(scenarios: Sequence[Scenario]) -> pd.DataFrame:
    """Each scenario in words: scenario (its title), source, owner, note."""
    rows = [(one.title, one.source, one.owner, one.note) for one in scenarios]
    return pd.DataFrame(rows, columns=["scenario", "source", "owner", "note"], dtype="str")


def show_differences(ahead: Ahead, settings: Sequence[str] = TOLD) -> pd.DataFrame:
    """How far each scenario is from the baseline at the horizon, draw by draw, in children.

    Columns: scenario (its title), setting, baseline (the middle without it), p10_difference, p50_difference and
    p90_difference. Settings that no scenario moves by half a child are left out, and so are all where there is none.
    """
    compared = compare_scenarios(ahead.baseline, ahead.scenarios)
    last = compared[(compared["measure"] == "children") & compared["setting"].isin(settings)]
    last = last[last["year_end"] == pd.Timestamp(ahead.baseline.months[-1])].rename(columns=MOVES)
    before = _middles(ahead)
    shown = last.assign(
        scenario=last["scenario"].map(ahead.titles), baseline=last["setting"].map(before).astype("int64"),
        setting=last["setting"].replace(ALL, IN_ALL),
    )  # fmt: skip
    return shown[["scenario", "setting", "baseline", *MOVES.values()]].reset_index(drop=True)


def show_drivers(drivers: pd.DataFrame, ahead: Ahead) -> pd.DataFrame:
    """What each lever moves at the horizon: lever, setting, baseline, and the difference's middle and 80% range."""
    before = _middles(ahead)
    shown = drivers.rename(columns=MOVES).assign(
        baseline=drivers["setting"].map(before).astype("int64"), setting=drivers["setting"].replace(ALL, IN_ALL)
    )  # fmt: skip
    return shown[["lever", "setting", "baseline", *MOVES.values()]].reset_index(drop=True)


def show_record(scored: Scored, method: str) -> pd.DataFrame:
    """How forecasts of the total made from the council's own past have done, a row a horizon.

    Columns: months_ahead, forecasts, missed and missed_no_change (mean miss as a share of what came), worst, too_high,
    held_80 and held_95 (how many outturns lay inside). No rows where the past is too short, or cannot be scored.
    """
    if scored.table.empty:
        return pd.DataFrame()
    record = track_record(scored, method)
    total = record[record["measure"] == "stock"].rename(columns={"horizon_months": "months_ahead", "n": "forecasts"})
    columns = ["months_ahead", "forecasts", "missed", "missed_no_change", "worst", "too_high", "held_80", "held_95"]
    return total[[*columns, "years"]].reset_index(drop=True)


def _middles(ahead: Ahead) -> dict[str, int]:
    """The baseline's median at the horizon, in all and by setting."""
    last = ahead.table[
        (ahead.table["scenario"] == ahead.baseline.scenario)
        & (ahead.table["month"] == pd.Timestamp(ahead.baseline.months[-1]))
        & (ahead.table["age_band"] == ALL)
    ]
    return {str(name): round(middle) for name, middle in zip(last["setting"], last["p50"], strict=True)}
