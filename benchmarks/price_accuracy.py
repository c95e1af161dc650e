"""How far unit costs strayed from their trend, and how often an interval like ours for prices would have held them.

Usage: python benchmarks/price_accuracy.py FILE [--council NAME] [--write]

FILE holds section 251 unit costs of every authority by year (section_251_unit_costs_2017_2025.csv: name, region,
fy_end, measure, value). A unit cost is not a price: it moves with who is placed, with own homes and with accounting
too. With --write the tables go into docs/accuracy.md between its prices markers; otherwise they are printed.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from cip_analysis.codes import SETTINGS
from cip_analysis.money.pricing.trend import believed_trend
from cip_analysis.settings import Judgement, read_assumptions

ROOT = Path(__file__).resolve().parents[1]
START, END = "<!-- prices:start -->", "<!-- prices:end -->"
MEASURES = {
    "weekly_unit_cost_residential": ("residential", "external residential"),
    "weekly_unit_cost_fostering": ("fostering", "independent foster"),
}
HORIZONS = range(1, 5)
NORMAL = 1.4826
"""The median distance from the middle of a normal curve, times this, is its standard deviation."""
FEWEST_YEARS = 3
TRIED = (0.04, 0.08, 0.10)
SETTLED = 2022


@dataclass(frozen=True)
class Spread:
    """What the panel says of one measure: yearly wander of an authority and of the country, and what passes off."""

    walk: float
    passing: float
    national: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--council", default="Leicestershire")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    costs = {measure: read_costs(asked.file, measure) for measure in MEASURES}
    assumptions = read_assumptions(ROOT / "config" / "assumptions.toml")
    spread = {measure: spread_of(levels) for measure, levels in costs.items()}
    text = "\n\n".join(
        [
            f"{len(next(iter(costs.values())))} authorities, years ending March 2017 to 2025, nominal.",
            "### How far growth strayed\n\n" + _table(growth_table(costs, spread)),
            together(costs),
            "### How often an interval made our way held, origins March 2018 to 2024\n\n"
            + _table(coverage_table(costs, spread, assumptions)),
            f"### {asked.council}, forecast from March 2018\n\n"
            + _table(council_table(costs, asked.council, assumptions)),
        ]
    )
    if not asked.write:
        print(text)
        return
    page = ROOT / "docs" / "accuracy.md"
    written = page.read_text(encoding="utf-8")
    before, after = written.split(START)[0], written.split(END)[1]
    page.write_text(f"{before}{START}\n{text}\n{END}{after}", encoding="utf-8")


def read_costs(path: Path, measure: str) -> pd.DataFrame:
    """Log weekly unit cost, one row an authority and one column a financial year; symbols and noughts are blank."""
    table = pd.read_csv(path)
    own = table[table["region"].notna() & table["measure"].eq(measure)]
    return np.log(own.pivot_table(index="name", columns="fy_end", values="value").where(lambda cost: cost > 0))


def growth_of(levels: pd.DataFrame, years: int) -> pd.DataFrame:
    """Log growth over so many years from each year it can be told from."""
    return (levels.shift(-years, axis=1) - levels).dropna(axis=1, how="all")


def robust_sd(numbers: pd.DataFrame) -> float:
    """The standard deviation of a normal curve as wide in the middle: a few wild returns do not stretch it."""
    return NORMAL * float(np.nanmedian(np.abs(numbers)))


def spread_of(levels: pd.DataFrame) -> Spread:
    """The spread about the country's median, split: variance over h years = 2 × passing² + h × walk²."""
    variances = []
    for years in HORIZONS:
        growth = growth_of(levels, years)
        variances.append(robust_sd(growth - growth.median()) ** 2)
    slope, at_nought = np.polyfit(list(HORIZONS), variances, 1)
    national = growth_of(levels, 1).median().std()
    return Spread(float(np.sqrt(max(slope, 0))), float(np.sqrt(max(at_nought, 0) / 2)), float(national))


