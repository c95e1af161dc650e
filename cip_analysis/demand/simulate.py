"""Play every child forward: from the inputs of a model to the projection they lead to.

Each child in care and each child who arrives lives on in continuous time, leaving and moving at the rates for its age,
setting, time in care and month, and leaving on its eighteenth birthday; each draw has rates, levels and luck of its
own. How and why: docs/decisions/0014-simulation.md; the work itself: demand/simulation/kernel.py.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed

import numpy as np

from cip_analysis.demand.inputs import ModelInputs
from cip_analysis.demand.simulation.chance import Array
from cip_analysis.demand.simulation.kernel import play_draws
from cip_analysis.demand.simulation.limits import SimulationError, counting_in, expected_children, refuse_unplayable
from cip_analysis.demand.simulation.tables import (
    Kinds,
    Model,
    Tally,
    blank_scratch,
    blank_tally,
    levels_of,
    model_of,
)
from cip_analysis.projections import Projection

__all__ = ["SimulationError", "simulate"]

BLOCK_CHILDREN = 60_000
"""About how many children are played between two reports of progress."""


def simulate(
    inputs: ModelInputs, *, threads: int = 2, progress: Callable[[int, int], None] | None = None
) -> Projection:
    """Every child of `inputs` played forward, one future a draw.

    threads: how many to work in; the numbers do not depend on it. progress: told draws done and draws in all, from the
    caller's own thread. A draw's numbers depend on the seed, its place and its own rows of `inputs` alone.
    Raises SimulationError for no draws or too many, a horizon of none or too many months, levels that are not numbers
    from nought up, arrivals expected with none to draw from, and a projection too large to hold.
    """
    refuse_unplayable(inputs, threads)
    model = model_of(inputs)
    tally = blank_tally(inputs.draws, len(inputs.months), Kinds(counting_in(inputs), np.int8, np.float32))._asdict()
    done = 0
    with ThreadPoolExecutor(threads) as workers:
        jobs = {workers.submit(_play_block, inputs, model, block): block for block in _blocks(inputs)}
        try:
            for job in as_completed(jobs):
                first, last = jobs.pop(job)
                _keep(tally, job.result(), slice(first, last))
                done += last - first
                if progress is not None:
                    progress(done, inputs.draws)
        finally:
            workers.shutdown(cancel_futures=True)
    return Projection(
        scenario=inputs.scenario, method=inputs.method, months=inputs.months, notes=inputs.notes,
        synthetic=inputs.synthetic, **tally,
    )  # fmt: skip


def _play_block(inputs: ModelInputs, model: Model, block: tuple[int, int]) -> Tally:
    """The draws from the first of `block` to before its second, played."""
    own = blank_tally(block[1] - block[0], len(model.month_end), Kinds(np.int32, np.int32, np.float64))
    play_draws(model, levels_of(inputs, *block), own, blank_scratch(model))
    return own


def _keep(tally: dict[str, Array], played: Tally, rows: slice) -> None:
    """Put a block's counts in their rows of `tally`, in wider whole numbers where one is too large for those there."""
    for name, counted in played._asdict().items():
        if tally[name].dtype.kind == "i" and (most := counted.max(initial=0)) > np.iinfo(tally[name].dtype).max:
            tally[name] = tally[name].astype(np.min_scalar_type(-1 - int(most)))
        tally[name][rows] = counted


def _blocks(inputs: ModelInputs) -> list[tuple[int, int]]:
    """First and last draw of each block, small enough to report progress and to share between threads."""
    children = len(inputs.present.setting) + expected_children(inputs)
    size = int(np.clip(BLOCK_CHILDREN // (children + 1), 1, 64))
    return [(first, min(first + size, inputs.draws)) for first in range(0, inputs.draws, size)]
