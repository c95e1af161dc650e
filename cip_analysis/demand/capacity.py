"""The council's own places against the children who will need them: the sufficiency gap, and when it first binds.

    capacity = count_capacity(read_capacity(path), as_at)
    places = project_capacity(capacity, projection.months, projection.draws, seed, judgements)
    table = sufficiency_gap(projection, places)

Need is what the projection plays, places or no places; docs/decisions/0015-scenarios.md says what that leaves out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd

from cip_analysis.codes import SETTINGS
from cip_analysis.demand.inputs import DAYS_IN_YEAR, Flags, Floats, ModelInputs, Whole, stream
from cip_analysis.demand.levers.altering import compose, divert_share
from cip_analysis.demand.levers.phasing import weight_on
from cip_analysis.projections import Projection
from cip_analysis.returns.capacity import HOME, HOUSEHOLD, OwnPlaces
from cip_analysis.scenario_settings import PlacesLever, Scenario
from cip_analysis.settings import Capacity as StatedCapacity
from cip_analysis.settings import Judgement

FOSTERING, HOMES = "fostering", "homes"
KIND_OF_PLACE = {"in-house foster": FOSTERING, "in-house residential": HOMES}
NEEDS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "fostering": (("in-house foster", "independent foster"), FOSTERING),
    "in-house fostering": (("in-house foster",), FOSTERING),
    "children's homes": (("in-house residential", "external residential"), HOMES),
    "own children's homes": (("in-house residential",), HOMES),
}
"""Kind of gap -> the settings whose children need a place, and the places set against them."""

USABLE = {FOSTERING: "capacity.foster-places-usable", HOMES: "capacity.home-beds-usable"}
APPROVALS, LEAVING = "capacity.foster-approvals-share", "capacity.foster-leaving-share"
PLACES_EACH = "capacity.places-per-foster-household"
MOST_EACH = 3
"""Children a household may foster at once, unless exempted or siblings: Children Act 1989, Schedule 7."""

HISTORY_YEARS = 4
SPREAD = {"mean": None, "p10": 10, "p50": 50, "p90": 90}
GAP_COLUMNS = (
    "month",
    "kind",
    *(f"{what}_{at}" for what in ("need", "places", "gap") for at in SPREAD),
    "chance_binding",
)
BINDING_COLUMNS = ("kind", "month", "p10", "p90", "chance_ever")
LIKELY = 0.5


class CapacityError(ValueError):
    """Places cannot be projected, or set against a projection."""


@dataclass(frozen=True, slots=True, eq=False)
class Capacity:
    """What the council has of its own on a day, and how foster households have come and gone.

    by_places: foster households open, by places each (element 0 is one place), as counted or, where not `places_known`,
    as judged likely. home_beds: beds in homes open that day. approvals, resignations:
    households that came and went in `years` up to the day, over `household_years` of being open; noughts where not
    known. notes: every fallback taken, in words.
    """

    as_at: date
    by_places: Whole
    home_beds: int
    approvals: int = 0
    resignations: int = 0
    years: float = 0.0
    household_years: float = 0.0
    places_known: bool = True
    notes: tuple[str, ...] = ()

    @property
    def households(self) -> int:
        """Foster households open on the day."""
        return int(self.by_places.sum())

    @property
    def places_each(self) -> float:
        """Mean places of a foster household open on the day; nought where none is."""
        places = self.by_places @ np.arange(1, len(self.by_places) + 1)
        return float(places / self.households) if self.households else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Places of the council's own that can be used, by kind (FOSTERING, HOMES): draw x month end, the origin first."""

    months: tuple[date, ...]
    usable: Mapping[str, Whole]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Gap:
    """Children needing a place and places, by kind of NEEDS: draw x month end, the origin first."""

    months: tuple[date, ...]
    need: Mapping[str, Whole]
    places: Mapping[str, Whole]

    def beyond(self, kind: str) -> Whole:
        """Children beyond the places, draw by draw; below nought where places are to spare."""
        return self.need[kind] - self.places[kind]

    def binds(self, kind: str) -> Flags:
        """Where more children need a place than there are places."""
        return np.asarray(self.beyond(kind) > 0)


