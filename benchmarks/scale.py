"""How the suite scales: councils against workers; children, draws and months against seconds. Draws docs/scale.md.

    python benchmarks/scale.py [--councils 12] [--workers 1 2 4] [--write]

Councils are packs of published figures made by `cip batch`'s own engine, nothing kept, workers already started. A full
pack is the Cabinet pack of the invented county on one worker. The forecast is played by itself: no reading, no pages.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt
import numpy as np

from cip_analysis.demand.simulate import simulate
from cip_analysis.forecasts import asked_of, prepare_run
from cip_analysis.publish.batch import BatchRequest, Member, read_members, run_batch, workers_here
from cip_analysis.run import open_run
from cip_analysis.settings import Council, Pack, read_settings
from cip_analysis.synthetic.write import SynthesisOptions, synthesise

ROOT = Path(__file__).resolve().parents[1]
PAGE, PICTURE = ROOT / "docs" / "scale.md", ROOT / "docs" / "images" / "scale.png"
MEMORY_MB = 2_000
ALL_COUNCILS, MANY_WORKERS = 150, 16
SIZES, DRAWS, MONTHS = (550, 2_200, 8_800), (1_000, 3_000, 10_000), (24, 48, 120)
PICTURE_WORDS = (
    "Left: packs a minute against workers, beside the ideal. Right: seconds to play one forecast against children, "
    "draws and months"
)
BLUE, ORANGE = "#12436D", "#D4542B"


@dataclass(frozen=True)
class Councils:
    """Packs made by so many workers: seconds by the clock, and the most memory a worker used."""

    workers: int
    packs: int
    seconds: float
    peak_mb: int


def quietly(_done: int, _what: str) -> None:
    """Progress that nobody watches."""


def make_packs(pack: str, members: Sequence[Member], workers: int) -> Councils:
    """A batch made from nothing in a folder of its own; Python's libraries are imported by each worker once.

    As many cores as workers, where there are so many: one worker and all that it starts share one core.
    """
    os.sched_setaffinity(0, set(range(min(workers, os.cpu_count() or 1))))
    pack_file = ROOT / "config" / "packs" / f"{pack}.toml"
    with tempfile.TemporaryDirectory(prefix="scale-") as made, workers_here(workers, MEMORY_MB) as address:
        request = BatchRequest(
            pack_file, read_settings(pack_file, Pack), ROOT, Path(made), tuple(members), fresh=True, most_mb=MEMORY_MB
        )
        begun = time.monotonic()
        outcomes = run_batch(request, address, quietly)
        seconds = time.monotonic() - begun
    failed = [outcome.why for outcome in outcomes.values() if not outcome.pack]
    assert not failed, failed[0]
    return Councils(workers, len(members), seconds, max(outcome.peak_mb for outcome in outcomes.values()))


def a_county(children: int, folder: Path) -> str:
    """A run of an invented county of about so many children at a time; its file."""
    council = read_settings(ROOT / "config/councils/leicestershire.toml", Council)
    options = SynthesisOptions(seed=1, first_year=2014, last_year=2018, children=children * 10)
    synthesise(council, folder, options)
    run = folder / "run.toml"
    text = (ROOT / "config/runs/autumn-2018.toml").read_text(encoding="utf-8")
    own = [line for line in text.splitlines() if not line.startswith(("returns", "payments", "capacity", "synthetic"))]
    run.write_text(f'returns = "{folder / "returns"}"\n' + "\n".join(own), encoding="utf-8")
    return str(run)


def play(run: str, draws: int, months: int) -> tuple[int, float]:
    """Children at the census, and seconds to play them forward."""
    opened = open_run(run, check=False)
    inputs = prepare_run(opened, asked_of(opened, None, months, draws))
    begun = time.monotonic()
    projection = simulate(inputs)
    return int(projection.total[0, 0]), time.monotonic() - begun


def forecasts() -> list[tuple[str, int, int, int, float]]:
    """What varies, children, draws, months and seconds."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="scale-") as made:
        runs = {size: a_county(size, Path(made) / str(size)) for size in SIZES}
        play(runs[SIZES[0]], 50, 12)  # the compiler's work, once
        for size in SIZES:
            rows.append(("children", *_played(runs[size], DRAWS[0], MONTHS[1])))
        for draws in DRAWS:
            rows.append(("draws", *_played(runs[SIZES[0]], draws, MONTHS[1])))
        for months in MONTHS:
            rows.append(("months", *_played(runs[SIZES[0]], DRAWS[0], months)))
    return rows


def _played(run: str, draws: int, months: int) -> tuple[int, int, int, float]:
    children, seconds = play(run, draws, months)
    return children, draws, months, seconds


def efficiency(one: Councils, more: Councils) -> float:
    """The share of the ideal that more workers reach: the time of one, over theirs times how many more they are."""
    return one.seconds / one.packs / (more.seconds / more.packs * more.workers / one.workers)


