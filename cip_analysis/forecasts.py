"""A run's forecast: the baseline and its scenarios on the same draws, kept by content so that nobody waits twice.

`forecast_run(county)` gives an `Ahead`: its `table` has the columns of forecast.csv, the baseline first, and its
`baseline` is the Projection itself, to price or to set a scenario against.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from pathlib import Path

import pandas as pd

from cip_analysis.codes import SETTINGS
from cip_analysis.demand.backtest import STANDING, LookBack, Scored, backtest_returns, scorecard
from cip_analysis.demand.capacity import without_own_homes
from cip_analysis.demand.forecast import ALL, Asked, Evidence, prepare, summarise
from cip_analysis.demand.inputs import ModelInputs
from cip_analysis.demand.levers.context import Context, LeverError
from cip_analysis.demand.national.outlook import what_levers_need
from cip_analysis.demand.scenarios import apply_scenario, driver_table
from cip_analysis.demand.simulate import simulate
from cip_analysis.ledgers import once
from cip_analysis.projections import Projection
from cip_analysis.records import Comparators
from cip_analysis.run import Run
from cip_analysis.scenario_settings import Scenario
from cip_analysis.store import code_files, fingerprint, keep_projection, keep_table

KEPT = Path("reports") / ".cache"
PULL_SD = "forecast.setting-pull-sd"
LOOKING_BACK_DRAWS = 500
LONGEST_LOOK_BACK = 48
DAY_RULES = ("extract within the year", "as-at date outside the returns")
"""What the reader says where it settled the census date itself: a forecast from that day must say so too."""

UNTOLD_APART = "No uasc table"
"""How the reader begins to say that unaccompanied children cannot be told apart: that none came is then not known."""


Show = Callable[[int, int], None]


class RunForecastError(ValueError):
    """A run's forecast cannot be made from what the run names."""


@dataclass(frozen=True, eq=False)
class Ahead:
    """What may come: the baseline and every scenario asked for, played on the same draws.

    titles: scenario's name -> its title in plain words. left_out: scenarios that could not be played, and why.
    reader_notes: what the reader said of the day the forecast starts from, where the run did not settle it, and of
    unaccompanied children, where the returns do not tell them apart. seed: of every draw.
    """

    baseline: Projection
    scenarios: tuple[Projection, ...]
    titles: dict[str, str]
    left_out: tuple[str, ...] = ()
    reader_notes: tuple[str, ...] = ()
    seed: int = 0

    @property
    def every(self) -> tuple[Projection, ...]:
        """The baseline, then the scenarios in their order."""
        return (self.baseline, *self.scenarios)

    @cached_property
    def table(self) -> pd.DataFrame:
        """Statistics of each, one below the other: columns of demand.forecast.FORECAST_COLUMNS."""
        return pd.concat([summarise(projection) for projection in self.every], ignore_index=True)

    def cut(self, setting: str = ALL, age_band: str = ALL) -> pd.DataFrame:
        """One setting or age band of every scenario: month, scenario and the statistics."""
        chosen = self.table[(self.table["setting"] == setting) & (self.table["age_band"] == age_band)]
        return chosen.drop(columns=["setting", "age_band"]).reset_index(drop=True)

    def chance(self, day: date, at_least: float, setting: str = ALL) -> float:
        """The share of the baseline's draws with so many children or more on a month's end.

        Raises RunForecastError for a day that is not one of the months projected: the nearest is not taken instead.
        """
        if day not in self.baseline.months:
            first, last = self.baseline.months[0], self.baseline.months[-1]
            raise RunForecastError(f"{day.day} {day:%B %Y} is not a month's end from {first} to {last}.")
        there = self.baseline.stock[:, self.baseline.months.index(day)].sum(axis=1, dtype="int64")
        counted = there.sum(axis=1) if setting == ALL else there[:, SETTINGS.index(setting)]
        return float((counted >= at_least).mean())

    @property
    def notes(self) -> tuple[str, ...]:
        """Every fallback taken anywhere, each once."""
        told = [note for projection in self.every for note in projection.notes]
        return tuple(dict.fromkeys([*self.reader_notes, *told, *self.left_out]))


