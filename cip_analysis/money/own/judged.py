"""Judgements drawn from their ranges, for whatever the data do not tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cip_analysis.demand.inputs import stream
from cip_analysis.settings import Judgement


class JudgedError(ValueError):
    """A judgement that is needed is not among the assumptions."""


def held_judgements(judgements: Mapping[str, Judgement], names: Sequence[str]) -> dict[str, Judgement]:
    """Those judgements by name. Raises JudgedError naming every one that is missing."""
    if missing := [name for name in names if name not in judgements]:
        raise JudgedError(f"The assumptions have no {', '.join(missing)}. Add them to config/assumptions.toml.")
    return {name: judgements[name] for name in names}


def draw_judgement(judgement: Judgement, name: str, draws: int, seed: int) -> NDArray[np.float64]:
    """A judgement's value, draw by draw: PERT from its low to its high, likeliest at its value.

    The mean is (low + 4 × value + high) ÷ 6. Each name has its own source of chance, so two judgements never move
    together and one asked for twice is the same. Source: Malcolm, Roseboom, Clark and Fazar (1959), PERT.
    """
    span = judgement.high - judgement.low
    if span == 0:
        return np.full(draws, judgement.value)
    up, down = 4 * (judgement.value - judgement.low) / span, 4 * (judgement.high - judgement.value) / span
    return judgement.low + span * stream(seed, f"judgement {name}").beta(1 + up, 1 + down, draws)