def draw(found: Sequence[Councils], played: Sequence[tuple[str, int, int, int, float]]) -> None:
    """Both pictures in one file."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), dpi=110)
    workers = [one.workers for one in found]
    left.plot(workers, [60 * one.packs / one.seconds for one in found], "o-", color=BLUE, label="measured")
    ideal = 60 * found[0].packs / found[0].seconds / found[0].workers
    left.plot(workers, [ideal * count for count in workers], "--", color=ORANGE, label="ideal, from one worker")
    left.set(xlabel="Workers (on two cores)", ylabel="Packs a minute", ylim=0, xticks=workers)
    left.set_title("Councils: packs a minute", loc="left", fontweight="bold")
    left.legend(frameon=False)
    for what, place, style in (("children", 1, "o-"), ("draws", 2, "s-"), ("months", 3, "^-")):
        rows = [row for row in played if row[0] == what]
        right.plot([row[place] / rows[0][place] for row in rows], [row[4] for row in rows], style, label=what)
    right.set(xscale="log", yscale="log", xlabel="Times as many as at first", ylabel="Seconds to play forward")
    right.set_title("One forecast: children, draws and months", loc="left", fontweight="bold")
    right.legend(frameon=False)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(PICTURE, metadata={"Software": None})
    plt.close(figure)


def page(found: Sequence[Councils], full: Councils, played: Sequence[tuple[str, int, int, int, float]]) -> str:
    """docs/scale.md."""
    one, two = found[0], next(each for each in found if each.workers == 2)
    rows = "\n".join(
        f"| {each.workers} | {each.packs} | {each.seconds:,.0f} | {each.seconds / each.packs:.1f} | "
        f"{efficiency(one, each):.0%} | {each.peak_mb:,} |"
        for each in found
    )
    alone = full.seconds / full.packs
    each_public = one.seconds / one.packs
    here = ALL_COUNCILS * two.seconds / two.packs / 60
    wide = ALL_COUNCILS * each_public / MANY_WORKERS / min(1.0, efficiency(one, two)) / 60
    here_full = ALL_COUNCILS * alone / 2 / min(1.0, efficiency(one, two)) / 3600
    wide_full = ALL_COUNCILS * alone / MANY_WORKERS / min(1.0, efficiency(one, two)) / 60
    lines = "\n".join(f"| {what} | {c:,} | {d:,} | {m} | {s:.2f} |" for what, c, d, m, s in played)
    return f"""# Scale

What many councils, and larger ones, need. Measured by `benchmarks/scale.py --write` on {os.cpu_count()} cores;
nothing was kept from before, and workers were up but had imported nothing. One worker, with everything it starts, had
one core; two and four had both.

![{PICTURE_WORDS}](images/scale.png)

## Councils

Packs of published figures (`cip batch config/packs/published-only.toml`), each with its pages, workbook, Word document,
PDF and audit.

| workers | packs | seconds | seconds a pack | of the ideal | most memory of a worker, MB |
|---|---|---|---|---|---|
{rows}

From one worker to two on two cores, {efficiency(one, two):.0%} of the ideal is reached (goal 85%).

## What {ALL_COUNCILS} councils need

From the figures above, for 1,000 draws and four years. The full pack is the Cabinet pack of the invented county:
{full.seconds:,.0f} seconds and {full.peak_mb:,} MB on one worker. Sixteen workers have not been run: theirs is worked
out at the efficiency seen from one to two, each with a core of its own.

| | one machine of 2 cores | 16 workers |
|---|---|---|
| published figures alone | {here:,.0f} minutes | {wide:,.0f} minutes |
| a full pack each, with returns and payments | {here_full:,.1f} hours | {wide_full:,.0f} minutes |

## One forecast

Played forward by itself, every child and every draw, on the invented county scaled up.

| what varies | children | draws | months | seconds |
|---|---|---|---|---|
{lines}

Memory of 10,000 draws over 60 months is in [the benchmarks](../benchmarks/README.md).
"""


def main() -> None:
    """Measure, print, and write the page where asked."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--councils", type=int, default=12)
    asked.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    asked.add_argument("--write", action="store_true")
    told = asked.parse_args()
    os.chdir(ROOT)
    every = read_members(ROOT, "all")
    chosen = [every[place] for place in np.linspace(5, len(every) - 5, told.councils).astype(int)]
    found = []
    for workers in told.workers:
        shutil.rmtree(ROOT / "reports" / ".cache" / "notebooks", ignore_errors=True)
        found.append(make_packs("published-only", chosen, workers))
        print(
            f"{workers} workers: {found[-1].seconds:.0f} s, {efficiency(found[0], found[-1]):.0%} of the ideal",
            flush=True,
        )
    county = Member("county", "The invented county", "East Midlands", "855", ("run=config/runs/autumn-2018.toml",))
    full = make_packs("cabinet-autumn-2018", [county], 1)
    print(f"full pack on one worker and one core: {full.seconds:.0f} s, {full.peak_mb} MB", flush=True)
    os.sched_setaffinity(0, set(range(os.cpu_count() or 1)))
    played = forecasts()
    for row in played:
        print(*row)
    if told.write:
        draw(found, played)
        PAGE.write_text(page(found, full, played), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
