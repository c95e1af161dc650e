"""What cannot be played forward, and is refused before anything is: numbers, children and sizes."""

from __future__ import annotations

import numpy as np

from cip_analysis.codes import AGE_BANDS, SETTINGS, WAYS_OUT
from cip_analysis.demand.inputs import BIRTHDAYS, NEED_NAMES, Entrants, Floats, ModelInputs
from cip_analysis.demand.simulation.chance import Array
from cip_analysis.projections import BY_SETTING

MOST_DRAWS = 100_000
MOST_MONTHS = 240
MOST_BYTES = 4 * 1024**3
"""The largest projection that is held in memory."""

HIGHEST_ENTRY = 1000.0
"""The largest factor a scenario may put on arrivals."""


class SimulationError(ValueError):
    """The inputs cannot be played forward as they are, or their projection could not be held."""


def expected_children(inputs: ModelInputs) -> float:
    """Children expected to arrive in the fullest draw, under the scenario."""
    raised = np.maximum(inputs.effects.entry.max(axis=(1, 2)), 1.0)
    raised_unaccompanied = np.maximum(inputs.effects.entry_unaccompanied, 1.0)
    return float((inputs.starts @ raised + inputs.starts_unaccompanied @ raised_unaccompanied).max())


def counting_in(inputs: ModelInputs) -> type[np.signedinteger]:
    """The smallest whole numbers that hold every count, with much to spare; signed, so that differences hold too."""
    most = 1.5 * (len(inputs.present.setting) + expected_children(inputs)) + 1000
    return np.int16 if most < np.iinfo("int16").max else np.int32


def refuse_unplayable(inputs: ModelInputs, threads: int) -> None:
    """Refuse what cannot be played, before anything is."""
    draws, months = inputs.starts.shape
    if not 1 <= draws <= MOST_DRAWS:
        raise SimulationError(f"{draws:,} draws cannot be played: ask for 1 to {MOST_DRAWS:,}.")
    if not 1 <= months <= MOST_MONTHS:
        raise SimulationError(f"A horizon of {months} months cannot be played: ask for 1 to {MOST_MONTHS}.")
    if threads < 1:
        raise SimulationError(f"{threads} threads cannot work: ask for one or more.")
    if not 0 <= inputs.seed < 2**64:
        raise SimulationError("The seed must be a whole number from 0 to 2^64 - 1.")
    _refuse_numbers(inputs)
    _refuse_children(inputs)
    _refuse_memory(inputs)


def _refuse_numbers(inputs: ModelInputs) -> None:
    """Refuse levels, drifts, rates and effects that are not finite numbers from nought up."""
    effects = inputs.effects
    altered = {name: getattr(effects, name) for name in type(effects).__dataclass_fields__}
    levels = {name: getattr(inputs, name) for name in ("starts", "starts_unaccompanied", "leave_drift", "move_drift")}
    rates = {name: getattr(inputs.pathways, name) for name in ("days", "leave", "move")}
    for name, numbers in {**levels, **rates, **altered}.items():
        added = name.endswith("_added")
        if wrong := int((~np.isfinite(numbers)).sum()) + (0 if added else int((numbers < 0).sum())):
            raise SimulationError(
                f"{name}: {wrong:,} of {numbers.size:,} are blank, infinite or below nought. "
                "Correct what they come from."
            )
    own = np.eye(len(SETTINGS), dtype=bool)
    if (inputs.pathways.move[..., own] != 0).any():
        raise SimulationError("Pathways: children move from a setting to itself. Leave such moves out.")
    if (over := np.where(own, 0.0, effects.divert).sum(axis=-1).max(initial=0.0)) > 1 + 1e-9:
        raise SimulationError(f"divert: chances out of one setting add up to {over:.2f}. They may not pass 1.")
    if (highest := max(effects.entry.max(), effects.entry_unaccompanied.max())) > HIGHEST_ENTRY:
        raise SimulationError(f"entry: a factor of {highest:,.0f} on arrivals is over {HIGHEST_ENTRY:,.0f}.")


def _refuse_children(inputs: ModelInputs) -> None:
    """Refuse children who are nowhere, or of no age, and arrivals expected where there are none to draw from."""
    present = inputs.present
    _refuse_positions("Present: setting", present.setting, len(SETTINGS))
    children = len(present.setting)
    if present.birthdays.shape != (children, len(BIRTHDAYS)) or {
        len(present.unaccompanied),
        len(present.days_in_care),
    } != {children}:
        raise SimulationError("Present: arrays do not hold one element a child.")
    if not (np.isfinite(present.birthdays).all() and np.isfinite(present.days_in_care).all()):
        raise SimulationError("Present: birthdays or days in care are blank. Give every child an age before playing.")
    for name in ("entrants", "entrants_unaccompanied"):
        entrants: Entrants = getattr(inputs, name)
        starts: Floats = getattr(inputs, name.replace("entrants", "starts"))
        if not entrants.households and (starts > 0).any():
            raise SimulationError(
                f"{name}: arrivals are expected in {int((starts > 0).sum()):,} months of the draws, but there are no "
                "past arrivals to draw them from. Estimate entrants over a longer history, or expect none."
            )
        _refuse_positions(f"{name}: setting", entrants.setting, len(SETTINGS))
        _refuse_positions(f"{name}: need", entrants.need, len(NEED_NAMES))
        counted = {len(entrants.age_days), len(entrants.setting), len(entrants.need), int(entrants.first[-1])}
        if len(counted) != 1 or entrants.first[0] != 0 or (np.diff(entrants.first) <= 0).any():
            raise SimulationError(f"{name}: households do not share out the children, at least one to each.")
        if not (entrants.age_days >= 0).all():
            raise SimulationError(f"{name}: ages are blank or below nought. Correct what they come from.")


def _refuse_positions(name: str, positions: Array, length: int) -> None:
    if wrong := int(((positions < 0) | (positions >= length)).sum()):
        raise SimulationError(f"{name}: {wrong:,} of {len(positions):,} are not positions from 0 to {length - 1}.")


def _refuse_memory(inputs: ModelInputs) -> None:
    """Refuse a projection larger than MOST_BYTES, and say how many draws would fit."""
    whole = np.dtype(counting_in(inputs)).itemsize
    cells = len(AGE_BANDS) * len(SETTINGS) + (len(BY_SETTING) - 2) * len(SETTINGS) + len(WAYS_OUT) + 1
    each = len(inputs.months) * (whole * cells + 2 * 4 * len(SETTINGS))
    if each * inputs.draws > MOST_BYTES:
        raise SimulationError(
            f"{inputs.draws:,} draws of {len(inputs.months) - 1} months need {each * inputs.draws / 1024**3:.1f} GB, "
            f"over the {MOST_BYTES / 1024**3:.0f} GB allowed. {MOST_BYTES // each:,} draws would fit."
        )