def asked_of(
    run: Run,
    method: str | None = None,
    horizon_months: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
) -> Asked:
    """What the run's settings ask of a forecast, but for what is given here."""
    own = run.settings
    return Asked(
        method=own.method if method is None else method,
        horizon_months=own.horizon_months if horizon_months is None else horizon_months,
        draws=own.draws if draws is None else draws,
        seed=own.seed if seed is None else seed,
        history_years=own.history_years,
        arrivals_years=own.arrivals_years,
        stated=own.stated_starts,
        duration_edges=own.duration_edges,
    )


def evidence_of(run: Run) -> Evidence:
    """What stands beside the run's own histories. Another folder's children have no published total to follow."""
    pull = run.assumptions.get(PULL_SD)
    if pull is None:
        raise RunForecastError(f"The assumptions have no {PULL_SD}. Add it to config/assumptions.toml.")
    published = run.comparators.table if run.own_data else run.comparators.table.iloc[:0]
    return Evidence(run.council, run.years, Comparators(published), run.estimates, pull.value)


def prepare_run(run: Run, asked: Asked | None = None) -> ModelInputs:
    """The baseline's inputs, for whoever wants to change something by hand."""
    inputs = prepare(run.episodes, evidence_of(run), asked or asked_of(run))
    return without_own_homes(inputs, run.capacity) if run.own_data else inputs


def forecast_run(run: Run, asked: Asked | None = None, show: Show | None = None) -> Ahead:
    """The baseline and the run's scenarios, each taken from the store where nothing it rests on has changed.

    show: told how many of the projections are done, and of how many. A scenario that needs what the run has not (the
    neighbours of a council whose figures are not held) is left out, and says so.
    """
    chosen, evidence = asked or asked_of(run), evidence_of(run)
    count = 1 + len(run.scenarios)
    prepared: list[ModelInputs] = []

    def inputs() -> ModelInputs:
        """The baseline's inputs, prepared only if something has to be played."""
        if not prepared:
            prepared.append(prepare_run(run, chosen))
        return prepared[0]

    base = fingerprint(run.episodes, evidence, chosen, run.capacity, code_files())
    folder = run.root / KEPT
    baseline = keep_projection(folder, base, lambda: simulate(inputs()))
    _tell(show, 1, count)
    context = context_of(run, baseline)
    played, left_out = [], []
    for number, scenario in enumerate(run.scenarios, start=2):
        try:
            make = partial(_play, inputs, scenario, context)
            played.append(keep_projection(folder, fingerprint(base, scenario), make))
        except LeverError as error:
            left_out.append(f"Left out: {scenario.title}. {error}")
        _tell(show, number, count)
    titles = {scenario.name: scenario.title for scenario in run.scenarios}
    said = run.findings.table
    told = said["rule"].isin(DAY_RULES) | said["meaning"].str.startswith(UNTOLD_APART)
    reader_notes = said.loc[told, "meaning"]
    return Ahead(baseline, tuple(played), titles, tuple(left_out), tuple(reader_notes), chosen.seed)


def drivers_of(run: Run, name: str, ahead: Ahead, asked: Asked | None = None) -> pd.DataFrame:
    """What each lever of one of the run's scenarios moves by the horizon: columns of scenarios.driver_table.

    Raises RunForecastError where the run names no such scenario.
    """
    scenario = next((one for one in run.scenarios if one.name == name), None)
    if scenario is None:
        raise RunForecastError(f"No scenario {name!r}: the run names {', '.join(one.name for one in run.scenarios)}.")
    chosen, evidence = asked or asked_of(run), evidence_of(run)
    context = context_of(run, ahead.baseline)
    key = fingerprint("drivers", run.episodes, evidence, chosen, run.capacity, scenario, code_files())
    return keep_table(run.root / KEPT, key, lambda: driver_table(prepare_run(run, chosen), scenario, context))