def count_capacity(own: OwnPlaces, as_at: date, years: int = HISTORY_YEARS) -> Capacity:
    """What was open on a day, and how households came and went in the years before it, as known on that day.

    A file in which no household ever closed lists only those still here: it cannot tell how they come and go. One that
    lists no household at all, or no home, is taken at its word, and a note says so.
    """
    here = own.open_on(as_at)
    households = here.loc[here["kind"] == HOUSEHOLD, "places"]
    by_places = np.bincount(households, minlength=MOST_EACH + 1)[1:]
    beds = int(here.loc[here["kind"] == HOME, "places"].sum())
    end = pd.Timestamp(as_at)
    begins = end - pd.DateOffset(years=years)
    ever = own.table[own.table["kind"] == HOUSEHOLD]
    came = int((ever["opened"].gt(begins) & ever["opened"].le(end)).sum())
    went = int((ever["closed"].gt(begins) & ever["closed"].le(end)).sum())
    until = ever["closed"].where(ever["closed"] < end, end)
    stays = until - ever["opened"].where(ever["opened"] > begins, begins)
    household_years = float(stays.dt.days.clip(lower=0).sum() / DAYS_IN_YEAR)
    lacking = sorted({HOUSEHOLD, HOME} - set(own.table["kind"]))
    notes = tuple(f"The capacity file lists no {kind}: the council is taken never to have had one." for kind in lacking)
    counted = Capacity(as_at, by_places.astype("int64"), beds, came, went, float(years), household_years, notes=notes)
    if not len(ever) or ever["closed"].notna().any():
        return counted
    said = (
        "The capacity file has no foster household that closed: how carers come and go is taken from the assumptions."
    )
    return replace(counted, approvals=0, resignations=0, years=0.0, household_years=0.0, notes=(*notes, said))


def state_capacity(stated: StatedCapacity, as_at: date, judgements: Mapping[str, Judgement]) -> Capacity:
    """What the council's settings state, where there is no capacity file: how carers come and go is a judgement."""
    beds = sum(home.beds for home in stated.homes if home.open)
    said = (
        f"There is no capacity file: {stated.foster_carers} foster households and {beds} beds in open homes are stated "
        f"({stated.foster_carers_source}); places each, approvals and resignations are judgements."
    )
    each = _judgement(judgements, PLACES_EACH).value
    by_places = stated.foster_carers * _mix_of(np.array([each]))[0]
    whole = np.diff(np.round(np.cumsum(by_places)), prepend=0).astype("int64")
    return Capacity(as_at, whole, beds, places_known=False, notes=(said,))


def without_own_homes(inputs: ModelInputs, capacity: Capacity) -> ModelInputs:
    """The inputs with no child placed in the council's own homes, where it has no bed open and nobody in one.

    The rates come from years in which a home may have been open, and would place children in it still: each goes to
    external residential care instead, and a note says so. With a bed, or a child in one, nothing changes.
    """
    own = SETTINGS.index("in-house residential")
    if capacity.home_beds or (inputs.present.setting == own).any():
        return inputs
    effects = compose(inputs.effects, [divert_share(inputs, "in-house residential", "external residential", 1.0)])
    said = "None of the council's own homes is open: children who would have lived in one go to external residential."
    return inputs.with_effects(effects, inputs.scenario, [said])


def project_capacity(
    capacity: Capacity, months: Sequence[date], draws: int, seed: int, judgements: Mapping[str, Judgement]
) -> Places:
    """Places that can be used at each month end, draw by draw: carers come and go, beds stay as they are.

    months: month ends, the origin first. Approvals are Poisson and resignations binomial, at rates drawn once a draw:
    from what was counted, or from the judgements where nothing was. So is the share of places that can be used.
    Raises CapacityError where a judgement is missing.
    """
    chance = stream(seed, "capacity")
    usable = {kind: _draw(judgements, name, draws, chance) for kind, name in USABLE.items()}
    households = _households(capacity, months, (draws, judgements), chance)
    fostering = np.round(households @ np.arange(1, households.shape[-1] + 1) * usable[FOSTERING][:, None])
    beds = np.round(capacity.home_beds * usable[HOMES])[:, None] * np.ones(len(months))
    return Places(tuple(months), {FOSTERING: fostering.astype("int64"), HOMES: beds.astype("int64")}, capacity.notes)


def add_places(places: Places, scenario: Scenario) -> Places:
    """The places with those a scenario's levers open or close, as its occupancy has them; never below nought."""
    usable = dict(places.usable)
    for lever in scenario.levers:
        if isinstance(lever, PlacesLever):
            more = np.round(lever.in_all * lever.occupancy * weight_on(lever, places.months)).astype("int64")
            kind = KIND_OF_PLACE[lever.setting]
            usable[kind] = np.maximum(usable[kind] + more, 0)
    return replace(places, usable=usable)


def set_against(projection: Projection, places: Places) -> Gap:
    """Need and places side by side, draw by draw.

    Raises CapacityError where the two have other draws or months.
    """
    held = next(iter(places.usable.values()))
    if places.months != projection.months or len(held) != projection.draws:
        raise CapacityError(
            f"The projection has {projection.draws:,} draws of {len(projection.months)} month ends, the places "
            f"{len(held):,} of {len(places.months)}. Project both over the same draws and months."
        )
    by_setting = projection.stock.sum(axis=2, dtype="int64")
    need = {
        kind: by_setting[:, :, [SETTINGS.index(setting) for setting in settings]].sum(axis=-1)
        for kind, (settings, _) in NEEDS.items()
    }
    return Gap(projection.months, need, {kind: places.usable[held] for kind, (_, held) in NEEDS.items()})


