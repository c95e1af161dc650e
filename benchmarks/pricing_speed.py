"""How long pricing a projection takes, and in how much memory: every child-day, draw by draw, with a tail of fees.

Usage: python benchmarks/pricing_speed.py [--case NAME ...]

Two sizes over 60 months and every setting: a county of 560 children and 250 starts a year over 10,000 draws, which may
take 5 seconds of processor, and England's 84,000 children and 31,000 starts a year over 1,000. Fees are invented, 400
in each setting with some children known to be there, so that nothing is spared by everyone costing the same. Playing
the children forward is not timed, but is in the memory; drawing the prices is timed apart. Exit 1 where the goal is
missed.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass

from measuring import ROOT, measure

STAGES = ("prices", "pricing")
PROGRAM = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
import numpy as np
import pandas as pd
from demand.invented_model import a_model
from cip_analysis.codes import SETTINGS
from cip_analysis.demand.simulate import simulate
from cip_analysis.money.pricing.ahead import PricesAsked, YearlyShocks, forward_prices
from cip_analysis.money.pricing.paths import FeePool
from cip_analysis.money.spend import price_projection
draws, children, starts = (int(word) for word in sys.argv[2:])
model = a_model(draws=draws, months=60, children=children, starts_a_year=float(starts), shared_drift=True)
projection = simulate(model)
rng = np.random.default_rng(1)
def a_pool():
    fees = rng.lognormal(0, 0.4, 400)
    return FeePool(rng.lognormal(0, 0.4, 50), fees / fees.mean(), np.full(400, 1 / 400))
pools = {setting: a_pool() for setting in SETTINGS}
trend = pd.DataFrame({"setting": SETTINGS, "rise_log": 0.02, "rise_log_se": 0.01})
asked = PricesAsked(dict.fromkeys(SETTINGS, 700.0), 2018, projection.months, draws, 1, "invented prices")
before, began = peak_mb(), time.process_time()
paths = forward_prices(asked, trend, YearlyShocks(dict.fromkeys(SETTINGS, 0.04), 0.3), pools)
drawn = time.process_time()
spend = price_projection(projection, paths, 1)
priced = time.process_time()
took = {"prices": drawn - began, "pricing": priced - drawn, "before_mb": before, "peak_mb": peak_mb()}
print(json.dumps({**took, "rows": len(spend.table)}))
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One size to price over 60 months, and the seconds of processor that pricing may take."""

    name: str
    draws: int
    children: int
    starts_a_year: int
    seconds: float


CASES = (Case("a county", 10_000, 560, 250, 5.0), Case("England", 1_000, 84_000, 31_000, 30.0))


def main() -> int:
    """Measure every case and print a line for each; exit 1 where one takes longer than it may."""
    parser = argparse.ArgumentParser(description="Speed of pricing a projection.")
    parser.add_argument("--case", nargs="*", choices=[case.name for case in CASES], default=[])
    arguments = parser.parse_args()
    slow = []
    for case in CASES:
        if arguments.case and case.name not in arguments.case:
            continue
        sizes = [str(size) for size in (case.draws, case.children, case.starts_a_year)]
        figures = measure(sys.executable, PROGRAM, str(ROOT / "tests"), *sizes)
        print(as_line(case, figures), flush=True)
        slow += [case.name] if figures.get("pricing", float("inf")) > case.seconds else []
    print(f"\nOver what was promised: {', '.join(slow) or 'none'}.")
    return 1 if slow else 0


def as_line(case: Case, figures: dict[str, float]) -> str:
    """The figures of a case, in seconds of processor and megabytes."""
    if not figures:
        return f"\n{case.name}: no figures."
    stages = ", ".join(f"{stage} {figures[stage]:.2f} s" for stage in STAGES)
    return (
        f"\n{case.name}: {case.children:,} children, {case.draws:,} draws, 60 months, every setting\n  {stages} (may "
        f"take {case.seconds:.0f} s), {figures['peak_mb']:,.0f} MB at most, of which {figures['before_mb']:,.0f} when "
        f"the children are played; {figures['rows']:,.0f} rows of spend"
    )


if __name__ == "__main__":
    sys.exit(main())
