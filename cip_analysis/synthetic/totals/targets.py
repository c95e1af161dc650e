"""What the invented county must match: published totals year by year, and England's published durations.

The figures are small tables in `data/reference`, one row a figure with its publication. Where the publisher
withheld a cell, what is left of the total is shared among the withheld cells and the goal is marked as inferred:
a symbol is never a nought. See docs/decisions/0005-synthetic-county.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from cip_analysis.codes import AGE_BANDS, FOSTER_PLACEMENTS
from cip_analysis.contracts import check_columns
from cip_analysis.settings import Council

STOCK, STARTED, CEASED = "looked after", "started", "ceased"
UASC, RESPITE, EXTERNAL = "unaccompanied asylum-seeking", "respite series", "external residential"
OWN_HOMES, NOT_REPORTED = "own children's homes", "provider: not reported"
UASC_STARTED, UASC_CEASED = "started: unaccompanied asylum-seeking", "ceased: unaccompanied asylum-seeking"
NEW_GROUPS_FROM = 2020

AGE_MEASURES = tuple(f"age: {band}" for band in AGE_BANDS)
SEX_MEASURES: Mapping[str, str] = {"male": "sex: male", "female": "sex: female"}
LEGAL_MEASURES: Mapping[str, str] = {
    "C2": "legal status: full care order",
    "C1": "legal status: interim care order",
    "E1": "legal status: placement order",
    "V2": "legal status: section 20",
}
OTHER_LEGAL = "legal status: other"
PROVIDER_MEASURES: Mapping[str, str] = {
    "PR0": "provider: parents",
    "PR1": "provider: own authority",
    "PR2": "provider: other authority",
    "PR3": "provider: other public",
    "PR4": "provider: private",
    "PR5": "provider: voluntary",
}
_SHARED_GROUPS: Mapping[str, str] = {
    **dict.fromkeys(FOSTER_PLACEMENTS, "placement: foster"),
    **dict.fromkeys(("A3", "A4", "A5", "A6"), "placement: placed for adoption"),
    **dict.fromkeys(("R1", "R2", "R3", "R5"), "placement: other residential"),
    "P1": "placement: with parents",
    "S1": "placement: residential school",
    "Z1": "placement: other",
}
GROUPS_TO_2019: Mapping[str, str] = {
    **_SHARED_GROUPS,
    **dict.fromkeys(("K1", "K2", "H5"), "placement: secure, children's homes and hostels"),
    **dict.fromkeys(("P2", "P3"), "placement: other in the community"),
}
GROUPS_FROM_2020: Mapping[str, str] = {
    **_SHARED_GROUPS,
    **dict.fromkeys(("K1", "K2"), "placement: secure and children's homes"),
    **dict.fromkeys(("H5", "P2", "K3"), "placement: independent and semi-independent"),
    "P3": "placement: other residential",
}
DURATION_GROUPS: Mapping[str, str] = {
    code: group.removeprefix("placement: ") for code, group in GROUPS_FROM_2020.items() if code != "Z1"
}
DIMENSIONS = ("age", "sex", "legal status", "placement", "provider")
TAKES_THE_REST: Mapping[str, str] = {
    "legal status": "legal status: placement order",
    "placement": "placement: other residential",
    "provider": "provider: voluntary",
}
SMALL_CELL = 3.0

FIGURE_COLUMNS = {"year": "whole", "measure": "text", "value": "number?", "symbol": "text?", "publication": "text"}
DURATION_COLUMNS = {"measure": "text", "group": "text", "from": "whole", "below": "whole", "value": "number?"}


class TargetsError(ValueError):
    """The published totals are missing, or do not cover the years asked for."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Published totals the invented county is steered towards.

    figures: one row a year and measure, FIGURE_COLUMNS; where `value` is blank, `symbol` is what was printed.
    durations: England's numbers of endings by length, DURATION_COLUMNS: days (or placements) `from` <= n < `below`.
    """

    figures: pd.DataFrame
    durations: pd.DataFrame
    _values: Mapping[str, pd.Series] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_columns(self.figures, FIGURE_COLUMNS, "Targets (figures)")
        check_columns(self.durations, DURATION_COLUMNS, "Targets (durations)")
        if repeats := int(self.figures.duplicated(["year", "measure"]).sum()):
            raise TargetsError(f"Targets: {repeats} figures repeat a year and measure.")
        known = self.figures.dropna(subset="value").sort_values("year").groupby("measure")
        values = {str(measure): rows.set_index("year")["value"] for measure, rows in known}
        object.__setattr__(self, "_values", values)

    def series(self, measure: str) -> pd.Series:
        """The published values of one measure by year, ascending; years without a value are left out."""
        return self._values.get(measure, pd.Series(dtype="float64"))

    def nearest(self, measure: str, year: int, default: float = 0.0) -> float:
        """The value of a measure in the published year nearest to `year`; `default` where there is none at all."""
        series = self.series(measure)
        if series.empty:
            return default
        years = series.index.to_numpy()
        return float(series.iloc[int(np.abs(years - year).argmin())])

    def shares(self, measure: str, group: str) -> pd.DataFrame:
        """England's shares of endings by band for one group: from, below, share; withheld bands count as none."""
        chosen = self.durations[self.durations["measure"].eq(measure) & self.durations["group"].eq(group)]
        value = chosen["value"].fillna(0.0)
        return chosen.assign(share=value / value.sum())[["from", "below", "share"]].sort_values("from")