def sufficiency_gap(projection: Projection, places: Places) -> pd.DataFrame:
    """Need, places and the gap between them by month and kind: columns GAP_COLUMNS.

    Each is a mean and 10th, 50th and 90th percentiles over draws, the gap taken draw by draw, so that its percentiles
    are not the difference of theirs. chance_binding: share of draws in which more children need a place than there
    are. The first month is outturn.
    Raises CapacityError where the two have other draws or months.
    """
    gap = set_against(projection, places)
    parts = []
    for kind in NEEDS:
        columns: dict[str, Floats] = {}
        for what, values in (("need", gap.need[kind]), ("places", gap.places[kind]), ("gap", gap.beyond(kind))):
            for at, percentile in SPREAD.items():
                spread = values.mean(axis=0) if percentile is None else np.percentile(values, percentile, axis=0)
                columns[f"{what}_{at}"] = np.asarray(spread)
        table = pd.DataFrame({"month": pd.DatetimeIndex(list(gap.months)), "kind": kind, **columns})
        parts.append(table.assign(chance_binding=gap.binds(kind).mean(axis=0)))
    return pd.concat(parts, ignore_index=True)[list(GAP_COLUMNS)]


def first_binding(gap: Gap) -> pd.DataFrame:
    """When places first run short, a row a kind: columns BINDING_COLUMNS.

    month: the first month end at which the chance is a half or more. p10, p90: percentiles over draws of the first
    month end in which the draw runs short. Blank where that lies beyond the months held. chance_ever: share of draws
    that run short at all.
    """
    ends = [*(pd.Timestamp(month) for month in gap.months), pd.NaT]
    rows = []
    for kind in NEEDS:
        binds = gap.binds(kind)
        likely = _first(binds.mean(axis=0) >= LIKELY)
        each = np.array([_first(draw) for draw in binds])
        low, high = np.percentile(each, [10, 90], method="inverted_cdf").astype("int64")
        rows.append((kind, ends[likely], ends[low], ends[high], float(binds.any(axis=1).mean())))
    return pd.DataFrame(rows, columns=list(BINDING_COLUMNS))


def _first(flags: Flags) -> int:
    """Position of the first that is so; one past the last where none is."""
    return int(flags.argmax()) if flags.any() else len(flags)


def _households(
    capacity: Capacity,
    months: Sequence[date],
    asked: tuple[int, Mapping[str, Judgement]],
    chance: np.random.Generator,
) -> Whole:
    """Foster households open at each month end, draw x month x places each (one, two, ...)."""
    draws, judgements = asked
    here, mix = _first_households(capacity, draws, judgements, chance)
    coming, leaving = _turnover(capacity, draws, judgements, chance)
    ends = [here]
    for before, end in pairwise(months):
        years = (end - before).days / DAYS_IN_YEAR
        stay = np.exp(-leaving * years)[:, None]
        here = chance.binomial(here, stay) + chance.poisson((coming * years)[:, None] * mix)
        ends.append(here)
    return np.stack(ends, axis=1)


def _first_households(
    capacity: Capacity, draws: int, judgements: Mapping[str, Judgement], chance: np.random.Generator
) -> tuple[Whole, Floats]:
    """Households open at the origin by places, and the mix of those to come: the same, where places are known."""
    if capacity.places_known:
        mix = capacity.by_places / max(capacity.households, 1)
        return np.tile(capacity.by_places, (draws, 1)), np.tile(mix, (draws, 1))
    mix = _mix_of(_draw(judgements, PLACES_EACH, draws, chance))
    return chance.multinomial(capacity.households, mix), mix


def _turnover(
    capacity: Capacity, draws: int, judgements: Mapping[str, Judgement], chance: np.random.Generator
) -> tuple[Floats, Floats]:
    """Households approved a year, and the rate a year at which each leaves, by draw."""
    if capacity.years and capacity.household_years:
        coming = chance.gamma(capacity.approvals + 0.5, 1 / capacity.years, draws)
        return coming, chance.gamma(capacity.resignations + 0.5, 1 / capacity.household_years, draws)
    coming = _draw(judgements, APPROVALS, draws, chance) * capacity.households
    return coming, -np.log1p(-np.minimum(_draw(judgements, LEAVING, draws, chance), 0.99))


def _mix_of(places_each: Floats) -> Floats:
    """Shares of households with one to MOST_EACH places whose mean is `places_each`, a row an element."""
    second = np.clip((places_each - 1) / (MOST_EACH - 1), 0.0, 1.0)[:, None]
    return np.concatenate([(1 - second) ** 2, 2 * second * (1 - second), second**2], axis=1)


def _draw(judgements: Mapping[str, Judgement], name: str, draws: int, chance: np.random.Generator) -> Floats:
    """A judgement's value, draw by draw: triangular from its low to its high, likeliest at its value."""
    held = _judgement(judgements, name)
    if held.low == held.high:
        return np.full(draws, held.value)
    return chance.triangular(held.low, held.value, held.high, draws)


def _judgement(judgements: Mapping[str, Judgement], name: str) -> Judgement:
    if name not in judgements:
        raise CapacityError(f"The assumptions have no {name}. Add it to config/assumptions.toml.")
    return judgements[name]
