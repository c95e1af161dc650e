"""A few levers to move by hand in a notebook, and the answer in a second or two.

`explore(county)` shows sliders where the notebook has widgets, and elsewhere the same answer as a table, with the
levers as they were given. It is for thinking with: packs leave its cell out, as its answer hangs on who moved what.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pandas as pd

from cip_analysis.demand.forecast import ALL, summarise
from cip_analysis.demand.inputs import ModelInputs
from cip_analysis.demand.levers.context import Context
from cip_analysis.demand.scenarios import apply_scenario
from cip_analysis.demand.simulate import simulate
from cip_analysis.forecasts import asked_of, context_of, prepare_run
from cip_analysis.publish.disclosure import About, release_forecast
from cip_analysis.publish.ranges import with_ranges
from cip_analysis.publish.tables import Shown, table
from cip_analysis.records import Released
from cip_analysis.run import Run
from cip_analysis.scenario_settings import Scenario

DRAWS = 1000
TRIED = "with the levers as set"
SHOWN = {"children in all": (ALL, ALL), "external residential": ("external residential", ALL)}


@dataclass(frozen=True, slots=True)
class Levers:
    """Where each lever stands: all at nought is the baseline.

    starts_percent, unaccompanied_percent: more or fewer who start. stepped_down: children a year moved from external
    residential care to the council's foster homes. households: more or fewer foster households of the council's own.
    beds: opened in homes of its own.
    """

    starts_percent: int = 0
    unaccompanied_percent: int = 0
    stepped_down: int = 0
    households: int = 0
    beds: int = 0


WORDS = {
    "starts_percent": ("Children who start, % more or fewer", -30, 30),
    "unaccompanied_percent": ("Unaccompanied children who start, % more or fewer", -100, 200),
    "stepped_down": ("Children a year stepped down from external residential", 0, 30),
    "households": ("Foster households of our own, more or fewer", -30, 60),
    "beds": ("Beds opened in homes of our own", 0, 12),
}
"""Each lever in words, with the least and the most it may be set to."""


@dataclass(frozen=True, eq=False)
class Explorer:
    """The baseline's inputs, held so that only the levers have to be played again."""

    inputs: ModelInputs
    context: Context
    about: About
    levers: Levers = field(default_factory=Levers)

    def answer(self, levers: Levers) -> Released:
        """Children at each year's end, in all and in external residential care, without the levers and with them."""
        scenario = scenario_of(levers, self.inputs)
        with_levers = simulate(apply_scenario(self.inputs, scenario, self.context))
        baseline = self.context.baseline
        both = [summarise(projection) for projection in (baseline, with_levers) if projection is not None]
        rows = pd.concat(both, ignore_index=True)
        told = {cell: name for name, cell in SHOWN.items()}
        rows = rows.assign(counted=[told.get(cell, "") for cell in zip(rows["setting"], rows["age_band"], strict=True)])
        years = rows["month"].isin(pd.DatetimeIndex(list(self.inputs.months[::12]))) & rows["counted"].ne("")
        shown = rows.loc[years, ["counted", "month", "scenario", "p10", "p50", "p90"]]
        shown = shown.sort_values(["counted", "month", "scenario"], kind="stable", ignore_index=True)
        return with_ranges(release_forecast(shown, self.about, by=["counted", "scenario"]))

    def shown(self, levers: Levers) -> Shown:
        """The answer as a table to display."""
        return table(self.answer(levers), "Children looked after without the levers, and with them")

    def _repr_mimebundle_(self, **how: Any) -> dict[str, Any]:
        """Sliders where there are widgets, and the table for whatever shows none."""
        shown = self.shown(self.levers)
        fallback: dict[str, Any] = {"text/html": shown.html, "text/plain": shown.words}
        sliders = _sliders(self.levers, self.shown)
        return fallback if sliders is None else fallback | sliders._repr_mimebundle_(**how)


def explore(run: Run, **levers: int) -> Explorer:
    """An explorer of the run's forecast. levers: where they stand at first, by the names of `Levers`.

    Raises TypeError for a lever there is none of.
    """
    inputs = prepare_run(run, asked_of(run, draws=DRAWS))
    about = About(run.source, run.as_at, "children", run.synthetic, run.disclosure)
    return Explorer(inputs, context_of(run, simulate(inputs)), about, Levers(**levers))


def scenario_of(levers: Levers, inputs: ModelInputs) -> Scenario:
    """The levers as a scenario from the day after the origin; those at nought are left out."""
    begins = inputs.origin + timedelta(days=1)
    stated = [
        levers.starts_percent and {"what": "starts", "factor": 1 + levers.starts_percent / 100},
        levers.unaccompanied_percent
        and {"what": "unaccompanied", "factor": 1 + levers.unaccompanied_percent / 100},
        levers.stepped_down
        and {"what": "moving", "children_a_year": levers.stepped_down, "from_setting": "external residential",
             "to_setting": "in-house foster"},
        levers.households
        and {"what": "places", "setting": "in-house foster", "filled_from": "independent foster",
             "households": levers.households, "places_a_household": 1.8, "occupancy": 0.8},
        levers.beds
        and {"what": "places", "setting": "in-house residential", "filled_from": "external residential",
             "places": levers.beds, "occupancy": 0.85},
    ]  # fmt: skip
    return Scenario.model_validate(
        {
            "name": "explored", "title": TRIED, "source": "set by hand", "owner": "whoever set them",
            "as_of": inputs.origin, "levers": [{**one, "from": begins} for one in stated if one],
        }
    )  # fmt: skip


def _sliders(levers: Levers, shown: Callable[[Levers], Any]) -> Any:
    """Sliders over the answer, which is worked out again when one is let go; none where widgets are not installed."""
    try:
        import ipywidgets
    except ImportError:
        return None
    wide, told = ipywidgets.Layout(width="44em"), {"description_width": "28em"}
    sliders = {
        name: ipywidgets.IntSlider(getattr(levers, name), low, high, description=words, continuous_update=False,
                                   layout=wide, style=told)
        for name, (words, low, high) in WORDS.items()
    }  # fmt: skip
    answer = ipywidgets.HTML(shown(levers).html)

    def play(_: object) -> None:
        """The answer to where the sliders now stand."""
        answer.value = shown(Levers(**{name: slider.value for name, slider in sliders.items()})).html

    for slider in sliders.values():
        slider.observe(play, names="value")
    return ipywidgets.VBox([*sliders.values(), answer])
