"""Do the forecast's intervals hold the truth? 200 invented counties, each forecast from its returns, then played on.

Usage: python benchmarks/interval_coverage.py [--counties 200] [--draws 300] [--jobs 2] [--write]

The counties are made by tests/demand/invented_county.py, which shares no code with what estimates and forecasts. Of
the panel a forecast knows only how much flows drift (data/reference/national_estimates.csv): the counties have no
published figures and no neighbours. With --write the tables go into docs/accuracy.md between the markers of invented
counties; otherwise they are printed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from accuracy_document import as_markdown, tell
from scipy.stats import binom, gamma

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from demand.invented_county import KINDS, RESIDENTIAL, STILL, InventedCounty, invent_county  # noqa: E402
from demand.invented_evidence import evidence_for, without_drift  # noqa: E402

from cip_analysis.codes import SETTINGS  # noqa: E402
from cip_analysis.demand.accuracy.scores import LEVELS, crps, held, score  # noqa: E402
from cip_analysis.demand.backtest import STANDING, measure_draws, within  # noqa: E402
from cip_analysis.demand.forecast import NATIONAL, WITHOUT_NATIONAL, Asked, prepare  # noqa: E402
from cip_analysis.demand.inputs import ModelInputs  # noqa: E402
from cip_analysis.demand.simulate import simulate  # noqa: E402
from cip_analysis.projections import Projection  # noqa: E402

PART = "invented counties"
HORIZONS = (12, 24, 36, 48)
ALL, HOMES = "stock", within(SETTINGS[RESIDENTIAL])
LAYERS = ("chance alone", "and rates not known exactly", "and drift: as forecast")
OTHER_METHODS = tuple(name for name in STANDING if name not in (NATIONAL, WITHOUT_NATIONAL))
Judged = tuple[pd.DataFrame, pd.DataFrame]
FEWEST_EVENTS = 5
"""Cells of age and setting with fewer leavings expected in the window are counted apart."""


def main() -> None:
    arguments = _arguments()
    began = time.perf_counter()
    with ProcessPoolExecutor(arguments.jobs) as workers:
        jobs = workers.map(partial(_judge, draws=arguments.draws), range(arguments.counties))
        forecasts, rates = zip(*_shown(jobs, arguments.counties), strict=True)
    scored, cells = pd.concat(forecasts, ignore_index=True), pd.concat(rates, ignore_index=True)
    heading = (
        f"{arguments.counties} counties, {arguments.draws} draws each, {time.perf_counter() - began:.0f} seconds on "
        f"{arguments.jobs} processors."
    )
    text = "\n\n".join(
        [heading, _coverage(scored), _layers(scored), _kinds(scored), _methods(scored), _recovery(cells)]
    )
    tell(text, PART, arguments.write)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counties", type=int, default=200)
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


def _shown(
    jobs: Iterator[tuple[pd.DataFrame, pd.DataFrame]], counties: int
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    for done, job in enumerate(jobs, 1):
        print(f"\r{done} of {counties} counties", end="", file=sys.stderr, flush=True)
        yield job
    print(file=sys.stderr)


# ---- one county --------------------------------------------------------------------------------------------------


def _judge(seed: int, draws: int) -> Judged:
    """One county's forecasts scored, by layer and by method; and its estimated rates beside the true ones."""
    county = invent_county(seed, KINDS[seed % len(KINDS)])
    evidence, asked = evidence_for(county), Asked(WITHOUT_NATIONAL, HORIZONS[-1], draws, seed)
    as_forecast = prepare(county.episodes, evidence, asked)
    undrifting = prepare(county.episodes, without_drift(evidence), asked)
    layers = dict(zip(LAYERS, (_certain(undrifting), undrifting, as_forecast), strict=True))
    made = [_score(county, simulate(inputs, threads=1), layer=name) for name, inputs in layers.items()]
    made.append(made[-1].assign(layer="", method=WITHOUT_NATIONAL))
    for method in OTHER_METHODS:
        inputs = prepare(county.episodes, evidence, replace(asked, method=method))
        made.append(_score(county, simulate(inputs, threads=1), method=method))
    return pd.concat(made), _rates(county, as_forecast)


def _certain(inputs: ModelInputs) -> ModelInputs:
    """The same, with every rate and level at its mean in every draw."""
    rates, many = inputs.pathways, 1e9
    known = replace(rates, days=rates.days * many, leave=rates.leave * many, move=rates.move * many)
    level = {name: np.broadcast_to(getattr(inputs, name).mean(axis=0), inputs.starts.shape).copy()
             for name in ("starts", "starts_unaccompanied")}  # fmt: skip
    return replace(inputs, pathways=known, **level)


