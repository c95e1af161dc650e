"""How true in total the invented county is: every published figure beside the synthetic one, as markdown.

Usage: python benchmarks/calibration.py [--seed N] [--years 2011 2018] [--write]

With --write the table goes into docs/accuracy.md between its calibration markers; otherwise it is printed.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import pandas as pd
from accuracy_document import as_markdown, tell

from cip_analysis.settings import Council, read_settings
from cip_analysis.synthetic.county import invent_county
from cip_analysis.synthetic.history import Histories
from cip_analysis.synthetic.totals.calibration import compare_lengths, compare_totals
from cip_analysis.synthetic.totals.targets import CEASED, STARTED, STOCK, Targets, read_targets

ROOT = Path(__file__).resolve().parents[1]
PART = "calibration"
OTHER_SEEDS = (1, 2, 3, 4, 5)
ENOUGH_TO_JUDGE = 60


def main() -> None:
    arguments = _arguments()
    council = read_settings(ROOT / "config" / "councils" / "leicestershire.toml", Council)
    targets = read_targets(ROOT / "data" / "reference", council)
    began = time.process_time()
    county = invent_county(council, targets, arguments.seed, years=tuple(arguments.years))
    seconds = time.process_time() - began
    text = "\n\n".join(
        [
            _heading(county, arguments.seed, seconds),
            _summary(council, targets, tuple(arguments.years), arguments.seed),
            _totals(compare_totals(county, targets)),
            _lengths(compare_lengths(county, targets)),
        ]
    )
    tell(text, PART, arguments.write)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=20180706)
    parser.add_argument("--years", type=int, nargs=2, default=(2011, 2018))
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


def _heading(county: Histories, seed: int, seconds: float) -> str:
    return (
        f"Seed {seed}, years ending 31 March {county.first_day.year + 1} to {county.last_day.year}: "
        f"{len(county.children):,} children, {len(county.episodes):,} lines, {seconds:.1f} seconds of one processor. "
        "Each cell is *published → synthetic*; ~ marks a figure the publisher withheld or did not publish, "
        "here inferred from what the others leave."
    )


def _summary(council: Council, targets: Targets, years: tuple[int, int], seed: int) -> str:
    """Worst misses for this seed and some others, so that one lucky seed cannot stand for all."""
    rows = []
    for one in (seed, *OTHER_SEEDS):
        county = invent_county(council, targets, one, years=years)
        compared = compare_totals(county, targets)
        known = compared[~compared["inferred"]]
        lengths = compare_lengths(county, targets).drop_duplicates(["measure", "group"])
        judged = lengths[lengths["endings"] >= ENOUGH_TO_JUDGE]
        rows.append(
            {
                "seed": one,
                "stock, worst": _worst_share(known, STOCK),
                "started, worst": _worst_share(known, STARTED),
                "ceased, worst": _worst_share(known, CEASED),
                "last 31 March, worst cell": f"{known.loc[known['year'].eq(years[1]), 'miss'].abs().max():.0f}",
                "any year, worst published cell": f"{known['miss'].abs().max():.0f}",
                "mean miss": f"{known['miss'].abs().mean():.2f}",
                "worst distance of lengths": f"{judged['distance'].max():.3f}",
            }
        )
    return "### Worst misses, several seeds\n\n" + as_markdown(pd.DataFrame(rows))


def _worst_share(known: pd.DataFrame, measure: str) -> str:
    chosen = known[known["measure"].eq(measure)]
    return f"{(chosen['miss'].abs() / chosen['goal']).max():.1%}"


def _totals(compared: pd.DataFrame) -> str:
    mark = compared["inferred"].map({True: "~", False: ""})
    cell = mark + compared["goal"].map("{:.0f}".format) + " → " + compared["synthetic"].map("{:.0f}".format)
    wide = (
        compared.assign(cell=cell)
        .pivot_table(index="measure", columns="year", values="cell", aggfunc="first")
        .fillna("")
    )
    return "### Every target\n\n" + as_markdown(wide.reset_index())


def _lengths(lengths: pd.DataFrame) -> str:
    heads = lengths.drop_duplicates(["measure", "group"])
    head = heads[["measure", "group", "endings", "distance"]].assign(distance=heads["distance"].map("{:.3f}".format))
    bands = lengths.assign(
        published=lengths["published"].map("{:.1%}".format), synthetic=lengths["synthetic"].map("{:.1%}".format)
    )[["measure", "group", "from", "below", "published", "synthetic"]]
    return (
        "### Lengths, beside England's (year ending March 2020)\n\nDistance is the total variation distance of the two "
        f"distributions. Groups with fewer than {ENOUGH_TO_JUDGE} endings are too small to judge.\n\n"
        + as_markdown(head)
        + "\n\n"
        + as_markdown(bands)
    )


if __name__ == "__main__":
    main()
