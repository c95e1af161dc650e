"""The arrays the simulation is compiled for, and how they are laid out from the inputs.

The compiled code finds a field by its place: after moving one here, touch `kernel` so that its cache is made anew.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cip_analysis.codes import AGE_BANDS, SETTINGS, WAYS_OUT
from cip_analysis.demand.inputs import BIRTHDAYS, DAYS_IN_YEAR, Effects, Entrants, Floats, ModelInputs
from cip_analysis.demand.simulation.chance import Array
from cip_analysis.projections import FLOWS


class Kinds(NamedTuple):
    """The kinds of number a tally is held in: children in care, those who come, go or move in a month, and days."""

    stock: type[np.signedinteger]
    flow: type[np.signedinteger]
    days: type[np.floating]


class Arrived(NamedTuple):
    """Past arrivals of one group, as in inputs.Entrants; kind: child x (setting, need, age band)."""

    first: Array
    age_days: Array
    kind: Array


class Model(NamedTuple):
    """What is the same in every draw. Cells are group x duration x band x setting in one row; arrays as in inputs.

    month_end: days to each, nought first. month_of: whole days, rounded up -> month. a_day: its share of each month.
    edges: days in care at which rates change, then infinity. events: cell x way out, then setting moved to, as the last
    axis of factor and added. birthdays, place (setting, group), days_in_care: of the children present. altered,
    diverted: where a scenario does anything. layers: month x group, over 1 where entries are raised.
    """

    key: Array
    month_end: Array
    month_of: Array
    a_day: Array
    edges: Array
    exposure: Array
    events: Array
    birthdays: Array
    place: Array
    days_in_care: Array
    others: Arrived
    unaccompanied: Arrived
    factor: Array
    added: Array
    altered: Array
    divert: Array
    diverted: Array
    entry: Array
    entry_unaccompanied: Array
    layers: Array


class Levels(NamedTuple):
    """Some draws' own levels: the first's number, and households expected, draw x group x month.

    drift: factors on rates, draw x (leaving, then each setting moved to) x month. pull: draw x setting x month, that
    of a setting as a share of the strongest's.
    """

    first: int
    households: Array
    drift: Array
    pull: Array


class Tally(NamedTuple):
    """What is counted, by draw, as in projections.Projection; the last two in days."""

    stock: Array
    starts: Array
    ceases: Array
    moves_in: Array
    moves_out: Array
    ways_out: Array
    unaccompanied: Array
    child_days: Array
    child_days_present: Array


class Scratch(NamedTuple):
    """Room for a draw's rates by cell as they are met, and for one child's birthdays."""

    known: Array
    rates: Array
    hazard: Array
    birthdays: Array


class Future(NamedTuple):
    """One draw while it is played: its number, drifts, the rates met so far, and its rows of the tally."""

    draw: int
    drift: Array
    pull: Array
    known: Array
    rates: Array
    hazard: Array
    birthdays: Array
    tally: Tally


class Child(NamedTuple):
    """A child at one moment: what its rates depend on, what is left of its budget, and the words of its key.

    band: one past the last for a child who has left. began: when its time in care did. step: first word of its key.
    """

    time: float
    budget: float
    setting: int
    band: int
    duration: int
    group: int
    began: float
    step: int
    number: int
    purpose: int


def model_of(inputs: ModelInputs) -> Model:
    """The inputs that are the same in every draw, laid out for the compiled code."""
    present, effects, pathways = inputs.present, inputs.effects, inputs.pathways
    ends = np.array([(month - inputs.origin).days for month in inputs.months], dtype="float64")
    month_of = np.maximum(np.searchsorted(ends, np.arange(ends[-1] + 1)), 1)
    factor = np.concatenate([effects.leave, effects.move], axis=-1)
    added = np.concatenate([effects.leave_added, effects.move_added], axis=-1)
    own = np.arange(len(SETTINGS))
    factor[:, :, own, len(WAYS_OUT) + own], added[:, :, own, len(WAYS_OUT) + own] = 1.0, 0.0
    return Model(
        key=np.array([inputs.seed & 0xFFFFFFFF, inputs.seed >> 32 & 0xFFFFFFFF], dtype="uint64"),
        month_end=ends, month_of=month_of.astype("int64"), a_day=1.0 / np.diff(ends, prepend=-1.0),
        edges=np.array([*pathways.duration_edges, np.inf], dtype="float64"),
        exposure=_floats(pathways.days).ravel(),
        events=np.concatenate([pathways.leave, pathways.move], axis=-1).reshape(pathways.days.size, -1),
        birthdays=_floats(present.birthdays), place=_whole(np.stack([present.setting, present.unaccompanied], axis=1)),
        days_in_care=_floats(present.days_in_care),
        others=_arrived(inputs.entrants), unaccompanied=_arrived(inputs.entrants_unaccompanied),
        factor=factor, added=added, altered=_altered(factor, 1.0) | _altered(added, 0.0),
        divert=_floats(effects.divert), diverted=_altered(effects.divert, 0.0),
        entry=_floats(effects.entry), entry_unaccompanied=_floats(effects.entry_unaccompanied),
        layers=_layers(effects),
    )  # fmt: skip


def levels_of(inputs: ModelInputs, first: int, last: int) -> Levels:
    """The draws from `first` to before `last`: what differs between them."""
    rows = slice(first, last)
    households = np.stack(
        [
            inputs.starts[rows] / inputs.entrants.children_a_household,
            inputs.starts_unaccompanied[rows] / inputs.entrants_unaccompanied.children_a_household,
        ],
        axis=1,
    )
    moving = inputs.move_drift[rows]
    drift = np.concatenate([inputs.leave_drift[rows, :, None], moving], axis=2)
    strongest = moving.max(axis=2, keepdims=True)
    pull = np.divide(moving, strongest, out=np.ones(moving.shape), where=strongest > 0)
    return Levels(first, _floats(households), _floats(drift.swapaxes(1, 2)), _floats(pull.swapaxes(1, 2)))


def blank_tally(draws: int, months: int, kinds: Kinds) -> Tally:
    """Noughts for so many draws; `months` counts the origin's."""
    by_setting = (draws, months, len(SETTINGS))
    return Tally(
        stock=np.zeros((draws, months, len(AGE_BANDS), len(SETTINGS)), kinds.stock),
        **{flow: np.zeros(by_setting, kinds.flow) for flow in FLOWS},
        ways_out=np.zeros((draws, months, len(WAYS_OUT)), kinds.flow),
        unaccompanied=np.zeros((draws, months), kinds.stock),
        child_days=np.zeros(by_setting, kinds.days), child_days_present=np.zeros(by_setting, kinds.days),
    )  # fmt: skip


