"""What every council tells the department it spent: section 251 outturn, the council beside its neighbours.

A section 251 unit cost is gross spend ÷ children on 31 March, over the weeks of a year, rounded to £5: it moves with
whoever is there that day, and is not a price (docs/decisions/0007-payments-and-stays.md).
"""

from __future__ import annotations

import pandas as pd

from cip_analysis.records import Comparators
from cip_analysis.returns.published import LOOKED_AFTER, POPULATION, latest
from cip_analysis.settings import Council

SPEND, RESIDENTIAL, FOSTERING = "spend_gbp", "residential_weekly_gbp", "fostering_weekly_gbp"
CHILDREN = "children_looked_after"
MEDIAN = "Middle of the neighbours"
FIGURES = ("spend_per_child_gbp", "spend_per_resident_child_gbp", "residential_weekly_gbp", "fostering_weekly_gbp")


class Section251Error(ValueError):
    """The published statistics held do not cover what was asked of section 251."""


def figures_251(comparators: Comparators, council: Council) -> pd.DataFrame:
    """Section 251 figures of the council and each neighbour by year, as last published, in nominal £.

    Columns: area, area_code, year, published (the day), spend_gbp_million, children_looked_after (31 March),
    spend_per_child_gbp = spend ÷ those children, spend_per_resident_child_gbp = spend ÷ children aged 0 to 17,
    residential_weekly_gbp, fostering_weekly_gbp. Blank where a figure is not held. No rows where none is.
    """
    areas = [council.la_code, *council.neighbours]
    held = latest(comparators).table
    held = held[held["area_code"].isin(areas) & held["value"].notna()]
    measures = [SPEND, RESIDENTIAL, FOSTERING, LOOKED_AFTER, POPULATION]
    wide = held.pivot_table(index=["area_code", "year"], columns="measure", values="value", aggfunc="first")
    wide = wide.reindex(columns=measures).dropna(subset=[SPEND])
    children, residents = (wide[name].where(wide[name] > 0) for name in (LOOKED_AFTER, POPULATION))
    told = held[held["measure"].eq(SPEND)].set_index(["area_code", "year"])
    table = wide.assign(
        area=told["area"],
        published=told["published"],
        spend_gbp_million=wide[SPEND] / 1e6,
        children_looked_after=wide[LOOKED_AFTER],
        spend_per_child_gbp=wide[SPEND] / children,
        spend_per_resident_child_gbp=wide[SPEND] / residents,
    ).reset_index()
    columns = ["area", "area_code", "year", "published", "spend_gbp_million", CHILDREN, *FIGURES]
    ours = table["area_code"].eq(council.la_code)
    return table.assign(ours=~ours).sort_values(["year", "ours", "area"], ignore_index=True)[columns]


def beside_neighbours(comparators: Comparators, council: Council, year: int) -> pd.DataFrame:
    """One year's figures: the council first, then the middle (median) of its neighbours, then each of them.

    Columns: area, spend_gbp_million, children_looked_after and FIGURES. The median is of each column by itself, over
    the neighbours held. Raises Section251Error where the council or every neighbour has no figures for the year.
    """
    held = figures_251(comparators, council)
    held = held[held["year"].eq(year)]
    own, near = held[held["area_code"].eq(council.la_code)], held[held["area_code"].ne(council.la_code)]
    if own.empty or near.empty:
        who = "the council" if own.empty else "any neighbour"
        raise Section251Error(
            f"No section 251 outturn of {who} is held for the year to March {year}. Name a file that has it under "
            "`published` in the run's settings (data/reference/README.md says how it is laid out)."
        )
    columns = ["area", "spend_gbp_million", CHILDREN, *FIGURES]
    middle = near[columns[1:]].median().to_frame().T.assign(area=MEDIAN)
    return pd.concat([own[columns], middle[columns], near[columns]], ignore_index=True)


def last_year(comparators: Comparators, council: Council) -> int:
    """The last year with the council's spending and its children both held, its neighbours' too; nought where none."""
    held = figures_251(comparators, council).dropna(subset=[CHILDREN])
    years = held.loc[held["area_code"].eq(council.la_code), "year"]
    return max((int(year) for year in years if is_held(comparators, council, int(year))), default=0)


def is_held(comparators: Comparators, council: Council, year: int) -> bool:
    """Whether a year's figures of the council and of a neighbour are held, so that `beside_neighbours` can be asked."""
    held = figures_251(comparators, council)
    own = held[held["year"].eq(year)]["area_code"].eq(council.la_code)
    return bool(own.any() and not own.all())


def why_not_beside(own_data: bool, year: int) -> str:
    """Why the council's spending cannot be set beside its neighbours', in a sentence."""
    if not own_data:
        return "These returns are not the council's own, so its published spending says nothing of them."
    return f"No section 251 outturn of the council and its neighbours is held for the year to March {year}."


def place_among(table: pd.DataFrame, figure: str) -> tuple[int, int]:
    """The council's place in one figure of `beside_neighbours`, the dearest being first, and among how many.

    By hand: £3,515 among £4,395, £3,100 and £3,515 is second of three.
    """
    single = table[table["area"].ne(MEDIAN)][figure].astype("float64")
    return int((single > single.iloc[0]).sum()) + 1, int(single.notna().sum())


def own_course(comparators: Comparators, council: Council, first: int, last: int) -> pd.DataFrame:
    """The council's own section 251 figures over some years: columns of `figures_251` but the area, nominal £."""
    held = figures_251(comparators, council)
    own = held[held["area_code"].eq(council.la_code) & held["year"].between(first, last)]
    return own.drop(columns=["area", "area_code"]).reset_index(drop=True)


def define_unit_costs() -> pd.DataFrame:
    """Every unit cost on the page, in words: columns figure, what_is_spent, divided_by, moves_with."""
    rows = [
        ("cost of a week over child-weeks", "what was paid for placements, net of contributions",
         "the weeks of care that children had in the year", "price and need alone: the true one"),
        ("cost of a week over the average of two days", "the same",
         "average of the two 31 Marches, over weeks in a year", "who was there on two days"),
        ("cost of a week over 31 March", "the same", "children there on 31 March, over weeks in a year",
         "who was there on one day"),
        ("section 251, residential or fostering", "gross outturn, with the council's own staff, homes and overheads",
         "children there on 31 March, over weeks in a year, rounded to £5",
         "one day, and how councils code their ledgers"),
        ("section 251, spend a child looked after", "gross outturn on all children looked after",
         "children looked after on 31 March", "one day, and which settings children are in"),
        ("section 251, spend a resident child", "the same", "all children aged 0 to 17 in the area",
         "how many are looked after, and at what cost"),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["figure", "what_is_spent", "divided_by", "moves_with"])
