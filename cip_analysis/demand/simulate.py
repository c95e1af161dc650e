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
from cip_analysis.demand.simulation.kernel import play_draws
from cip_analysis.demand.simulation.limits import SimulationError, counting_in, expected_children, refuse_unplayable
from cip_analysis.demand.simulation.tables import Model, Tally, blank_scratch, blank_tally, levels_of, model_of
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
    tally = blank_tally(inputs.draws, len(inputs.months), counting_in(inputs), np.float32)
    blocks = _blocks(inputs)
    done = 0
    with ThreadPoolExecutor(threads) as workers:
        jobs = {workers.submit(_play_block, inputs, model, tally, block): block[1] - block[0] for block in blocks}
        try:
            for job in as_completed(jobs):
                job.result()
                done += jobs[job]
                if progress is not None:
                    progress(done, inputs.draws)
        finally:
            workers.shutdown(cancel_futures=True)
    return Projection(
        scenario=inputs.scenario, method=inputs.method, months=inputs.months, notes=inputs.notes,
        synthetic=inputs.synthetic, **tally._asdict(),
    )  # fmt: skip


def _play_block(inputs: ModelInputs, model: Model, tally: Tally, block: tuple[int, int]) -> None:
    """Play the draws from the first of `block` to before its second into their rows of `tally`."""
    first, last = block
    own = blank_tally(last - first, len(model.month_end), np.int32, np.float64)
    play_draws(model, levels_of(inputs, first, last), own, blank_scratch(model))
    for kept, counted in zip(tally, own, strict=True):
        if kept.dtype.kind == "i" and counted.max() > np.iinfo(kept.dtype).max:
            raise SimulationError(
                f"A count of {counted.max():,} children in one cell is more than {kept.dtype} holds: far more arrive "
                "than were expected. Lower the starts."
            )
        kept[first:last] = counted


def _blocks(inputs: ModelInputs) -> list[tuple[int, int]]:
    """First and last draw of each block, small enough to report progress and to share between threads."""
    children = len(inputs.present.setting) + expected_children(inputs)
    size = int(np.clip(BLOCK_CHILDREN // (children + 1), 1, 64))
    return [(first, min(first + size, inputs.draws)) for first in range(0, inputs.draws, size)]