def growth_table(costs: Mapping[str, pd.DataFrame], spread: Mapping[str, Spread]) -> pd.DataFrame:
    """By measure and horizon: the country's growth a year, how it varied, and how authorities lay about it."""
    rows = []
    for measure, levels in costs.items():
        for years in HORIZONS:
            growth = growth_of(levels, years)
            rows.append(
                {
                    "unit cost": MEASURES[measure][0], "years ahead": years, "n": int(growth.count().sum()),
                    "median growth a year": np.expm1(growth.median().mean() / years),
                    "country, sd over origins": growth.median().std(),
                    "authorities about it, robust sd": robust_sd(growth - growth.median()),
                    "their wander a year": spread[measure].walk, "what passes off": spread[measure].passing,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def together(costs: Mapping[str, pd.DataFrame]) -> str:
    """How far the two measures move together, in the country and within an authority, in a sentence."""
    first, second = costs.values()
    country = growth_of(first, 1).median().corr(growth_of(second, 1).median())
    one = growth_of(first, 2)
    other = growth_of(second, 2).reindex_like(one)
    pairs = [pd.Series((growth - growth.median()).to_numpy().ravel()) for growth in (one, other)]
    within = pairs[0].corr(pairs[1], method="spearman")
    return (
        f"Residential and fostering costs moved together in the country (correlation of yearly growth {country:.2f}, "
        f"{growth_of(first, 1).shape[1]} years) and not within authorities about it (two-year growth {within:.2f})."
    )


def coverage_table(
    costs: Mapping[str, pd.DataFrame], spread: Mapping[str, Spread], assumptions: Mapping[str, Judgement]
) -> pd.DataFrame:
    """How often 80% and 95% intervals held the outturn, by measure, yearly shock and horizon.

    The intervals are widened by what passes off, which a unit cost has twice (at either end) and a price has not.
    """
    rows = []
    for measure, levels in costs.items():
        passing = spread[measure].passing
        for sd in TRIED:
            made = pd.concat(
                [_forecasts(levels, origin, measure, passing, (assumptions, sd)) for origin in range(2018, 2025)]
            )
            for years, those in made.groupby("years"):
                row = {"unit cost": MEASURES[measure][0], "yearly shock sd": sd, "years ahead": years}
                for when, some in (
                    ("to 2022", those[those["year"] <= SETTLED]),
                    ("after", those[those["year"] > SETTLED]),
                ):
                    spreads = np.sqrt(some["variance"] + 2 * passing**2)
                    off = (some["actual"] - some["centre"]).abs() / spreads
                    held = {
                        f"{share:.0%} held, {when}": (off <= stats.norm.ppf((1 + share) / 2)).mean()
                        for share in (0.8, 0.95)
                    }
                    row |= {f"n, {when}": len(some), **held}
                rows.append(row)
    return pd.DataFrame(rows)


def _forecasts(
    levels: pd.DataFrame, origin: int, measure: str, passing: float, judged: tuple[Mapping[str, Judgement], float]
) -> pd.DataFrame:
    """Each authority forecast from one year: years, actual and central log growth, and variance, as ours is made."""
    known = levels[[year for year in levels if year <= origin]].dropna()
    years = np.asarray(known.columns, dtype="float64")
    about = years - years.mean()
    slopes = known @ (about / (about**2).sum())
    se_seen = passing / float(np.sqrt((about**2).sum()))
    at_nought, se = _believed(0.0, len(years), se_seen, measure, judged)
    rises = at_nought + (_believed(1.0, len(years), se_seen, measure, judged)[0] - at_nought) * slopes
    parts = []
    for ahead in HORIZONS:
        if origin + ahead in levels:
            actual = (levels[origin + ahead] - levels[origin]).reindex(known.index)
            variance = (se * ahead) ** 2 + ahead * judged[1] ** 2
            part = pd.DataFrame({"actual": actual, "centre": rises * ahead - variance / 2})
            parts.append(part.assign(years=ahead, year=origin + ahead, variance=variance).dropna())
    return pd.concat(parts)


def _believed(
    slope: float, years: int, se: float, measure: str, judged: tuple[Mapping[str, Judgement], float]
) -> tuple[float, float]:
    """The rise a year believed and its standard error; of two years only, the judgement alone.

    It is a straight line in what was seen, so two points of it give every authority's.
    """
    setting = MEASURES[measure][1]
    seen = pd.DataFrame({"setting": [setting], "seen_log": [slope], "seen_log_se": [se], "years": [years]})
    wanted = ["seen_rise", "seen_low_95", "seen_high_95", "scatter_sd", "children"]
    seen = seen.assign(**dict.fromkeys(wanted, np.nan))
    trend, _ = believed_trend(
        seen if years >= FEWEST_YEARS else seen.iloc[:0], judged[0], dict.fromkeys(SETTINGS, judged[1])
    )
    row = trend[trend["setting"].eq(setting)].iloc[0]
    return float(row["rise_log"]), float(row["rise_log_se"])


def council_table(
    costs: Mapping[str, pd.DataFrame], council: str, assumptions: Mapping[str, Judgement]
) -> pd.DataFrame:
    """One council's outturn beside the interval made from March 2018 with the settings as they are."""
    sd = assumptions["price.yearly-shock-sd"].value
    rows = []
    for measure, levels in costs.items():
        made = _forecasts(levels.loc[[council]], 2018, measure, 0.0, (assumptions, sd))
        was = float(np.exp(levels.loc[council, 2018]))
        for one in made.itertuples(index=False):
            at = (one.actual - one.centre) / np.sqrt(one.variance)
            reach = stats.norm.ppf(0.9) * np.sqrt(one.variance)
            rows.append(
                {
                    "unit cost": MEASURES[measure][0], "year": f"{2017 + one.years}/{18 + one.years}",
                    "in 2017/18": was, "low 80%": was * np.exp(one.centre - reach),
                    "middle": was * np.exp(one.centre), "high 80%": was * np.exp(one.centre + reach),
                    "outturn": was * np.exp(one.actual), "chance of less": stats.norm.cdf(at),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def _table(table: pd.DataFrame) -> str:
    """The table as Markdown: shares as percentages, £ whole, the rest to three places."""
    shown = table.astype(object)
    for name in table:
        shown[name] = [_cell(name, value) for value in table[name]]
    lines = ["| " + " | ".join(shown) + " |", "|" + "---|" * len(shown.columns)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in shown.to_numpy()])


def _cell(name: str, value: object) -> str:
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else str(value)
    if "held" in name or "growth" in name or "chance" in name:
        return f"{value:.0%}" if "growth" not in name else f"{value:.1%}"
    return f"£{value:,.0f}" if value > 50 else f"{value:.3f}".removesuffix("0")


if __name__ == "__main__":
    main()