def _score(county: InventedCounty, projection: Projection, **named: str) -> pd.DataFrame:
    """A row a measure and horizon, as demand/accuracy/scores.py scores it."""
    drawn = measure_draws(projection, HORIZONS)
    came = {ALL: county.came.sum(axis=1), HOMES: county.came[:, RESIDENTIAL]}
    rows = []
    for measure, truth in came.items():
        quantiles, outturn = np.quantile(drawn[measure], LEVELS, axis=0).T, truth[1:].astype("float64")
        rows.append(pd.DataFrame({
            "county": county.kind, "measure": measure, "horizon_months": HORIZONS, "outturn": outturn,
            "forecast": np.median(drawn[measure], axis=0), "stock": float(truth[0]), "crps": crps(quantiles, outturn),
            "held_80": held(quantiles, outturn, 0.80), "held_95": held(quantiles, outturn, 0.95),
            **{"layer": "", "method": "", **named},
        }))  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def _rates(county: InventedCounty, inputs: ModelInputs) -> pd.DataFrame:
    """Each age band and setting's true rates of leaving and moving a day, and whether its 95% interval holds them."""
    kind, rates = county.world.kind, inputs.pathways
    rows = []
    for flow, steady in (("leaving", kind.leaving == STILL and kind.early == 1), ("moving", kind.residential == STILL)):
        true = county.world.leave if flow == "leaving" else county.world.move.sum(axis=2)
        events = (rates.leave if flow == "leaving" else rates.move).sum(axis=-1)[0].sum(axis=0)
        days, seen = rates.days[0].sum(axis=0), rates.seen.days[0].sum(axis=0)
        if steady:
            low, high = (gamma.ppf(end, events, scale=1 / days) for end in (0.025, 0.975))
            cells = {"true": true, "low": low, "high": high, "rate": events / days, "expected": true * seen}
            table = pd.DataFrame({name: values.ravel() for name, values in cells.items()})
            rows.append(table[table["true"] > 0].assign(flow=flow, county=county.kind))
    return pd.concat(rows) if rows else pd.DataFrame(columns=["flow", "county"])


# ---- the tables --------------------------------------------------------------------------------------------------


def _coverage(scored: pd.DataFrame) -> str:
    chosen = _grouped(scored[scored["layer"] == LAYERS[-1]], ["measure", "horizon_months"])
    low, high = binom.ppf([0.025, 0.975], chosen["n"].iloc[0], 0.95) / chosen["n"].iloc[0]
    said = f"Of {chosen['n'].iloc[0]:.0f} true 95% intervals, chance alone would have {low:.1%} to {high:.1%} hold."
    return f"### Every county, as forecast\n\n{said}\n\n" + as_markdown(_shares(chosen, ["measure", "horizon_months"]))


def _layers(scored: pd.DataFrame) -> str:
    chosen = scored[scored["layer"] != ""]
    wide = _wide(chosen, ["measure", "layer"], "held_95")
    return "### What each layer of uncertainty buys: share of truths in the 95% interval\n\n" + as_markdown(wide)


def _kinds(scored: pd.DataFrame) -> str:
    wide = _wide(scored[scored["layer"] == LAYERS[-1]], ["measure", "county"], "held_95")
    return "### By kind of county: share of truths in the 95% interval\n\n" + as_markdown(wide)


def _methods(scored: pd.DataFrame) -> str:
    chosen = scored[(scored["method"] != "") & (scored["measure"] == ALL)]
    shown = _shares(_grouped(chosen, ["method", "horizon_months"]), ["method", "horizon_months"])
    drifting = chosen[chosen["county"].isin([kind.name for kind in KINDS if kind.entries != STILL])]
    also = _shares(_grouped(drifting, ["method", "horizon_months"]), ["method", "horizon_months"])
    return (
        "### Which way of forecasting starts wins: all children, every county\n\n" + as_markdown(shown)
        + "\n\n### The same, where arrivals drift\n\n" + as_markdown(also)
    )  # fmt: skip


def _recovery(cells: pd.DataFrame) -> str:
    cells = cells.assign(
        held=cells["true"].between(cells["low"], cells["high"]), miss=np.log(cells["rate"] / cells["true"]).abs(),
        cell=np.where(cells["expected"] >= FEWEST_EVENTS, f"{FEWEST_EVENTS} or more expected", "fewer"),
    )  # fmt: skip
    shown = cells.groupby(["flow", "cell"], sort=False).agg(
        cells=("held", "size"), held=("held", "mean"), miss=("miss", "median")
    )
    shown = shown.reset_index().rename(columns={"cell": "events in the window"})
    shown = shown.assign(held=shown["held"].map("{:.1%}".format), miss=shown["miss"].map("{:.1%}".format))
    return "### True rates by age and setting\n\n" + as_markdown(shown)


def _grouped(scored: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    columns = ["forecast", "outturn", "stock", "crps", "held_80", "held_95"]
    return scored.groupby(keys, sort=False)[columns].apply(score).reset_index()


def _shares(card: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    named = card.rename(columns={"mape": "MAPE", "crps": "CRPS", "coverage_80": "80% held", "coverage_95": "95% held"})
    named = named.assign(n=named["n"].astype(int), MAE=named["mae"].map("{:.1f}".format))
    for name in ("MAPE", "CRPS", "80% held", "95% held"):
        named[name] = named[name].map("{:.1%}".format)
    named["horizon_months"] = named["horizon_months"] // 12
    shown = named[[*keys, "n", "MAE", "MAPE", "CRPS", "80% held", "95% held"]]
    return shown.rename(columns={"horizon_months": "years"})


def _wide(scored: pd.DataFrame, keys: list[str], value: str) -> pd.DataFrame:
    shares = scored.pivot_table(index=keys, columns="horizon_months", values=value, aggfunc="mean", sort=False)
    shares.columns = ["1 year", *(f"{months // 12} years" for months in shares.columns[1:])]
    counted = scored[scored["horizon_months"] == HORIZONS[0]].groupby(keys, sort=False).size().rename("counties")
    return pd.concat([counted, shares.map("{:.1%}".format)], axis=1).reset_index()


if __name__ == "__main__":
    main()