def blank_scratch(model: Model) -> Scratch:
    """Room to play one draw after another in."""
    cells, events = model.events.shape
    return Scratch(
        np.zeros(cells, dtype="bool"), np.zeros((cells, events)), np.zeros((cells, len(model.month_end))),
        np.zeros(len(BIRTHDAYS)),
    )  # fmt: skip


def _arrived(entrants: Entrants) -> Arrived:
    age_days = _floats(entrants.age_days)
    birthdays = np.array(BIRTHDAYS[:-1]) * DAYS_IN_YEAR
    band = np.searchsorted(birthdays, age_days, side="right")
    return Arrived(_whole(entrants.first), age_days, _whole(np.stack([entrants.setting, entrants.need, band], axis=1)))


def _layers(effects: Effects) -> Array:
    """How many layers of households each month needs: one, or as many as the largest factor on entry, rounded up."""
    highest = np.stack([effects.entry.max(axis=(1, 2)), effects.entry_unaccompanied], axis=1)
    return np.ascontiguousarray(np.maximum(np.ceil(highest), 1).astype("int64"))


def _altered(effect: Floats, neutral: float) -> Array:
    """Where the last axis of an effect is anything but neutral."""
    return np.ascontiguousarray((effect != neutral).any(axis=-1))


def _floats(array: Array) -> Array:
    """In one piece and open to writing: code is compiled for one kind of array, and another would mean another wait."""
    return np.require(array, "float64", ["C", "W", "A"])


def _whole(array: Array) -> Array:
    return np.require(array, "int64", ["C", "W", "A"])