def context_of(run: Run, baseline: Projection) -> Context:
    """What the run's levers may need."""
    comparators = evidence_of(run).comparators
    return replace(what_levers_need(comparators, run.estimates, run.council, baseline), simulate=simulate)


def player_of(run: Run, ahead: Ahead) -> Callable[[Scenario], Projection]:
    """What plays a scenario's levers on the draws of a forecast at hand: that forecast's own where it holds the same.

    A scenario without levers is the baseline itself. Whatever is played is kept by content. Raises LeverError where a
    lever needs what the run has not.
    """
    context, base = context_of(run, ahead.baseline), played_from(run, ahead)
    at_hand = {projection.scenario: projection for projection in ahead.scenarios}
    same = {levers_alone(one): at_hand[one.name] for one in run.scenarios if one.name in at_hand}
    inputs = once(lambda: prepare_run(run, _asked_for(run, ahead)))

    def play(scenario: Scenario) -> Projection:
        """The baseline under these levers."""
        if not scenario.levers:
            return ahead.baseline
        if (levers := levers_alone(scenario)) in same:
            return same[levers]
        return keep_projection(run.root / KEPT, fingerprint(base, levers), partial(_play, inputs, scenario, context))

    return play


def played_from(run: Run, ahead: Ahead) -> str:
    """One name for all that levers are played from, the code included."""
    asked = _asked_for(run, ahead)
    return fingerprint("levers", run.episodes, evidence_of(run), asked, run.capacity, ahead.baseline, code_files())


def levers_alone(scenario: Scenario) -> str:
    """A scenario's levers as text, their notes left out: two alike play alike."""
    return "\n".join(sorted(lever.model_dump_json(exclude={"note"}) for lever in scenario.levers))


def _asked_for(run: Run, ahead: Ahead) -> Asked:
    """What the forecast at hand was asked for, by the run's own method."""
    return asked_of(run, None, len(ahead.baseline.months) - 1, ahead.baseline.draws, ahead.seed)


def _play(inputs: Callable[[], ModelInputs], scenario: Scenario, context: Context) -> Projection:
    """One scenario, on the baseline's draws."""
    return simulate(apply_scenario(inputs(), scenario, context))


def _tell(show: Show | None, done: int, count: int) -> None:
    if show is not None:
        show(done, count)


def look_back_run(
    run: Run, asked: Asked | None = None, show: Show | None = None, methods: tuple[str, ...] = STANDING
) -> Scored:
    """The run's own past forecast again and scored; from the store where nothing it rests on has changed.

    methods: those tried beside the rivals.
    """
    chosen, evidence = asked or asked_of(run), evidence_of(run)
    quick = replace(chosen, draws=min(chosen.draws, LOOKING_BACK_DRAWS), horizon_months=LONGEST_LOOK_BACK)
    made: list[Scored] = []

    def look() -> Scored:
        """The look back, made once for both tables."""
        if not made:
            made.append(backtest_returns(run.episodes, evidence, quick, LookBack(methods), show))
        return made[0]

    name = fingerprint("look back", run.episodes, evidence, quick, list(methods), code_files())
    table = keep_table(run.root / KEPT, name, lambda: look().table)
    notes = keep_table(
        run.root / KEPT, f"{name}-notes", lambda: pd.DataFrame({"note": list(look().notes)}, dtype="str")
    )
    origins = tuple(sorted({pd.Timestamp(day).date() for day in table["origin"]}))
    return Scored(table, origins, tuple(notes["note"]))


def score_run(run: Run, asked: Asked | None = None, show: Show | None = None) -> pd.DataFrame:
    """The scorecard of the run's own past: how forecasts made this way, and simple rivals, have done.

    Other methods are scored by `cip backtest`.
    """
    chosen = asked or asked_of(run)
    return scorecard(look_back_run(run, chosen, show, (chosen.method,)))