def read_targets(reference: Path, council: Council) -> Targets:
    """The published totals for one council, from the tables of `data/reference`.

    reference: the folder. A council's own file is named after it, e.g. leicestershire_targets.csv.
    Raises TargetsError where there is no such file.
    """
    path = reference / f"{council.name.lower().replace(' ', '_')}_targets.csv"
    if not path.is_file():
        raise TargetsError(
            f"{path.name}: no published totals for {council.name}. An invented county needs them: "
            "one row a year and measure, named as in leicestershire_targets.csv."
        )
    durations = pd.read_csv(reference / "england_durations.csv", dtype={"symbol": "str"})
    return Targets(pd.read_csv(path, dtype={"symbol": "str"}), durations)


def goals(targets: Targets, first_year: int, last_year: int) -> pd.DataFrame:
    """What to aim at in each year ending 31 March: year, measure, goal, tolerance, inferred.

    tolerance: the miss that matters as much as any other goal's miss of its own tolerance.
    Raises TargetsError where the stock of a year, or the year's ceases, are not published.
    """
    rows: list[dict[str, object]] = []
    for year in range(first_year, last_year + 1):
        known = _published(targets, year)
        if missing := [measure for measure in (STOCK, CEASED) if measure not in known.index]:
            raise TargetsError(f"{year}: {' and '.join(missing)} not published; choose other years.")
        last = year == last_year
        rows += _flow_goals(targets, known, year)
        for dimension in DIMENSIONS:
            rows += _cell_goals(targets, year, dimension, 1.0 if last else 2.0)
        named = ((EXTERNAL, 0.3), (UASC, 0.8))  # the report's own 63 children are what most of its money goes on
        rows += [_goal(year, measure, known[measure], tolerance) for measure, tolerance in named if measure in known]
    return pd.DataFrame(rows)


def _goal(year: int, measure: str, goal: float, tolerance: float, inferred: bool = False) -> dict[str, object]:
    return {
        "year": year,
        "measure": measure,
        "goal": float(goal),
        "tolerance": tolerance * (2.0 if inferred else 1.0),
        "inferred": inferred,
    }


def _published(targets: Targets, year: int) -> pd.Series:
    chosen = targets.figures[targets.figures["year"].eq(year)]
    return chosen.dropna(subset="value").set_index("measure")["value"]


def _flow_goals(targets: Targets, known: pd.Series, year: int) -> list[dict[str, object]]:
    """Stock, started and ceased; where started is not published it is what the change in stock implies."""
    stock, ceased = known[STOCK], known[CEASED]
    before = targets.series(STOCK).get(year - 1)
    rows = [_goal(year, STOCK, stock, 1.0), _goal(year, CEASED, ceased, 1.0)]
    if STARTED in known.index:
        rows.append(_goal(year, STARTED, known[STARTED], 1.0))
    elif before is not None:
        rows.append(_goal(year, STARTED, stock - before + ceased, 2.0, inferred=True))
    rows += [_goal(year, name, known[name], 1.0) for name in (UASC_STARTED, UASC_CEASED) if name in known.index]
    return rows


def _cell_goals(targets: Targets, year: int, dimension: str, tolerance: float) -> list[dict[str, object]]:
    """The cells of one dimension on 31 March; withheld cells share what the published ones leave of the total."""
    rows = targets.figures[targets.figures["year"].eq(year)]
    total = rows.loc[rows["measure"].str.startswith("age: "), "value"].sum()
    cells = rows[rows["measure"].str.startswith(f"{dimension}: ")].set_index("measure")["value"]
    if cells.empty:
        return []
    published = cells.dropna()
    inferred = _share_the_rest(cells, dimension, rows.set_index("measure")["value"], float(total))
    return [_goal(year, str(name), value, tolerance) for name, value in published.items()] + [
        _goal(year, name, value, tolerance, inferred=True) for name, value in inferred.items()
    ]


def _share_the_rest(cells: pd.Series, dimension: str, known: pd.Series, total: float) -> dict[str, float]:
    """Guesses for the withheld cells of one dimension: small ones, and one that takes the rest of the total."""
    withheld = list(cells.index[cells.isna()])
    if dimension == "legal status":
        withheld.append(OTHER_LEGAL)
    guesses: dict[str, float] = {}
    if "placement: with parents" in withheld and not np.isnan(known.get("provider: parents", np.nan)):
        guesses["placement: with parents"] = float(known["provider: parents"])
    left = max(0.0, total - float(cells.sum()) - sum(guesses.values()))
    small = [name for name in withheld if name not in guesses and name != TAKES_THE_REST.get(dimension)]
    takes = [name for name in withheld if name == TAKES_THE_REST.get(dimension)]
    each = left if not takes and len(small) == 1 else min(SMALL_CELL, left / max(1, len(small) + len(takes)))
    guesses |= dict.fromkeys(small, each)
    guesses |= {name: left - each * len(small) for name in takes}
    return guesses
